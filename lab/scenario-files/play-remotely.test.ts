import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { MidplaneError } from '../../error';
import { type ScenarioReport, twins } from '../../report/scenario-outcome';
import { fakeRemoteLab } from '../remote-lab.test.fixtures';
import { playTwins } from '../scenarios/play-scenario';
import { remotePlayers } from './play-remotely';
import { readScenarioFile } from './read-scenario-file';
import type { ScenarioFile } from './scenario-file';
import { shippedFiles, shippedFolder } from './shipped';

const text = readFileSync(join(shippedFolder, 'use-the-flag.yaml'), 'utf8');
const withObjects = text.replace(
  '  attacker:\n',
  `  cluster:
    kubelet: { readOnlyPort: 10255 }
    objects:
      - { apiVersion: v1, kind: Namespace, metadata: { name: shop } }
      - { apiVersion: v1, kind: Pod, metadata: { name: till, namespace: shop }, spec: { containers: [{ name: till, image: nginx }] } }
  attacker:
`,
);

function fileOf(yaml: string): ScenarioFile {
  const read = readScenarioFile(yaml);
  if (read.kind === 'faulty') throw new Error(JSON.stringify(read.findings));
  return read.scenario;
}

const never = new AbortController().signal;

/** Plays a file as the command line does. */
async function play(
  { remote }: ReturnType<typeof fakeRemoteLab>,
  yaml: string,
  signal = never,
): Promise<ScenarioReport> {
  const file = fileOf(yaml);
  await using players = await remotePlayers(remote, signal);
  const taken = await players.take(file, twins);
  if (taken.kind === 'unfit') throw new Error(taken.reason);
  // Closed when it is over, not when it has begun.
  return await playTwins(taken.scenario, twins, { signal });
}

