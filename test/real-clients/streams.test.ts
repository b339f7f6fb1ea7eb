import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Attack, Attacker, type AttackPlan } from '../../attacker/attacker';
import { neighbour } from '../../attacker/position';
import type { Rule } from '../../attacker/rules';
import { addresses, ports } from '../../lab/addresses';
import type { FabricHost } from '../../network/fabric';
import { findKubectls, promisedVersions } from './find-kubectl';
import { openWorkplace, type RunOptions, type Workplace } from './standing.fixture';
import { haveTerminals, startInTerminal } from './terminal.fixture';

/**
 * Real kubectl through two relays at once: one between it and the apiserver (WebSocket from 1.29 on, the tunnel from 1.30),
 * one between the apiserver and the kubelet (SPDY). Without rules nobody may notice; with rules they do what they say.
 */
const kubectls = findKubectls();
const missing = promisedVersions.filter((version) => !kubectls.some((it) => it.version === version));
if (missing.length > 0) {
  test.skip(`NOT RUN: no kubectl ${missing.join(', ')} on this machine`, () => undefined);
}

let workplace: Workplace;
let token: string;
beforeAll(async () => {
  workplace = await openWorkplace('kubelet-open');
  const [kubectl] = kubectls;
  if (kubectl === undefined) return;
  await workplace.ok(kubectl, ['create', 'serviceaccount', 'operator']);
  const binding = ['create', 'clusterrolebinding', 'operator', '--clusterrole=cluster-admin'];
  await workplace.ok(kubectl, [...binding, '--serviceaccount=default:operator']);
  const newest = kubectls.at(-1) ?? kubectl;
  token = (await workplace.ok(newest, ['create', 'token', 'operator'])).trim();
}, 60_000);
afterAll(async () => {
  await workplace?.[Symbol.asyncDispose]();
});

/** The apiserver's own key was stolen, so that kubectl believes; the kubelet's is not looked at. */
async function relays(rules: { user?: readonly Rule[]; kubelet?: readonly Rule[] }): Promise<Relays> {
  const { cluster } = workplace.lab;
  const user = await relayAt(cluster.workstation, {
    targets: [{ address: addresses.controlPlane, port: ports.apiserver }],
    present: cluster.pki.apiserver,
    rules: rules.user ?? [],
  });
  const kubelet = await relayAtKubelet(rules.kubelet ?? []);
  const end = async (): Promise<void> => {
    await kubelet.withdraw();
    await user.withdraw();
  };
  return { user, kubelet, [Symbol.asyncDispose]: end };
}

function relayAtKubelet(rules: readonly Rule[]): Promise<Attack> {
  const targets = [{ address: addresses.node1, port: ports.kubelet }];
  return relayAt(workplace.lab.cluster.controlPlane, { targets, present: null, rules });
}

function relayAt(
  victim: FabricHost,
  plan: Pick<AttackPlan, 'targets' | 'present' | 'rules'>,
): Promise<Attack> {
  const { attackerHost } = workplace.lab.cluster;
  const position = neighbour(victim, attackerHost, plan.targets[0]?.address ?? '');
  const order = { technique: 'relay', mode: 'relay', forged: '', tampered: '', position, ...plan } as const;
  return new Attacker({ host: attackerHost }).attack(order);
}

interface Relays extends AsyncDisposable {
  readonly user: Attack;
  readonly kubelet: Attack;
}

function get(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, agent: false }, (answer) => resolve(text(answer)))
      .on('error', reject)
      .end();
  });
}

