import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from '@jest/globals';
import { KubeClient } from '../client/kube-client';
import { parseKubeconfig } from '../client/kubeconfig';
import { hostNetwork } from '../network/host-network';
import { midplane } from './midplane.test.fixtures';
import type { ShellRun } from './terminal';

/** What a user's shell of a test does. */
type Shell = (run: ShellRun) => Promise<void>;

const stopping = (
  args: readonly string[],
  openShell?: Shell,
  more: { signal?: AbortSignal; labDescriptor?: string } = {},
) => midplane(args, { ...(openShell === undefined ? {} : { openShell }), ...more });

/** As somebody with that kubeconfig reads it. */
async function logOfWeb({ env }: ShellRun): Promise<string> {
  const file = env['KUBECONFIG'] ?? '';
  const config = await parseKubeconfig(readFileSync(file, 'utf8'), file, () =>
    Promise.reject(new Error('everything is inline')),
  );
  await using client = new KubeClient({ from: hostNetwork(), ...config });
  const answer = await client.request('GET', '/api/v1/namespaces/default/pods/web/log');
  return answer.ok ? answer.body.toString('utf8') : answer.words;
}

const name = 'by-default-the-apiserver-does-not-verify';

test('each twin waits for its user, whose own requests meet the attacker as those of the story do', async () => {
  const logs: string[] = [];
  const files: string[] = [];
  const { code, out, err } = await stopping(['run', name, '--shell'], async (run) => {
    const file = run.env['KUBECONFIG'] ?? '';
    files.push(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    logs.push(await logOfWeb(run));
  });
  expect(code).toBe(0);
  expect(logs).toEqual([
    expect.stringMatching(/^forged-/),
    expect.stringContaining('x509: certificate signed by unknown authority'),
  ]);
  expect(files.map((file) => existsSync(file))).toEqual([false, false]);
  expect(err).toContain(`${name} (open: unset (the default))\nNext: user: kubectl logs web`);
  expect(err).toContain(
    '1 connection came to the attacker, and it has:\n  GET /containerLogs/default/web/web',
  );
  expect(err).toContain('(fixed: ');
  // What was read in the shell is none of the story's.
  expect(out).not.toContain(logs[0]?.trim());
});

test.each([
  ['attach', 'kubectl attach'],
  ['4', 'kubectl attach'],
])('it stops before the step that is asked for: %s', async (step, next) => {
  let times = 0;
  const shell: Shell = async () => {
    times += 1;
  };
  const { code, err } = await stopping(['run', name, `--shell=${step}`, '--twin', 'open'], shell);
  expect({ code, times }).toEqual({ code: 0, times: 1 });
  expect(err).toContain(`Next: user: ${next}`);
});

test('of a play it stops between its steps, and says so when there are not so many', async () => {
  const logs: string[] = [];
  const shell: Shell = async (run) => {
    logs.push(await logOfWeb(run));
  };
  const stopped = await stopping(['run', 'read-only-port', '--twin', 'open', '--shell=2'], shell);
  expect(stopped.code).toBe(0);
  expect(stopped.err).toContain('The attacker is where it is after step 1.');
  expect(logs).toHaveLength(1);
  const beyond = await stopping(['run', 'read-only-port', '--twin', 'open', '--shell=99'], shell);
  expect(beyond.code).toBe(2);
  expect(beyond.out).toContain('read-only-port');
  expect(beyond.err).toContain('error: scenario "read-only-port" was over before step 99\nhint: ');
  expect(logs).toHaveLength(1);
});

test('Ctrl-C while the shell is open ends the run, and leaves nothing', async () => {
  const left = (): string[] => readdirSync(tmpdir()).filter((each) => each.startsWith('midplane-shell-'));
  const before = left();
  const interruption = new AbortController();
  let server = '';
  const { code, out, err } = await stopping(
    ['run', name, '--shell'],
    async ({ env, signal }) => {
      server = /127\.0\.0\.1:\d+/.exec(readFileSync(env['KUBECONFIG'] ?? '', 'utf8'))?.[0] ?? '';
      interruption.abort(new Error('ended by SIGINT'));
      expect(signal.aborted).toBe(true);
    },
    { signal: interruption.signal },
  );
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).not.toContain('came to the attacker');
  expect(left()).toEqual(before);
  const [address = '', port] = server.split(':');
  const dialled = await hostNetwork().dial({ host: address, port: Number(port) });
  expect(dialled.kind).toBe('refusal');
});

test.each<[string, string[], { labDescriptor?: string }, string]>([
  [
    'without a terminal',
    ['run', name, '--shell'],
    {},
    '--shell opens a shell, and there is no terminal\nhint: ',
  ],
  [
    'in containers',
    ['run', name, '--shell'],
    { labDescriptor: '/etc/lab.json' },
    '--shell is for scenarios of the embedded lab\nhint: ',
  ],
])('%s it is refused', async (_, args, more, words) => {
  expect(await stopping(args, undefined, more)).toEqual({
    code: 2,
    out: '',
    err: expect.stringContaining(`error: ${words}`),
  });
});

test.each<[string[], string]>([
  [
    ['run', name, '--shell=attatch'],
    `scenario "${name}" has no step "attatch"\nhint: did you mean "attach"?`,
  ],
  [
    ['run', name, '--shell=7', '--twin', 'open'],
    `scenario "${name}" has no step "7"\nhint: a number, or one of logs, attach, port-forward`,
  ],
  [
    ['run', 'read-only-port', '--shell=logs'],
    'scenario "read-only-port" has no step "logs"\nhint: it is a play, whose steps have numbers',
  ],
  [['run', '--shell', 'no-such-scenario'], 'no-such-scenario'],
  [
    ['run', '--path', 'logs', '--defence', 'none', '--technique', 'tap', '--shell'],
    'run needs the name of a scenario',
  ],
])('%j is a mistake', async (args, words) => {
  const opened: Shell = () => Promise.reject(new Error('it was opened'));
  expect(await stopping(args, opened)).toEqual({ code: 2, out: '', err: expect.stringContaining(words) });
});
