import { describe, expect, test } from '@jest/globals';
import { execute, Screen, startContainer } from './containers.test.fixtures';
import { Pipe } from './pipe';

const NOBODY = new AbortController().signal;

describe('a simulated container', () => {
  test('has a planted secret in a file and in its log', async () => {
    const box = await startContainer();
    box.container.plant('s3cret');
    expect((await execute(box.container, ['cat', '/run/secrets/canary'])).stdout).toBe('s3cret');
    expect(box.container.log.select().map((it) => it.bytes.toString())).toEqual([
      'logger box started\n',
      'canary s3cret\n',
    ]);
    await box.stop();
  });

  test('hears arguments and input, apart for each origin, until it forgets', async () => {
    const box = await startContainer();
    await execute(box.container, ['sh', '-c', 'cat >/dev/null'], 'typed');
    await execute(box.container, ['true', 'again']);
    expect(box.container.heard().toString()).toBe('sh\0-c\0cat >/dev/nulltyped\ntrue\0again');
    box.container.forget();
    expect(box.container.heard()).toHaveLength(0);
    await box.stop();
  });

  test.each([
    [['nope'], 'exec: "nope": executable file not found in $PATH: unknown'],
    [['/opt/nope'], 'exec: "/opt/nope": stat /opt/nope: no such file or directory: unknown'],
    [['exit'], 'exec: "exit": executable file not found in $PATH: unknown'],
    [[], 'args must not be empty: unknown'],
  ])('says as the runtime does why %j cannot be started', async (argv, text) => {
    const box = await startContainer();
    const streams = { stdin: null, stdout: new Screen(), stderr: null, terminal: null, signal: NOBODY };
    const outcome = await box.container.exec(argv, streams);
    expect(outcome).toEqual({ kind: 'failed', text: expect.stringContaining(text) });
    expect(outcome.kind === 'failed' && outcome.text).toMatch(/^failed to exec in container: failed to /);
    if (argv.length > 0) {
      const runc = 'OCI runtime exec failed: exec failed: unable to start container process: exec: ';
      expect(outcome.kind === 'failed' && outcome.text).toContain(runc);
    }
    await box.stop();
  });

  test('writes to its first process appear in the log', async () => {
    const box = await startContainer();
    await execute(box.container, ['sh', '-c', 'echo note > /proc/1/fd/1; echo oops >> /proc/1/fd/2']);
    expect(box.container.log.select().map((it) => `${it.stream} ${it.bytes}`)).toEqual([
      'stdout logger box started\n',
      'stdout note\n',
      'stderr oops\n',
    ]);
    await box.stop();
  });

  test('lets a client attach to its shell, and answers a short input before it lets go', async () => {
    const box = await startContainer({ image: 'midplane/shell' });
    const [stdin, stdout] = [new Pipe(), new Screen()];
    const streams = { stdin, stdout, stderr: new Screen(), terminal: null, signal: NOBODY };
    const attached = box.container.attach(streams);
    await stdin.write(Buffer.from('echo one; echo two\n'));
    stdin.end();
    expect(await attached).toEqual({ kind: 'exited', code: 0 });
    expect(stdout.text).toBe('one\ntwo\n');
    expect(box.container.heard().toString()).toBe('echo one; echo two\n');
    expect(box.container.log.select().map((it) => it.bytes.toString())).toEqual(['one\n', 'two\n']);
    await box.stop();
  });

  test('with stdinOnce has its input closed after the first client, who sees it end', async () => {
    const spec = { command: ['sh', '-c', 'cat; echo end'], stdin: true, stdinOnce: true };
    const box = await startContainer(spec);
    const [stdin, stdout] = [new Pipe(), new Screen()];
    const streams = { stdin, stdout, stderr: null, terminal: null, signal: NOBODY };
    const attached = box.container.attach(streams);
    await stdin.write(Buffer.from('typed\n'));
    stdin.end();
    await attached;
    expect(stdout.text).toBe('typed\nend\n');
    expect(box.container.state).toMatchObject({ kind: 'terminated', exitCode: 0 });
    await box.stop();
  });

  test('with a terminal shows its prompt to who attaches late, once the window has another size', async () => {
    const box = await startContainer({ image: 'busybox', stdin: true, stdinOnce: true, tty: true });
    const [stdin, stdout] = [new Pipe(), new Screen()];
    const attached = box.container.attach({ stdin, stdout, stderr: null, terminal: null, signal: NOBODY });
    box.container.resizeMain({ width: 101, height: 31 });
    await stdout.shows('/ # ');
    await stdin.write(Buffer.from('stty size; exit\r'));
    await attached;
    expect(stdout.text).toBe('\r/ # \x1b[Jstty size; exit\r\n31 101\r\n');
    await box.stop();
  });

  test('runs the command that the pod names instead of the one of its image, and starts anew', async () => {
    const box = await startContainer({ command: ['sh', '-c', 'echo first'], args: [] });
    await box.container.ended;
    expect(box.container.state).toMatchObject({ kind: 'terminated', exitCode: 0 });
    const again = await box.container.start();
    expect(again.kind === 'started' && (await again.exited)).toBe(0);
    expect(box.container.restartCount).toBe(1);
    expect(box.container.previousLog?.select().map((it) => it.bytes.toString())).toEqual(['first\n']);
    await box.stop();
  });

  test.each([
    ['terminate', {}, 0],
    ['terminate', { command: ['sleep', 'inf'] }, 143],
    ['stop', { command: ['sleep', 'inf'] }, 137],
  ] as const)('after %s, %j has ended with %d', async (how, spec, code) => {
    const box = await startContainer({ ...spec, command: [...('command' in spec ? spec.command : [])] });
    box.container[how]();
    await box.container.ended;
    expect(box.container.state).toMatchObject({ kind: 'terminated', exitCode: code });
    await box.stop();
  });

  test('is started with what the kubelet made of its spec', async () => {
    const box = await startContainer({ command: ['true'] });
    await box.container.ended;
    const command = ['sh', '-c', 'echo $GREETING > /dev/termination-log; pwd >> /dev/termination-log'];
    await box.container.start({ command, args: [], env: [['GREETING', 'hello']], workingDir: '/tmp' });
    await box.container.ended;
    expect(box.container.read('/dev/termination-log')?.toString()).toBe('hello\n/tmp\n');
    await box.stop();
  });

  test('whose program does not exist has terminated as containerd reports it', async () => {
    const box = await startContainer({ command: ['true'] });
    await box.container.ended;
    const command = ['nope'];
    const outcome = await box.container.start({ command, args: [], env: [], workingDir: '' });
    expect(outcome).toEqual({
      kind: 'refused',
      text: expect.stringMatching(
        /^failed to create containerd task: .*: exec: "nope": executable file not found in \$PATH: unknown$/,
      ),
    });
    expect(box.container.state).toMatchObject({ kind: 'terminated', exitCode: 128, startedAt: new Date(0) });
    await box.stop();
  });

  test('an image that does not exist leaves it waiting', async () => {
    const box = await startContainer({ image: 'nobody/nothing:latest' });
    expect(box.container.state).toMatchObject({ kind: 'waiting', reason: 'ErrImagePull' });
    await box.stop();
  });

  test.each(['midplane/logger', 'registry.lab:5000/midplane/logger:1.2', 'midplane/logger@sha256:00'])(
    'knows the image %s',
    async (image) => {
      const box = await startContainer({ image });
      expect(box.container.state.kind).toBe('running');
      await box.stop();
    },
  );

  test('gives back what a command wrote, and kills it with its caller', async () => {
    const box = await startContainer();
    const { stdout, stderr, outcome } = await box.container.run(
      ['sh', '-c', 'echo o; cat /x; exit 2'],
      NOBODY,
    );
    expect([stdout.toString(), stderr.toString(), outcome]).toEqual([
      'o\n',
      "cat: can't open '/x': No such file or directory\n",
      { kind: 'exited', code: 2 },
    ]);
    const caller = new AbortController();
    const running = box.container.run(['sleep', 'inf'], caller.signal);
    caller.abort();
    expect((await running).outcome).toEqual({ kind: 'exited', code: 137 });
    await box.stop();
  });

  test('counts what its processes do, over all its runs', async () => {
    const box = await startContainer({ command: ['sh', '-c', 'echo 1234'] });
    await box.container.ended;
    expect(box.container.work).toEqual({ commands: 1, bytes: 5 });
    for (let run = 0; run < 3; run += 1) {
      await box.container.start();
      await box.container.ended;
    }
    expect(box.container.work).toEqual({ commands: 4, bytes: 20 });
    await box.stop();
  });

  test('stopping it ends every command', async () => {
    const box = await startContainer();
    const running = box.container.run(['sh', '-c', 'yes | cat > /dev/null'], NOBODY);
    await box.stop();
    expect((await running).outcome).toEqual({ kind: 'exited', code: 137 });
  });
});
