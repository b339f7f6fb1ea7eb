import { describe, expect, test } from '@jest/globals';
import { type PcapngFile, pcapng } from './pcapng';

const file: PcapngFile = {
  application: 'a',
  comment: 'c',
  interfaces: [{ name: 'leg', description: 'link' }],
  names: [{ address: '10.0.0.11', name: 'node-1' }],
  items: [
    { kind: 'tls-secrets', keyLog: 'CLIENT_RANDOM 00 11\n' },
    { kind: 'packet', interface: 0, timeNs: 0x1_0000_0002n, frame: Buffer.from('abcde'), comment: 'hi' },
  ],
};

describe('a capture file', () => {
  const bytes = pcapng(file);

  test('is blocks, each with its length before and behind', () => {
    expect(blocksOf(bytes).map(({ type }) => type)).toEqual([0x0a0d0d0a, 1, 4, 10, 6]);
  });

  test('begins with the byte order and version 1.0', () => {
    expect(blocksOf(bytes)[0]?.body.toString('hex')).toBe(
      '4d3c2b1a01000000ffffffffffffffff01000100630000000400010061000000' + '00000000',
    );
  });

  test('says that its links are Ethernet and its times nanoseconds', () => {
    expect(blocksOf(bytes)[1]?.body.toString('hex')).toBe(
      `0100000000000400${'02000300'}6c656700${'03000400'}6c696e6b${'09000100'}09000000${'00000000'}`,
    );
  });

  test('names addresses', () => {
    expect(blocksOf(bytes)[2]?.body.toString('hex')).toBe(
      `01000b00${'0a00000b'}6e6f64652d310000${'00000000'}`,
    );
  });

  test('bears the key log as TLSK, before the packet that it opens', () => {
    const secrets = blocksOf(bytes)[3]?.body;
    expect(secrets?.toString('hex', 0, 8)).toBe(`4b534c54${'14000000'}`);
    expect(secrets?.toString('latin1', 8)).toBe('CLIENT_RANDOM 00 11\n');
  });

  test('writes a packet with its time in two halves, padded, and its comment', () => {
    expect(blocksOf(bytes)[4]?.body.toString('hex')).toBe(
      `00000000${'01000000'}${'02000000'}${'05000000'}${'05000000'}6162636465000000${'01000200'}68690000${'00000000'}`,
    );
  });

  test('cuts a comment that is longer than its length can say, between two letters', () => {
    const [header] = blocksOf(pcapng({ ...file, comment: '→'.repeat(30_000) }));
    const length = header?.body.readUInt16LE(18) ?? 0;
    const text = header?.body.toString('utf8', 20, 20 + length) ?? '';
    expect(text).toMatch(/^→+$/);
    expect(length).toBeGreaterThan(65_000);
  });
});

function blocksOf(bytes: Buffer): { type: number; body: Buffer }[] {
  const blocks: { type: number; body: Buffer }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    expect(length % 4).toBe(0);
    expect(bytes.readUInt32LE(at + length - 4)).toBe(length);
    blocks.push({ type: bytes.readUInt32LE(at), body: bytes.subarray(at + 8, at + length - 4) });
    at += length;
  }
  return blocks;
}
