import { describe, expect, test } from '@jest/globals';
import { SpdyEncoder } from '../wire/spdy';
import { encodeFrame, OPCODE } from '../wire/websocket-frames';
import type { RecordedStream } from './recording';
import { streamLines } from './stream-lines';

function piece(what: Pick<RecordedStream, 'text' | 'base64' | 'sealed' | 'dropped'>): RecordedStream {
  return { type: 'stream', twin: null, cluster: 1, at: 0, connection: 'a>b#1', direction: 'up', ...what };
}

const bytes = (all: Buffer): RecordedStream => piece({ base64: all.toString('base64') });
const linesOf = (...pieces: RecordedStream[]): string[] => streamLines(pieces, { sameSeed: true });

describe('what passed, in lines', () => {
  test('is the same in whatever pieces it came', () => {
    expect(linesOf(piece({ text: 'GET / HT' }), piece({ text: 'TP/1.1\r\n\r\n' }))).toEqual([
      'GET / HTTP/1.1',
    ]);
  });

  test('has the values of JSON one by one', () => {
    expect(
      linesOf(piece({ text: 'HTTP/1.1 200 OK\r\n\r\n{"kind":"Pod","ports":[1,2],"spec":{}}\n' })),
    ).toEqual(['HTTP/1.1 200 OK', 'kind: Pod', 'ports[]: 1', 'ports[]: 2', 'spec: {}']);
  });

  test('begins a line with each request and answer, and has no managers of fields', () => {
    const body = '{"kind":"Pod","metadata":{"managedFields":[1],"name":"GET"}}';
    expect(linesOf(piece({ text: `${body}GET /a HTTP/1.1\r\n\r\nBYE${'HTTP/1.1 200 OK'}\r\n` }))).toEqual([
      'kind: Pod',
      'metadata.name: GET',
      'GET /a HTTP/1.1',
      'BYE',
      'HTTP/1.1 200 OK',
    ]);
  });

  test('ends with the last whole line where more was not recorded', () => {
    const cut = (text: string) => linesOf(piece({ text }), piece({ dropped: 3 }));
    expect(cut('one\n{"a":1')).toEqual(['one', '(more was not recorded)']);
  });

  test('says what is missing, and not how much: that goes by chance', () => {
    expect(linesOf(piece({ text: 'a\n' }), piece({ sealed: 7 }), piece({ dropped: 9 }))).toEqual([
      'a',
      '(sealed: nobody’s keys open it)',
      '(more was not recorded)',
    ]);
  });

  test('ends at what is no text', () => {
    expect(linesOf(piece({ text: 'CONNECT\r\n\r\n' }), bytes(Buffer.from([22, 3, 1, 10, 65])))).toEqual([
      'CONNECT',
      '(bytes that are no text)',
    ]);
  });
});

describe('behind an upgrade', () => {
  const upgrade = (protocol: string) => piece({ text: `GET / HTTP/1.1\r\nUpgrade: ${protocol}\r\n\r\n` });
  const head = (protocol: string) => ['GET / HTTP/1.1', `Upgrade: ${protocol}`];

  test.each([1, 2])('of a WebSocket neither masks nor messages count, channels do (mask %d)', (seed) => {
    const mask = Buffer.alloc(4, seed);
    const frames = ['\u0001ab', '\u0001cd\n', '\u0003{"status":"Success"}'].map((text) =>
      encodeFrame(OPCODE.binary, Buffer.from(text), { mask }),
    );
    expect(linesOf(upgrade('websocket'), bytes(Buffer.concat(frames)))).toEqual([
      ...head('websocket'),
      'channel 1: abcd',
      'channel 3: status: Success',
    ]);
  });

  test('of SPDY streams and their headers are shown', () => {
    const encoder = new SpdyEncoder();
    const frames = [
      encoder.encode({ kind: 'syn-stream', streamId: 1, fin: false, headers: { streamtype: 'stdin' } }),
      encoder.encode({ kind: 'data', streamId: 1, fin: true, bytes: Buffer.from('hello') }),
    ];
    expect(linesOf(upgrade('SPDY/3.1'), bytes(Buffer.concat(frames)))).toEqual([
      ...head('SPDY/3.1'),
      'syn-stream: streamId: 1, fin: false, headers.streamtype: stdin',
      'stream 1: hello',
    ]);
  });

  test('what is no frame is read as it is', () => {
    expect(linesOf(upgrade('websocket'), piece({ text: 'HTTP/1.1 401 Unauthorized' }))).toEqual([
      ...head('websocket'),
      'HTTP/1.1 401 Unauthorized',
    ]);
  });
});
