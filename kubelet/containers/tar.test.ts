import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Header, pack } from 'tar-stream';
import { executeBytes, startContainer } from './containers.test.fixtures';

let box: Awaited<ReturnType<typeof startContainer>>;
beforeAll(async () => {
  box = await startContainer();
});
afterAll(() => box.stop());

const sh = async (script: string, stdin?: Buffer) => {
  const run = await executeBytes(box.container, ['sh', '-c', script], stdin);
  return { code: run.code, stdout: run.stdout.toString(), stderr: run.stderr };
};

/** An archive as somebody else made it. */
async function archiveOf(
  ...members: (Partial<Header> & { name: string; content?: string })[]
): Promise<Buffer> {
  const made = pack();
  for (const { content = '', ...header } of members) made.entry(header, content);
  made.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of made) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks);
}

describe('tar', () => {
  test('brings a tree through a pipe: directories, modes, times, links and odd names', async () => {
    const archive = await archiveOf(
      { name: 'tree/', type: 'directory', mode: 0o750 },
      { name: 'tree/empty/', type: 'directory' },
      { name: 'tree/a b', mode: 0o640, mtime: new Date(1_600_000_000_000), content: 'spaced' },
      { name: 'tree/link', type: 'symlink', linkname: 'a b' },
      { name: `tree/${'n'.repeat(120)}`, content: 'long' },
    );
    await sh('mkdir -p /tmp/one /tmp/two');
    expect(await sh('tar -xf - -C /tmp/one', archive)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await sh('tar cf - -C /tmp/one tree | tar -xpf - -C /tmp/two')).code).toBe(0);
    const files = box.container.files;
    for (const top of ['/tmp/one/tree', '/tmp/two/tree']) {
      expect(files.list(top)).toEqual(['a b', 'empty', 'link', 'n'.repeat(120)]);
      expect(files.lstat(top)).toMatchObject({ kind: 'directory', mode: 0o750 });
      expect(files.lstat(`${top}/a b`)).toMatchObject({ mode: 0o640, modified: new Date(1_600_000_000_000) });
      expect(files.lstat(`${top}/link`)).toMatchObject({ kind: 'symlink', target: 'a b' });
      expect(files.read(`${top}/link`)).toEqual(Buffer.from('spaced'));
      expect(files.kindOf(`${top}/empty`)).toBe('directory');
    }
  });

  test("removes the leading / of member names, and says so in GNU tar's words", async () => {
    await sh('echo x > /tmp/abs');
    const run = await sh('tar cf - /tmp/abs | tar tf -');
    expect(run).toEqual({
      code: 0,
      stdout: 'tmp/abs\n',
      stderr: "tar: Removing leading `/' from member names\n",
    });
  });

  test('extracts as every kubectl cp asks, and sends what it asks for', async () => {
    const archive = await archiveOf({ name: 'cp', mode: 0o600, content: 'copied' });
    for (const command of [
      'tar -xmf - -C /tmp',
      'tar --no-same-permissions --no-same-owner -xmf - -C /tmp',
      'tar xmf - -C /tmp',
    ]) {
      await sh('rm -f /tmp/cp');
      expect(await sh(command, archive)).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(box.container.files.read('/tmp/cp')).toEqual(Buffer.from('copied'));
    }
    const whole = await executeBytes(box.container, ['tar', 'cf', '-', '/tmp/cp']);
    const tail = await executeBytes(box.container, ['sh', '-c', 'tar cf - /tmp/cp | tail -c+513']);
    expect(tail.stdout).toEqual(whole.stdout.subarray(512));
  });

  test('carries 20 MB of binary both ways', async () => {
    const content = Buffer.alloc(20_000_000, Buffer.from([0, 255, 10, 13, 3, 4]));
    const made = pack();
    made.entry({ name: 'big' }, content);
    made.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of made) chunks.push(Buffer.from(chunk as Buffer));
    expect((await sh('tar -xmf - -C /tmp', Buffer.concat(chunks))).code).toBe(0);
    const back = await executeBytes(box.container, ['sh', '-c', 'cd /tmp && tar cf - big | tar xOf -']);
    expect(back.stdout.equals(content)).toBe(true);
    await sh('rm /tmp/big');
  });

  test('compresses and decompresses', async () => {
    await sh('mkdir -p /tmp/z && echo zip > /tmp/z/f && tar czf /tmp/z.tgz -C /tmp z && rm -r /tmp/z');
    expect((await sh('tar xzvf /tmp/z.tgz -C /tmp && cat /tmp/z/f')).stdout).toBe('z/\nz/f\nzip\n');
  });

  test.each([
    ['../../etc/escaped', "tar: ../../etc/escaped: Member name contains '..'"],
    ['a/../../etc/escaped', "tar: a/../../etc/escaped: Member name contains '..'"],
  ])('skips the member %s', async (name, text) => {
    const run = await sh('tar xf - -C /tmp', await archiveOf({ name, content: 'x' }));
    expect(run).toEqual({
      code: 2,
      stdout: '',
      stderr: `${text}\ntar: Exiting with failure status due to previous errors\n`,
    });
    expect(box.container.files.kindOf('/etc/escaped')).toBeNull();
  });

  test('an absolute member lands under where it is extracted', async () => {
    await sh('tar xf - -C /tmp', await archiveOf({ name: '/etc/absolute', content: 'x' }));
    expect(box.container.files.kindOf('/etc/absolute')).toBeNull();
    expect(box.container.files.kindOf('/tmp/etc/absolute')).toBe('file');
  });

  test('does not write through a link that a member made', async () => {
    const archive = await archiveOf(
      { name: 'hostname', type: 'symlink', linkname: '/etc/hostname' },
      { name: 'hostname', content: 'overwritten' },
    );
    await sh('tar xf - -C /tmp', archive);
    expect(box.container.files.read('/etc/hostname')).toEqual(Buffer.from('box\n'));
    expect(box.container.files.read('/tmp/hostname')).toEqual(Buffer.from('overwritten'));
  });

  test.each([
    ['tar cf - /nope', 2, 'tar: /nope: Cannot stat: No such file or directory'],
    ['tar xf /nope', 2, 'tar: /nope: Cannot open: No such file or directory'],
    ['tar xf - -C /nope', 2, 'tar: /nope: Cannot open: No such file or directory'],
    ['tar cf -', 2, 'tar: Cowardly refusing to create an empty archive'],
    ['tar f -', 2, 'tar: You must specify one of'],
    ['tar -Q', 2, "tar: invalid option -- 'Q'"],
    ['head -c 2048 /dev/urandom | tar xf -', 2, 'tar: This does not look like a tar archive'],
    ['echo plain | tar xzf -', 2, 'tar: gzip: stdin: not in gzip format'],
  ])('%s ends with %d', async (script, code, text) => {
    const run = await sh(script);
    expect(run.stderr).toContain(text);
    expect(run.code).toBe(code);
  });
});
