import { createHash } from 'node:crypto';
import { constants, createInflate, deflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dataHead, type MalformedSpdy, SpdyDecoder, SpdyEncoder, type SpdyFrame } from './spdy';
import { SPDY_DICTIONARY } from './spdy-dictionary';

type Decoded = SpdyFrame | MalformedSpdy;

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** As kubectl 1.20 and 1.33 send them for `kubectl exec p -- ls`. */
const KUBECTL_OPENING = hex(
  '80030001000000290000000100000000000078f9e3c6a7c26260606004a7b392a2d4c45c6851c29a0a0a6800000000ffff' +
    '800300010000001900000003000000000000c22ac5565c92925f5a02000000ffff' +
    '800300010000001500000005000000000000c229975a5404000000ffff',
);

/** Joins the pieces of each data frame, as a decoder hands them out by arrival. */
function joined(frames: Decoded[]): Decoded[] {
  const result: Decoded[] = [];
  let open: { streamId: number; bytes: Buffer } | null = null;
  for (const frame of frames) {
    if (frame.kind !== 'data') {
      result.push(frame);
      continue;
    }
    const bytes: Buffer = open === null ? frame.bytes : Buffer.concat([open.bytes, frame.bytes]);
    open = { streamId: frame.streamId, bytes };
    if (frame.fin) {
      result.push({ ...frame, bytes: Buffer.from(bytes) });
      open = null;
    }
  }
  return result;
}

function decodeIn(sizes: readonly number[], bytes: Buffer): Decoded[] {
  const decoder = new SpdyDecoder();
  const frames: Decoded[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    frames.push(...decoder.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return frames;
}

describe('the dictionary', () => {
  test('is the one of the SPDY/3 draft', () => {
    expect(SPDY_DICTIONARY).toHaveLength(1423);
    expect(createHash('sha256').update(SPDY_DICTIONARY).digest('hex')).toBe(
      '51d27341373f923f3cd88e1eb7162aeaa3723d7585ff2399201dc06498407f02',
    );
  });
});

describe('decoding', () => {
  const opening = [
    { kind: 'syn-stream', streamId: 1, fin: false, headers: { streamtype: 'error' } },
    { kind: 'syn-stream', streamId: 3, fin: false, headers: { streamtype: 'stdout' } },
    { kind: 'syn-stream', streamId: 5, fin: false, headers: { streamtype: 'stderr' } },
  ];

  test.each([[[1]], [[3, 1, 0, 7]], [[4096]]])('reads what kubectl sends, in chunks of %j', (sizes) => {
    expect(decodeIn(sizes, KUBECTL_OPENING)).toEqual(opening);
  });

  test('reads the empty header blocks of a Node deflater', () => {
    const frames = decodeIn(
      [64],
      hex(
        '80030002 00000013 00000001 78f9e3c6a7c262000200000000ffff 80030002 0000000c 00000003 020100000000ffff',
      ),
    );
    expect(frames).toEqual([
      { kind: 'syn-reply', streamId: 1, fin: false, headers: {} },
      { kind: 'syn-reply', streamId: 3, fin: false, headers: {} },
    ]);
  });

  test('hands out a large data frame as it arrives, with FIN on the last piece', () => {
    const decoder = new SpdyDecoder();
    decoder.push(dataHead(7, 5, true));
    expect(decoder.push(Buffer.from('ab'))).toEqual([
      { kind: 'data', streamId: 7, fin: false, bytes: Buffer.from('ab') },
    ]);
    expect(decoder.push(Buffer.from('cde'))).toEqual([
      { kind: 'data', streamId: 7, fin: true, bytes: Buffer.from('cde') },
    ]);
  });

  test.each([
    ['another version', '80020001 00000000', 'control frame of version 2'],
    ['an unknown type', '80030005 00000000', 'control frame of type 5'],
    ['a short ping', '80030006 00000002 0000', 'control frame of type 6 with 2 bytes'],
    ['a control frame without end', '80030001 00ffffff', 'control frame of 16777215 bytes'],
    [
      'headers that are no zlib',
      '80030002 00000006 00000001 ffff',
      'header stream is no zlib stream with the SPDY dictionary',
    ],
    [
      'another dictionary',
      '80030002 0000000a 00000001 78f9deadbeef',
      'header stream is no zlib stream with the SPDY dictionary',
    ],
    ['a broken block', '80030002 0000000b 00000001 78f9e3c6a7c2ff', 'header block does not inflate'],
    ['an empty block', '80030002 0000000a 00000001 78f9e3c6a7c2', 'header block is cut short'],
  ])('refuses %s and yields nothing more', (_case, bytes, text) => {
    const decoder = new SpdyDecoder();
    expect(decoder.push(hex(bytes))).toEqual([{ kind: 'malformed', text }]);
    expect(decoder.push(KUBECTL_OPENING)).toEqual([]);
  });

  test.each([
    ['upper case', '00000001 00000001 41 00000000', 'header name "A"'],
    ['a duplicate', '00000002 00000001 61 00000000 00000001 61 00000000', 'duplicate header "a"'],
    ['a missing value', '00000001 00000001 61', 'header block is cut short'],
    ['a count without end', 'ffffffff', 'header block is cut short'],
    ['a rest', '00000000 00', 'header block has 1 bytes left over'],
  ])('refuses a header block with %s', (_case, block, text) => {
    const compressed = deflateSync(hex(block), {
      dictionary: SPDY_DICTIONARY,
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    const head = hex('80030002 00000000 00000001');
    head.writeUInt32BE(compressed.length + 4, 4);
    expect(new SpdyDecoder().push(Buffer.concat([head, compressed]))).toEqual([{ kind: 'malformed', text }]);
  });

  test('refuses a block that inflates without measure', () => {
    const bomb = deflateSync(Buffer.alloc(8 * 1024 * 1024), { finishFlush: constants.Z_SYNC_FLUSH });
    const head = hex('80030002 00000000 00000001');
    head.writeUInt32BE(bomb.length + 4, 4);
    expect(new SpdyDecoder().push(Buffer.concat([head, bomb]))).toEqual([
      { kind: 'malformed', text: 'header block does not inflate' },
    ]);
  });
});

const streamId = fc.integer({ min: 1, max: 0x7fffffff });
const headers = fc
  .uniqueArray(
    fc.tuple(fc.string({ minLength: 1, unit: 'grapheme-ascii' }), fc.string({ unit: 'grapheme' })),
    {
      selector: ([name]) => name.toLowerCase(),
      maxLength: 5,
    },
  )
  .map((entries) => Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value])));
const anyFrame: fc.Arbitrary<SpdyFrame> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('syn-stream' as const, 'syn-reply' as const, 'headers' as const),
    streamId,
    fin: fc.boolean(),
    headers,
  }),
  fc.record({ kind: fc.constant('rst-stream' as const), streamId, status: fc.nat(0xffffffff) }),
  fc.record({ kind: fc.constant('ping' as const), id: fc.nat(0xffffffff) }),
  fc.record({ kind: fc.constant('goaway' as const), lastStreamId: streamId, status: fc.nat(0xffffffff) }),
  fc.record({ kind: fc.constant('window-update' as const), streamId, delta: streamId }),
  fc.constant({ kind: 'settings' as const }),
  fc.record({
    kind: fc.constant('data' as const),
    streamId,
    fin: fc.constant(true),
    bytes: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  }),
);
const chunking = fc
  .array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 8 })
  .map((sizes) => [...sizes, 1]);

