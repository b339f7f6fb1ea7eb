import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KubeClient } from '../client/kube-client';
import { parseKubeconfig } from '../client/kubeconfig';
import { hostNetwork } from '../network/host-network';

/** Sessions with `midplane attack`, beside a lab that stays, in a home of their own. */
const main = resolve(__dirname, 'main.js');
const folder = mkdtempSync(join(tmpdir(), 'midplane-attack-'));
const home = join(folder, 'home');

interface Session {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], MIDPLANE_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  const said = new Promise<void>((resolve) => child.stderr.once('data', () => resolve()));
  const session: Promise<Session> = Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((done) => child.once('exit', done)),
  ]).then(([stdout, stderr, code]) => ({ code, stdout, stderr }));
  return { child, said, session };
}

const midplane = (...args: string[]): Promise<Session> => start(...args).session;

async function admin(): Promise<KubeClient> {
  const file = join(home, 'admin.kubeconfig');
  const config = await parseKubeconfig(readFileSync(file, 'utf8'), file, () =>
    Promise.reject(new Error('inline')),
  );
  return new KubeClient({ from: hostNetwork(), ...config });
}

beforeAll(async () => {
  const up = await midplane('up', '--detach', '--defence=kubelet-open');
  expect(up).toMatchObject({ code: 0, stderr: '' });
}, 60_000);
afterAll(async () => {
  await midplane('down', '--force');
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const web = { namespace: 'default', pod: 'web' };

describe('midplane attack', () => {
  test('changes what people see until Ctrl-C, and then shows what each side saw', async () => {
    const rules = join(folder, 'rules.yaml');
    writeFileSync(rules, "- replace: {stream: stdout, match: '/[a-z]+ hunter2/', with: no password}\n");
    await using client = await admin();
    const exec = () => client.exec({ ...web, command: ['echo', 'password hunter2'] });
    const attack = start('attack', '--path=exec', `--rules=${rules}`, '--rule', 'drop: {stream: stderr}');
    await attack.said;
    expect((await exec()).stdout.toString()).toBe('no password\n');

    const second = await midplane('attack', '--path=logs');
    expect(second).toMatchObject({ code: 3, stdout: '' });
    expect(second.stderr).toMatch(
      /^error: the attacker at 127\.0\.0\.1:\d+ is busy: another attack is under way\n/,
    );

    attack.child.kill('SIGINT');
    const { code, stdout, stderr } = await attack.session;
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: expect.stringMatching(/^attacking exec \(10\.0\.0\.11:10250\) with relay: /),
    });
    expect(stdout).toMatch(/^the path is given back: 1 connection, 1 request read\n/);
    expect(stdout).toMatch(/stdout +← no password\\n +! password hunter2\\n/);
    expect((await exec()).stdout.toString()).toBe('password hunter2\n');
  }, 60_000);

  test('answers by itself with another technique, and reports for programs', async () => {
    await using client = await admin();
    const args = ['--path=logs', '--technique=self-signed', '--forged=all is well', '-o', 'json'];
    const attack = start('attack', ...args);
    await attack.said;
    expect((await client.logs(web)).stdout.toString()).toMatch(/all is well/);
    attack.child.kill('SIGINT');
    const report = JSON.parse((await attack.session).stdout) as Record<string, unknown>;
    expect(report).toMatchObject({ kind: 'AttackReport', connections: 1, requests: 1 });
  }, 60_000);

  test.each([
    [['--path=logz'], /^error: unknown path "logz"/],
    [
      ['--path=kubelet-api'],
      /^error: nobody uses the path "kubelet-api" in a lab that stays\nhint: midplane attack takes /,
    ],
    [
      ['--path=logs', '--technique=tap', '--rule=drop: {stream: logs}'],
      /^error: technique "tap" plays no rules\n/,
    ],
    [
      ['--path=logs', '--rule', 'drop: {stream: log}'],
      /^error: in --rule "drop: \{stream: log\}", rule 1 \(drop\) names the unknown stream "log"\nhint: a stream is one of stdin, /,
    ],
    [['--path=logs', '--rules=absent'], /^error: open absent: no such file or directory\n/],
  ])('with %j says what is wrong', async (args, words) => {
    const { code, stdout, stderr } = await midplane('attack', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(words);
  });
});
