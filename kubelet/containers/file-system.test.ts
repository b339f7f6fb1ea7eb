import { describe, expect, test } from '@jest/globals';
import { FileSystem } from './file-system';
import { newDirectory, newFile } from './inode';

const text = (value: unknown): string => (Buffer.isBuffer(value) ? value.toString() : JSON.stringify(value));

describe('FileSystem', () => {
  test.each([
    ['/nope/a', 'No such file or directory'],
    ['/tmp', 'Is a directory'],
    ['/etc/file/x', 'Not a directory'],
    [`/tmp/${'n'.repeat(256)}`, 'File name too long'],
    [`/tmp${'/.'.repeat(4096)}/x`, 'File name too long'],
    ['/tmp/loop', 'Too many levels of symbolic links'],
  ])('refuses to write %s', (path, problem) => {
    const files = new FileSystem();
    files.write('/etc/file', Buffer.from(''));
    files.makeSymlink('/tmp/loop', 'loop');
    expect(files.write(path, Buffer.from('x'))?.text).toBe(problem);
  });

  test.each(['../../../../etc/f', '/../etc/f', 'up/up/up/etc/f', 'abs/f', 'tmp/../etc/./f'])(
    'there is no way out of the root: %s',
    (path) => {
      const files = new FileSystem();
      files.write('/etc/f', Buffer.from('inside'));
      files.makeSymlink('/up', '..');
      files.makeSymlink('/abs', '/../../etc');
      expect(text(files.read(`/${path}`))).toBe('inside');
    },
  );

  test('links: followed, shown, removed without what they name', () => {
    const files = new FileSystem();
    files.write('/etc/f', Buffer.from('1'));
    files.makeSymlink('/tmp/l', '../etc/f');
    files.write('/tmp/l', Buffer.from('2'), 'append');
    expect(text(files.read('/etc/f'))).toBe('12');
    expect(files.realPath('/tmp/l')).toBe('/etc/f');
    expect(files.lstat('/tmp/l')).toMatchObject({ kind: 'symlink', target: '../etc/f' });
    files.remove('/tmp/l');
    expect(text(files.read('/etc/f'))).toBe('12');
    files.makeSymlink('/tmp/new', '/etc/made');
    files.write('/tmp/new', Buffer.from('through'));
    expect(text(files.read('/etc/made'))).toBe('through');
  });

  test('a hard link keeps the content until its last name goes', () => {
    const files = new FileSystem();
    const empty = files.sizeBytes;
    files.write('/tmp/a', Buffer.from('abc'));
    expect(files.link('/tmp/b', '/tmp/a')).toBeNull();
    files.remove('/tmp/a');
    expect(text(files.read('/tmp/b'))).toBe('abc');
    files.remove('/tmp/b');
    expect(files.sizeBytes).toBe(empty);
  });

  test('directories: made with their parents, removed when empty', () => {
    const files = new FileSystem();
    expect(files.makeDirectory('/tmp/a/b')?.text).toBe('No such file or directory');
    expect(files.makeDirectory('/tmp/a/b', { parents: true })).toBeNull();
    expect(files.makeDirectory('/tmp/a/b')?.text).toBe('File exists');
    expect(files.removeDirectory('/tmp/a')?.text).toBe('Directory not empty');
    expect(files.removeDirectory('/tmp/a/b')).toBeNull();
    expect(files.list('/tmp/a')).toEqual([]);
  });

  test('rename replaces a file, and never puts a directory into itself', () => {
    const files = new FileSystem();
    files.makeDirectory('/tmp/d');
    files.write('/tmp/a', Buffer.from('a'));
    files.write('/tmp/b', Buffer.from('b'));
    expect(files.rename('/tmp/a', '/tmp/b')).toBeNull();
    expect(text(files.read('/tmp/b'))).toBe('a');
    expect(files.kindOf('/tmp/a')).toBeNull();
    expect(files.rename('/tmp/d', '/tmp/d/inner')?.text).toBe('Invalid argument');
    expect(files.rename('/tmp/b', '/tmp/d')?.text).toBe('Is a directory');
    expect(files.rename('/tmp/d', '/tmp/b')?.text).toBe('Not a directory');
  });

  test('rename neither puts anything into a sealed directory nor takes anything out', () => {
    const files = new FileSystem();
    files.add('/sealed', { ...newDirectory(0o555, new Map([['own', newFile()]])), sealed: true });
    files.write('/tmp/f', Buffer.from('f'));
    for (const [from, to] of [
      ['/tmp/f', '/sealed/f'],
      ['/tmp/f', '/sealed/own'],
      ['/sealed/own', '/tmp/own'],
    ] as const) {
      expect(files.rename(from, to)?.text).toBe('Operation not permitted');
    }
    expect(text(files.read('/tmp/f'))).toBe('f');
    expect(files.list('/sealed')).toEqual(['own']);
  });
});

