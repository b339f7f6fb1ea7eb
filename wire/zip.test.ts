import { crc32, inflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { zip } from './zip';

const entries = [
  { name: 'README.md', content: Buffer.from('evidence '.repeat(500)) },
  { name: 'captures/größe.pcapng', content: Buffer.from([0, 1, 2, 255]) },
  { name: 'empty', content: Buffer.alloc(0) },
];

describe('an archive', () => {
  test('gives back every file from the directory at its end', () => {
    expect(unzip(zip(entries))).toEqual(entries);
  });

  test('is the same for the same files', () => {
    expect(zip(entries).equals(zip(entries))).toBe(true);
  });

  test('is smaller than what is in it', () => {
    expect(zip(entries.slice(0, 1)).length).toBeLessThan(300);
  });
});

function unzip(archive: Buffer): { name: string; content: Buffer }[] {
  const end = archive.length - 22;
  expect(archive.readUInt32LE(end)).toBe(0x06054b50);
  const files: { name: string; content: Buffer }[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    expect(archive.readUInt32LE(at)).toBe(0x02014b50);
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const local = archive.readUInt32LE(at + 42);
    expect(archive.readUInt32LE(local)).toBe(0x04034b50);
    expect(archive.subarray(local + 30, local + 30 + nameLength).toString()).toBe(name);
    const start = local + 30 + nameLength;
    const content = inflateRawSync(archive.subarray(start, start + archive.readUInt32LE(at + 20)));
    expect(content.length).toBe(archive.readUInt32LE(at + 24));
    expect(crc32(content)).toBe(archive.readUInt32LE(at + 16));
    files.push({ name, content });
    at += 46 + nameLength;
  }
  expect(at).toBe(end);
  return files;
}