describe.each(kubectls)('kubectl $version through relays', (kubectl) => {
  const say = (args: readonly string[], options: RunOptions = {}) =>
    workplace.run(kubectl, [`--token=${token}`, ...args], { role: 'token', ...options });
  const seen = (attack: Attack, stream: string) =>
    attack.loot
      .transcript()
      .entries.filter((entry) => entry.stream === stream)
      .map(({ side }) => side);

  test('sees what it sees without them', async () => {
    const commands: readonly (readonly string[])[] = [
      ['logs', 'web', '--tail=5'],
      ['exec', 'web', '--', 'sh', '-c', 'echo out; echo err >&2; exit 42'],
      ['get', 'pods', '-o', 'name'],
      ['exec', 'web', '--', 'absent'],
      ['logs', 'absent'],
    ];
    const direct = [];
    // Every exec has an id of its own.
    const told = async (args: readonly string[]) => {
      const { code, stdout, stderr } = await say(args);
      return { code, stdout, stderr: stderr.replaceAll(/[0-9a-f]{32,}/g, 'ID') };
    };
    for (const args of commands) direct.push(await told(args));
    await using relayed = await relays({});
    for (const [at, args] of commands.entries()) expect(await told(args)).toEqual(direct[at]);
    expect(seen(relayed.user, 'stdout')).toEqual(['endpoint-answered', 'client-got']);
    expect(seen(relayed.kubelet, 'stderr')).toEqual(['endpoint-answered', 'client-got']);
  }, 60_000);

  test('carries a megabyte each way, byte for byte', async () => {
    const bytes = randomBytes(1024 * 1024);
    const sum = createHash('md5').update(bytes).digest('hex');
    await using _ = await relays({});
    const up = await say(['exec', '-i', 'web', '--', 'md5sum'], { stdin: bytes });
    expect(up).toMatchObject({ code: 0, stdout: expect.stringContaining(sum), stderr: '' });
    const both = await say(['exec', '-i', 'web', '--', 'base64'], { stdin: bytes });
    expect(Buffer.from(both.stdout, 'base64').equals(bytes)).toBe(true);
  }, 60_000);

  test('attaches, follows and forwards', async () => {
    await using relayed = await relays({});
    const options: RunOptions = { role: 'token' };
    const start = (...args: string[]) => workplace.start(kubectl, [`--token=${token}`, ...args], options);
    const attached = start('attach', '-i', 'box');
    attached.stdin.write(`echo relayed-${kubectl.version}\n`);
    await attached.until(new RegExp(`(^|\\n)relayed-${kubectl.version}\\n`));
    attached.child.kill('SIGINT');
    await attached.ended;

    const { container } = workplace.lab.cluster;
    const web = { namespace: 'default', pod: 'web', container: 'web' };
    const following = start('logs', '-f', 'web', '--tail=0');
    const planting = setInterval(() => container(web).plant(`live-${kubectl.version}`), 20);
    await following.until(new RegExp(`canary live-${kubectl.version}`));
    clearInterval(planting);
    following.child.kill('SIGINT');
    await following.ended;

    const forwarding = start('port-forward', 'pod/web', `:${ports.web}`);
    const [, port] = await forwarding.until(/Forwarding from 127\.0\.0\.1:(\d+)/);
    const answers = await Promise.all([1, 2, 3].map(() => get(Number(port), '/')));
    expect(new Set(answers).size).toBe(1);
    forwarding.child.kill('SIGINT');
    await forwarding.ended;
    expect(seen(relayed.user, 'forward').length).toBeGreaterThan(0);
    expect(seen(relayed.user, 'upgraded')).toEqual([]);
  }, 60_000);

  test('sees what rules make of its streams, on either relay', async () => {
    const rules: readonly Rule[] = [
      { kind: 'replace', stream: 'stdout', match: '/secret-\\w+/', with: 'nothing' },
      { kind: 'drop', stream: 'stderr' },
      { kind: 'replace', stream: 'stdin', match: 'good', with: 'bad' },
      { kind: 'replace', stream: 'logs', match: '/^canary .*\\n/', with: '' },
    ];
    for (const at of ['user', 'kubelet'] as const) {
      await using _ = await relays({ [at]: rules });
      const said = await say(['exec', 'web', '--', 'sh', '-c', 'echo a secret-word; echo oops >&2']);
      expect(said).toEqual({ code: 0, stdout: 'a nothing\n', stderr: '' });
      expect((await say(['exec', '-i', 'web', '--', 'cat'], { stdin: 'good\n' })).stdout).toBe('bad\n');
      expect((await say(['logs', 'web'])).stdout).not.toContain('canary');
    }
  }, 60_000);

  (haveTerminals ? test : test.skip)(
    'is typed to by somebody else in exec -it, and does not see it',
    async () => {
      const rules: readonly Rule[] = [
        { kind: 'answer', prompt: '/password: /i', with: 'hunter2' },
        { kind: 'inject', stream: 'stdin', text: 'id -u\n', when: { kind: 'idle-prompt' } },
        { kind: 'replace', stream: 'stdout', match: '/id -u\\r\\n.*\\r\\n/', with: '' },
      ];
      await using relayed = await relayAtKubelet(rules);
      const session = startInTerminal(workplace, kubectl, ['exec', '-it', 'web', '--', 'sh']);
      await session.until(/# /);
      session.type('printf "Password: "; read word; echo "it was $word"\n');
      await session.until(/it was hunter2/);
      session.type('exit\n');
      const said = await session.ended;
      expect(said.stdout).not.toMatch(/^Password: /m);
      expect(said.stdout).not.toContain('id -u');
      expect(relayed.loot.transcript().entries).toContainEqual(
        expect.objectContaining({
          stream: 'stdin',
          side: 'endpoint-received',
          text: expect.stringContaining('hunter2'),
        }),
      );
    },
    60_000,
  );
});