describe('any bytes', () => {
  test('whatever is encoded is decoded again, however it is cut up', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 12 }), chunking, (frames, sizes) => {
        const encoder = new SpdyEncoder();
        const bytes = Buffer.concat(frames.map((frame) => encoder.encode(frame)));
        expect(joined(decodeIn(sizes, bytes))).toEqual(frames);
      }),
      { numRuns: 200 },
    );
  });

  test('garbage never throws and ends in silence', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), chunking, (garbage, sizes) => {
        const frames = decodeIn(sizes, Buffer.from(garbage));
        const firstBad = frames.findIndex((frame) => frame.kind === 'malformed');
        expect(firstBad === -1 || firstBad === frames.length - 1).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('a flipped bit in real traffic never throws', () => {
    fc.assert(
      fc.property(fc.nat(KUBECTL_OPENING.length * 8 - 1), chunking, (bit, sizes) => {
        const bytes = Buffer.from(KUBECTL_OPENING);
        const at = bit >> 3;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
        decodeIn(sizes, bytes);
      }),
      { numRuns: 300 },
    );
  });
});

describe('encoding', () => {
  test('the header blocks are one zlib stream, and each ends with an empty stored block', async () => {
    const encoder = new SpdyEncoder();
    const blocks = [1, 3].map((id) =>
      encoder
        .encode({ kind: 'syn-reply', streamId: id, fin: false, headers: { a: String(id) } })
        .subarray(12),
    );
    for (const block of blocks) expect(block.subarray(-5).toString('hex')).toBe('000000ffff');
    const inflater = createInflate({ finishFlush: constants.Z_SYNC_FLUSH });
    inflater.end(Buffer.concat(blocks));
    const chunks: Buffer[] = [];
    for await (const chunk of inflater) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString('hex')).toBe(
      '00000001000000016100000001' + '31' + '00000001000000016100000001' + '33',
    );
  });
});
