import { describe, expect, test } from '@jest/globals';
import { parseLogOptions } from './log-options';
import { parseForwardedPorts, parseStreamOptions } from './stream-options';

const now = new Date('2026-11-21T20:00:00Z');

describe('the query of container logs', () => {
  test.each([
    ['', {}],
    ['follow=true&timestamps=true&previous=1', { follow: true, timestamps: true, previous: true }],
    ['follow=false&timestamps', { follow: false, timestamps: true }],
    ['tailLines=0', { tailLines: 0 }],
    ['tail=5', { tailLines: 5 }],
    ['tail=all&tailLines=3', { tailLines: null }],
    ['limitBytes=10', { limitBytes: 10 }],
    ['sinceSeconds=60', { since: new Date('2026-11-21T19:59:00Z') }],
    ['sinceTime=2026-11-21T19%3A00%3A00Z', { since: new Date('2026-11-21T19:00:00Z') }],
  ])('%s', (query, expected) => {
    expect(parseLogOptions(new URLSearchParams(query), now)).toEqual({
      kind: 'log-options',
      options: {
        follow: false,
        previous: false,
        timestamps: false,
        tailLines: null,
        limitBytes: null,
        since: null,
        ...expected,
      },
    });
  });

  test.each([
    ['tailLines=x', 400, '{"message": "Unable to decode query."}'],
    ['sinceTime=yesterday', 400, '{"message": "Unable to decode query."}'],
    ['tailLines=-1', 422, '{"message": "Invalid request."}'],
    ['limitBytes=0', 422, '{"message": "Invalid request."}'],
    ['sinceSeconds=0', 422, '{"message": "Invalid request."}'],
    ['sinceSeconds=1&sinceTime=2026-11-21T19%3A00%3A00Z', 422, '{"message": "Invalid request."}'],
  ])('%s is refused with %d', (query, code, text) => {
    expect(parseLogOptions(new URLSearchParams(query), now)).toEqual({ kind: 'refused', code, text });
  });
});

describe('the query of exec and attach', () => {
  test.each([
    ['input=1&output=1&error=1&command=a&command=b', [true, true, true, false], ['a', 'b']],
    ['output=1&error=1&tty=1', [false, true, false, true], []],
    ['output=true&error=1', [false, false, true, false], []],
  ])('%s', (query, [stdin, stdout, stderr, tty], command) => {
    expect(parseStreamOptions(new URLSearchParams(query))).toEqual({
      kind: 'stream-options',
      streams: { stdin, stdout, stderr, tty },
      command,
    });
  });

  test.each(['', 'tty=1&error=1', 'stdout=1'])('"%s" asks for no stream', (query) => {
    expect(parseStreamOptions(new URLSearchParams(query))).toEqual({
      kind: 'refused',
      text: 'you must specify at least 1 of stdin, stdout, stderr',
    });
  });
});

describe('the query of a WebSocket port-forward', () => {
  test('names one port or several', () => {
    expect(parseForwardedPorts(new URLSearchParams('port=80&port=443,8080'))).toEqual({
      kind: 'ports',
      ports: [80, 443, 8080],
    });
  });

  test.each([
    ['', 'query parameter "port" is required'],
    ['port=', 'query parameter "port" cannot be empty'],
    ['port=0', 'port "0" must be > 0'],
    ['port=x', 'unable to parse "x" as a port: strconv.ParseUint: parsing "x": invalid syntax'],
    [
      'port=70000',
      'unable to parse "70000" as a port: strconv.ParseUint: parsing "70000": value out of range',
    ],
  ])('"%s" is refused', (query, text) => {
    expect(parseForwardedPorts(new URLSearchParams(query))).toEqual({ kind: 'refused', text });
  });
});
