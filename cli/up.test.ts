import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { KubeClient } from '../client/kube-client';
import { parseKubeconfig } from '../client/kubeconfig';
import { hostNetwork } from '../network/host-network';

/** Sessions with `midplane up`, `status` and `down`, in a home of their own. */
const main = resolve(__dirname, 'main.js');
const folder = mkdtempSync(join(tmpdir(), 'midplane-up-'));
const home = join(folder, 'home');
const theirs = join(folder, 'their kubeconfig');

interface Session {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function midplane(...args: string[]): Promise<Session> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], MIDPLANE_HOME: home, KUBECONFIG: theirs },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  return Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((done) => child.once('exit', done)),
  ]).then(([stdout, stderr, code]) => ({ code, stdout, stderr }));
}

async function clientOf(file: string): Promise<KubeClient> {
  const config = await parseKubeconfig(readFileSync(file, 'utf8'), file, () =>
    Promise.reject(new Error('inline')),
  );
  return new KubeClient({ from: hostNetwork(), ...config });
}

afterEach(async () => {
  await midplane('down', '--force');
  rmSync(theirs, { force: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('midplane up', () => {
  test('with --emulate-cve says on every occasion that the lab is vulnerable on purpose', async () => {
    const unknown = await midplane('up', '--emulate-cve=CVE-2020-8558');
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toMatch(
      /^error: "CVE-2020-8558" is no CVE that is emulated here\nhint: did you mean CVE-2020-8559\? known: /,
    );

    const up = await midplane('up', '--detach', '--emulate-cve=CVE-2020-8559');
    const banner = 'WARNING: but its apiserver is vulnerable on purpose, to CVE-2020-8559\n';
    expect(up).toMatchObject({ code: 0, stdout: expect.stringContaining(banner) });
    expect(up.stderr).toMatch(/^WARNING: this apiserver has CVE-2020-8559 again: /);
    expect((await midplane('status')).stdout).toContain(banner);
  });

  test('starts a lab that status shows and down ends', async () => {
    const up = await midplane('up', '--detach');
    expect(up).toMatchObject({ code: 0, stderr: '' });
    expect(up.stdout).toMatch(
      /^midplane lab at https:\/\/127\.0\.0\.1:\d+: behaves like Kubernetes v1\.33\.1, defence none\n/,
    );
    expect(up.stdout).toContain(`  export KUBECONFIG=${join(home, 'admin.kubeconfig')}\n`);
    expect(up.stdout).toMatch(/default\/web +Running +node-1 +midplane\/web\n/);

    for (const role of ['admin', 'developer', 'viewer', 'attacker']) {
      const file = join(home, `${role}.kubeconfig`);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      await using client = await clientOf(file);
      const pods = await client.request('GET', '/api/v1/namespaces/default/pods');
      expect({ role, status: pods.status }).toEqual({ role, status: role === 'attacker' ? 403 : 200 });
    }

    expect((await midplane('status')).stdout).toContain('default/web ');
    const json = JSON.parse((await midplane('status', '-o', 'json')).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({ state: 'running', record: { defence: 'none', merged: null } });

    const second = await midplane('up');
    expect(second).toMatchObject({ code: 3 });
    expect(second.stderr).toMatch(
      /^error: a lab is running already, as process \d+\nhint: midplane status shows it/,
    );

    expect(await midplane('down')).toEqual({ code: 0, stdout: 'the lab is down\n', stderr: '' });
    expect(await midplane('status')).toEqual({
      code: 1,
      stdout: 'no lab is running: midplane up starts one\n',
      stderr: '',
    });
    // What a lab in the background said stays to be read.
    expect(readdirSync(home)).toEqual(['lab.log']);
    expect(readFileSync(join(home, 'lab.log'), 'utf8')).not.toContain('Warning');
  }, 60_000);

  test('--merge puts a context beside theirs, and down takes it out again', async () => {
    const before =
      '# mine\napiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\ncurrent-context: work\n';
    writeFileSync(theirs, before, { mode: 0o640 });
    const up = await midplane('up', '--detach', '--merge');
    expect(up.stdout).toContain(`context midplane in ${theirs}`);
    const merged = readFileSync(theirs, 'utf8');
    expect(merged).toMatch(/^# mine\n/);
    expect(merged).toContain('current-context: work');
    expect(merged).toContain('name: midplane');
    expect(statSync(theirs).mode & 0o777).toBe(0o640);
    await midplane('down');
    const after = readFileSync(theirs, 'utf8');
    expect(after).not.toContain('midplane');
    expect(after).toMatch(/^# mine\n/);
  }, 60_000);

  test('never writes to a kubeconfig that is there without being asked', async () => {
    writeFileSync(theirs, 'theirs: yes\n');
    const up = await midplane('up', '--kubeconfig', theirs);
    expect(up).toMatchObject({ code: 2, stdout: '' });
    expect(up.stderr).toContain(`error: kubeconfig "${theirs}" exists\nhint: add --merge`);
    expect(readFileSync(theirs, 'utf8')).toBe('theirs: yes\n');
    expect((await midplane('status')).code).toBe(1);
  }, 60_000);

  test('a lab that was killed is noticed, tidied up after, and replaced', async () => {
    await midplane('up', '--detach', '--kubeconfig', theirs);
    const { record } = JSON.parse((await midplane('status', '-o', 'json')).stdout) as {
      record: { pid: number };
    };
    process.kill(record.pid, 'SIGKILL');
    const state = async (): Promise<string> =>
      (JSON.parse((await midplane('status', '-o', 'json')).stdout) as { state: string }).state;
    while ((await state()) !== 'dead') await new Promise((done) => setImmediate(done));
    expect((await midplane('status')).stdout).toMatch(/^the lab of .* was killed: midplane down tidies up/);
    expect((await midplane('up', '--detach')).code).toBe(0);
    expect(readFileSync(theirs, 'utf8')).not.toContain('name: midplane');
  }, 60_000);

  test('with --data-dir goes on where it ended', async () => {
    const data = join(folder, 'data');
    await midplane('up', '--detach', '--data-dir', data);
    const file = join(home, 'admin.kubeconfig');
    {
      await using client = await clientOf(file);
      const body = { metadata: { name: 'kept' }, data: { a: '1' } };
      expect((await client.request('POST', '/api/v1/namespaces/default/configmaps', { body })).status).toBe(
        201,
      );
    }
    const keys = readFileSync(join(data, 'keys.json'), 'utf8');
    await midplane('down');
    expect((await midplane('up', '--detach', '--data-dir', data)).code).toBe(0);
    await using client = await clientOf(file);
    const kept = await client.request('GET', '/api/v1/namespaces/default/configmaps/kept');
    expect(kept.json()).toMatchObject({ data: { a: '1' } });
    expect(readFileSync(join(data, 'keys.json'), 'utf8')).toBe(keys);
    expect(statSync(join(data, 'keys.json')).mode & 0o777).toBe(0o600);
  }, 60_000);

  test('with --seed has the same keys and uids each time, and does not go on with the objects of another', async () => {
    const data = join(folder, 'seeded');
    const marks = async (...more: string[]): Promise<unknown[]> => {
      expect((await midplane('up', '--detach', '--seed', 'a', ...more)).stderr).toBe('');
      const file = join(home, 'admin.kubeconfig');
      await using client = await clientOf(file);
      const pod = await client.request('GET', '/api/v1/namespaces/default/pods/box');
      const key = /"client-key-data": "([^"]+)"/.exec(readFileSync(file, 'utf8'))?.[1];
      await midplane('down');
      return [key, (pod.json() as { metadata: { uid: string } }).metadata.uid];
    };
    const first = await marks();
    expect(first[0]).toMatch(/^\w/);
    expect(await marks('--data-dir', data)).toEqual(first);
    const again = await midplane('up', '--seed', 'a', '--data-dir', data);
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toContain(
      `error: --seed "a" begins a lab, and "${join(data, 'keys.json')}" has the`,
    );
  }, 60_000);

  test.each([
    [['up', '--port', 'many'], 2, 'error: --port "many" is not a port\n'],
    [
      ['up', '--defence', 'kubelet-caa'],
      2,
      'error: unknown defence "kubelet-caa"\nhint: did you mean "kubelet-ca" or ',
    ],
    [['up', '--', '--no-such-flag'], 2, 'error: unknown flag: --no-such-flag\n'],
    [['up', '--data-dir', '/dev/null/x'], 2, 'error: '],
    [['status', '-o', 'xml'], 2, 'error: '],
  ])('%j is refused with %i, and nothing keeps running', async (args, code, words) => {
    const said = await midplane(...args);
    expect(said.code).toBe(code);
    expect(said.stderr).toContain(words);
    expect(existsSync(join(home, 'lab.json'))).toBe(false);
  });
});
