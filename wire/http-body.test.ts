import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type BodyFraming,
  BodyReader,
  CHUNK_END,
  chunkHead,
  LAST_CHUNK,
  requestFraming,
  responseFraming,
} from './http-body';
import { type HeaderList, parseRequestHead, parseResponseHead } from './http-head';

function request(version: string, headers: HeaderList): BodyFraming | string {
  const framing = requestFraming({ kind: 'request-head', method: 'POST', target: '/', version, headers });
  return framing.kind === 'malformed-head' ? framing.text : framing;
}

function response(method: string, head: string): BodyFraming | string {
  const parsed = parseResponseHead(Buffer.from(`${head}\r\n\r\n`));
  if (parsed.kind === 'malformed-head') return parsed.text;
  const framing = responseFraming(method, parsed);
  return framing.kind === 'malformed-head' ? framing.text : framing;
}

describe('the framing of a body', () => {
  test('is what one header says', () => {
    expect(request('HTTP/1.1', [])).toEqual({ kind: 'none' });
    expect(request('HTTP/1.1', [['content-length', '12']])).toEqual({ kind: 'length', length: 12 });
    expect(request('HTTP/1.1', [['Transfer-Encoding', 'Chunked']])).toEqual({ kind: 'chunked' });
    expect(response('GET', 'HTTP/1.1 200 OK')).toEqual({ kind: 'until-close' });
    expect(response('GET', 'HTTP/1.1 200 OK\r\nContent-Length: 3')).toEqual({ kind: 'length', length: 3 });
    for (const [method, head] of [
      ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 3'],
      ['GET', 'HTTP/1.1 204 No Content'],
      ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 3'],
      ['GET', 'HTTP/1.1 100 Continue'],
    ] as const) {
      expect(response(method, head)).toEqual({ kind: 'none' });
    }
  });

  test.each<[string, HeaderList, string]>([
    [
      'two framings',
      [
        ['Content-Length', '4'],
        ['Transfer-Encoding', 'chunked'],
      ],
      'both Content-Length and',
    ],
    [
      'two lengths',
      [
        ['Content-Length', '4'],
        ['content-length', '4'],
      ],
      'bad Content-Length "4, 4"',
    ],
    ['a list of lengths', [['Content-Length', '4, 4']], 'bad Content-Length "4, 4"'],
    ['a sign', [['Content-Length', '+4']], 'bad Content-Length "+4"'],
    ['a length below zero', [['Content-Length', '-4']], 'bad Content-Length "-4"'],
    ['a length in hex', [['Content-Length', '0x4']], 'bad Content-Length "0x4"'],
    ['a length past what is exact', [['Content-Length', '9'.repeat(16)]], 'bad Content-Length'],
    ['no length', [['Content-Length', '']], 'bad Content-Length ""'],
    ['another coding', [['Transfer-Encoding', 'xchunked']], 'unsupported transfer encoding: "xchunked"'],
    ['codings in a row', [['Transfer-Encoding', 'gzip, chunked']], 'unsupported transfer encoding'],
    [
      'chunked twice',
      [
        ['Transfer-Encoding', 'chunked'],
        ['Transfer-Encoding', 'chunked'],
      ],
      'unsupported',
    ],
  ])('with %s is refused', (_what, headers, text) => {
    expect(request('HTTP/1.1', headers)).toContain(text);
  });

  test('of HTTP/1.0 is never chunked', () => {
    expect(request('HTTP/1.0', [['Transfer-Encoding', 'chunked']])).toBe('Transfer-Encoding in HTTP/1.0');
  });
});

/** What comes out when these bytes come in such pieces. */
function read(framing: BodyFraming, bytes: Buffer, sizes: readonly number[]) {
  const reader = new BodyReader(framing);
  const pieces: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length && !reader.done; turn++) {
    const piece = bytes.subarray(at, at + Math.max(1, sizes[turn % Math.max(1, sizes.length)] ?? 1));
    const taken = reader.read(piece, (it) => pieces.push(it));
    if (typeof taken !== 'number') return { body: null, rest: null, done: false, text: taken.text };
    at += taken;
  }
  return {
    body: Buffer.concat(pieces).toString('latin1'),
    rest: bytes.toString('latin1', at),
    done: reader.done,
    text: null,
  };
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