describe('a scenario file in a lab in containers', () => {
  test('comes out as its file expects, by the flags that each twin is given and the attacker that is there', async () => {
    const lab = fakeRemoteLab();
    const before = new Map(lab.texts);
    const { runs } = await play(lab, text);
    expect(runs).toMatchObject([
      { twin: 'open', asClaimed: true, outcome: 'open', cells: [{ path: 'exec' }, { path: 'logs' }] },
      { twin: 'fixed', asClaimed: true, outcome: 'closed' },
    ]);
    expect(lab.done).toEqual([
      'restarts nothing',
      'rogue-ca on exec by route, side both',
      'rogue-ca on logs by route, side both',
      'restarts apiserver.flags, node-1.flags, node-2.flags',
      'rogue-ca on exec by route, side both',
      'rogue-ca on logs by route, side both',
      'restarts apiserver.flags, node-1.flags, node-2.flags',
    ]);
    expect(lab.texts).toEqual(before);
  });

  test('has what else it brings made before it and removed after it', async () => {
    const lab = fakeRemoteLab({
      onCell: () => {
        expect([...lab.objects.keys()]).toEqual([
          '/api/v1/namespaces/shop',
          '/api/v1/namespaces/shop/pods/till',
        ]);
        const [, name = ''] = /--config=(\S+)/.exec(lab.texts.get('/settings/node-1.flags') ?? '') ?? [];
        expect(JSON.parse(lab.texts.get(name) ?? '')).toMatchObject({ readOnlyPort: 10255 });
      },
    });
    const before = new Map(lab.texts);
    await play(lab, withObjects);
    expect(lab.done.filter((did) => /^(POST|DELETE)/.test(did))).toEqual(
      twins.flatMap(() => [
        'POST /api/v1/namespaces/shop',
        'POST /api/v1/namespaces/shop/pods/till',
        'DELETE /api/v1/namespaces/shop/pods/till',
        'DELETE /api/v1/namespaces/shop',
      ]),
    );
    expect(lab.objects.size).toBe(0);
    expect(lab.texts).toEqual(before);
  });

  test('leaves the lab as it was when a part of it fails, and does not wait for that part', async () => {
    const lab = fakeRemoteLab({
      onCell: ({ path }) => {
        if (path.id === 'logs')
          throw new MidplaneError('LAB_START_FAILED', 'node-1 is away', { hint: 'look' });
      },
    });
    const before = new Map(lab.texts);
    await expect(play(lab, withObjects)).rejects.toMatchObject({
      code: 'LAB_START_FAILED',
      message: 'with the settings of scenario "use-the-flag" node-1 is away',
      hint: 'look',
    });
    expect(lab.texts).toEqual(before);
    expect(lab.objects.size).toBe(0);
    expect(lab.done.at(-1)).toBe('DELETE /api/v1/namespaces/shop');
  });

  test.each(['onCell', 'onApplied'] as const)('leaves it as it was when it is ended %s', async (when) => {
    const ended = new AbortController();
    const lab = fakeRemoteLab({ [when]: () => ended.abort(new Error('ended by SIGINT')) });
    const before = new Map(lab.texts);
    await expect(play(lab, withObjects, ended.signal)).rejects.toThrow('ended by SIGINT');
    expect(lab.texts).toEqual(before);
    expect(lab.objects.size).toBe(0);
  });

  test('leaves the lab its own flags when it does not come back with them, and says so', async () => {
    let applied = 0;
    const lab = fakeRemoteLab({
      onApplied: () => {
        applied += 1;
        if (applied === 3) throw new MidplaneError('LAB_START_FAILED', 'apiserver is away');
      },
    });
    const before = new Map(lab.texts);
    const players = await remotePlayers(lab.remote, never);
    const taken = await players.take(fileOf(text), twins);
    if (taken.kind === 'unfit') throw new Error(taken.reason);
    await playTwins(taken.scenario, twins);
    expect(await players.close()).toMatchObject({ message: 'apiserver is away' });
    expect(lab.texts).toEqual(before);
  });

  test('is refused with the reason before anything is changed', async () => {
    const lab = fakeRemoteLab();
    const file = fileOf(withObjects);
    lab.objects.set('/api/v1/namespaces/shop', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop' },
    });
    await using players = await remotePlayers(lab.remote, never);
    expect(await players.take(file, twins)).toMatchObject({
      kind: 'unfit',
      reason: 'its Namespace "shop" is there already',
    });
    const play = shippedFiles().find(({ name }) => name === 'false-node-address');
    if (play === undefined) throw new RangeError();
    expect(await players.take(play, twins)).toMatchObject({
      reason: 'its play "false-node-address" starts clusters of its own',
      hint: expect.stringContaining('-e MIDPLANE_LAB= workstation midplane run'),
    });
    const far = fileOf(text.replace('technique: rogue-ca', 'technique: rogue-ca\n    position: name'));
    expect(await players.take(far, ['open'])).toMatchObject({
      reason: 'its attacker is in position "name", and the one there gets its traffic by route',
    });
    expect(lab.done).toEqual([]);
  });

  test('is refused without what carries its connections, which is looked for once', async () => {
    const lab = fakeRemoteLab();
    const tunnel = fileOf(
      text.replace('  attacker:\n', '  cluster: { defence: konnectivity }\n  attacker:\n'),
    );
    await using players = await remotePlayers(lab.remote, never);
    for (let times = 0; times < 2; times += 1)
      expect(await players.take(tunnel, ['open'])).toEqual({
        kind: 'unfit',
        reason: 'nobody listens',
        hint: 'start the profile',
      });
    expect(lab.done).toEqual(['looks for the tunnel of konnectivity']);
  });

  test('tells what would be written, one twin after the other, and writes nothing', async () => {
    const lab = fakeRemoteLab();
    const before = new Map(lab.texts);
    await using players = await remotePlayers(lab.remote, never);
    const [open, fixed] = await players.plan(fileOf(withObjects), twins);
    expect(open?.writes).toEqual([
      'node-1.flags: - --config=/etc/kubernetes/kubelet.yaml',
      expect.stringMatching(/^node-1\.flags: \+ --config=\/settings\/kubelet-[0-9a-f]{12}\.yaml$/),
      'node-2.flags: - --config=/etc/kubernetes/kubelet.yaml',
      expect.stringMatching(/^node-2\.flags: \+ --config=/),
      expect.stringMatching(/^kubelet-[0-9a-f]{12}\.yaml: \{.*"readOnlyPort":10255/),
      'Namespace shop, removed again after it',
      'Pod till, removed again after it',
    ]);
    expect(open?.does).toContain('attacker: rogue-ca on exec, from route');
    expect(fixed?.writes?.[0]).toBe(
      'apiserver.flags: + --kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt',
    );
    expect(lab.texts).toEqual(before);
    expect(lab.done).toEqual([]);
  });
});