describe('a mounted volume', () => {
  test('is live in every container that has it, and read-only where it was mounted so', () => {
    const volume = FileSystem.volume();
    const [writer, reader] = [new FileSystem(), new FileSystem()];
    expect(writer.mount({ path: '/data', volume })).toBeNull();
    expect(reader.mount({ path: '/var/data/deep', volume, readOnly: true })).toBeNull();
    expect(writer.write('/data/f', Buffer.from('shared'))).toBeNull();
    expect(text(reader.read('/var/data/deep/f'))).toBe('shared');
    volume.write('/f', Buffer.from('changed'));
    expect(text(reader.read('/var/data/deep/f'))).toBe('changed');
    const refusals = [
      reader.write('/var/data/deep/f', Buffer.from('x')),
      reader.write('/var/data/deep/new', Buffer.from('x')),
      reader.remove('/var/data/deep/f'),
      reader.makeDirectory('/var/data/deep/d'),
      reader.chmod('/var/data/deep/f', 0),
      reader.rename('/var/data/deep/f', '/var/data/deep/g'),
    ];
    expect(refusals.map((it) => it?.text)).toEqual(refusals.map(() => 'Read-only file system'));
    expect(reader.removeDirectory('/var/data/deep')).not.toBeNull();
    expect(writer.rename('/data/f', '/tmp/f')?.text).toBe('Invalid cross-device link');
  });

  test('can be a single file of it, and hides what was there', () => {
    const volume = FileSystem.volume();
    volume.write('/config', Buffer.from('mounted'));
    const files = new FileSystem();
    files.write('/etc/app', Buffer.from('image'));
    expect(files.mount({ path: '/etc/app', volume, subPath: 'config', readOnly: true })).toBeNull();
    expect(text(files.read('/etc/app'))).toBe('mounted');
    expect(files.remove('/etc/app')?.text).toBe('Read-only file system');
    expect(files.mount({ path: '/x', volume, subPath: 'nope' })?.text).toBe('No such file or directory');
  });

  test('its absolute links are those of the container, its .. leads to where it is mounted', () => {
    const volume = FileSystem.volume();
    volume.makeSymlink('/abs', '/etc/mine');
    const files = new FileSystem();
    files.write('/etc/mine', Buffer.from('of the container'));
    files.mount({ path: '/mnt/v', volume });
    expect(text(files.read('/mnt/v/abs'))).toBe('of the container');
    expect(text(files.read('/mnt/v/../../etc/mine'))).toBe('of the container');
  });

  test('a read-only root leaves its mounts writable', () => {
    const files = new FileSystem();
    files.mount({ path: '/scratch', volume: FileSystem.volume() });
    files.makeReadOnly();
    expect(files.write('/tmp/x', Buffer.from('x'))?.text).toBe('Read-only file system');
    expect(files.write('/scratch/x', Buffer.from('x'))).toBeNull();
  });
});