describe('a body reader', () => {
  test('gives back what was chunked, however it is cut, and leaves what follows', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 })), sizes, (chunks, cuts) => {
        const coded = chunks.flatMap((chunk) => [chunkHead(chunk.length), chunk, CHUNK_END]);
        const bytes = Buffer.concat([...coded, LAST_CHUNK, Buffer.from('GET /next')]);
        const expected = Buffer.concat(chunks).toString('latin1');
        const seen = read({ kind: 'chunked' }, bytes, cuts);
        expect(seen).toMatchObject({ body: expected, done: true });
        expect('GET /next'.startsWith((seen.rest ?? 'x').slice(0, 9))).toBe(true);
      }),
    );
  });

  test('says the same of any bytes, however they are cut, and never throws', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((it) => Buffer.from(it)),
      fc
        .array(fc.constantFrom('0', '3', 'a', 'ffff', ';x=y', '\r\n', '\n', '\r', 'abc', 'T: 1', ' ', 'zz'))
        .map((it) => Buffer.from(it.join(''))),
    );
    fc.assert(
      fc.property(noise, sizes, (bytes, cuts) => {
        const whole = read({ kind: 'chunked' }, bytes, [bytes.length + 1]);
        const cut = read({ kind: 'chunked' }, bytes, cuts);
        expect(cut).toEqual(whole);
      }),
    );
  });

  test('takes trailers and extensions and throws them away', () => {
    const bytes = Buffer.from('3;a=b \r\nabc\r\n0 ;x\r\nTrailer: 1\r\nMore: 2\r\n\r\nrest');
    expect(read({ kind: 'chunked' }, bytes, [7])).toMatchObject({ body: 'abc', done: true });
  });

  test.each([
    ['a bare line feed', '3\nabc\n0\n\n', 'chunked line ends with bare LF'],
    ['no size', '\r\n', 'invalid chunk size ""'],
    ['a size below zero', '-1\r\n', 'invalid chunk size "-1"'],
    ['a size in the style of C', '0x3\r\nabc', 'invalid chunk size "0x3"'],
    ['a size past what is exact', `${'f'.repeat(14)}\r\n`, 'invalid chunk size'],
    ['more bytes than its size', '3\r\nabcd\r\n', 'malformed chunked encoding'],
    ['a line without an end', '3;'.padEnd(5000, 'x'), 'header line too long'],
    ['a flood of extensions', `1;${'x'.repeat(4000)}\r\na\r\n`.repeat(5), 'too much non-data'],
    [
      'a flood of tiny chunks with extensions',
      '1;xxxxxxxxxxxxxxxxxxxx\r\na\r\n'.repeat(5000),
      'too much non-data',
    ],
    ['a trailer without an end', `0\r\n${'T: x\r\n'.repeat(20_000)}`, 'trailer too long'],
  ])('refuses %s', (_what, text, words) => {
    for (const size of [1, text.length]) {
      expect(read({ kind: 'chunked' }, Buffer.from(text), [size]).text).toContain(words);
    }
  });

  test('knows a body that was cut short from one that ends with its stream', () => {
    const ends = ([kind, text]: readonly ['chunked' | 'until-close', string]): boolean => {
      const reader = new BodyReader({ kind });
      reader.read(Buffer.from(text), () => undefined);
      return reader.end();
    };
    expect(ends(['until-close', 'abc'])).toBe(true);
    expect(ends(['chunked', '3\r\nabc\r\n'])).toBe(false);
    expect(ends(['chunked', '3\r\nabc\r\n0\r\n\r\n'])).toBe(true);
    const short = new BodyReader({ kind: 'length', length: 4 });
    short.read(Buffer.from('abc'), () => undefined);
    expect(short.end()).toBe(false);
  });
});

describe('heads', () => {
  test('of any bytes are read or refused, and what is read can be written again', () => {
    const heads = fc.oneof(
      fc.uint8Array({ maxLength: 80 }).map((it) => Buffer.from(it)),
      fc
        .array(
          fc.constantFrom(
            'GET',
            ' ',
            '/',
            'HTTP/1.1',
            '\r\n',
            ':',
            'A',
            '\0',
            '\xff',
            '\t',
            '\n',
            'HTTP/1.1 200 OK',
          ),
        )
        .map((it) => Buffer.from(it.join(''), 'latin1')),
    );
    fc.assert(
      fc.property(heads, (bytes) => {
        for (const parse of [parseRequestHead, parseResponseHead]) {
          expect(parse(bytes).kind).toMatch(/-head$/);
        }
      }),
    );
  });
});
