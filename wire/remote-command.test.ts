import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeResize,
  encodeResize,
  exitStatus,
  internalErrorStatus,
  negotiateProtocol,
  negotiationFailureText,
  OFFERED_STREAM_PROTOCOLS,
  protocolList,
  RUNTIME_STREAM_PROTOCOLS,
  readExitStatus,
  streamTypes,
  successStatus,
} from './remote-command';

describe('protocols', () => {
  test.each([
    [
      'a client since 1.29 and a runtime',
      OFFERED_STREAM_PROTOCOLS,
      RUNTIME_STREAM_PROTOCOLS,
      'v4.channel.k8s.io',
    ],
    ['an old client', ['v2.channel.k8s.io', 'channel.k8s.io'], RUNTIME_STREAM_PROTOCOLS, 'v2.channel.k8s.io'],
    ['strangers', ['v9.channel.k8s.io'], RUNTIME_STREAM_PROTOCOLS, null],
  ])('%s agree', (_case, offered, supported, chosen) => {
    expect(negotiateProtocol(offered, supported)).toBe(chosen);
  });

  test.each([
    [undefined, []],
    ['v5, v4,,channel.k8s.io ', ['v5', 'v4', 'channel.k8s.io']],
    [
      ['v5', 'v4, v3'],
      ['v5', 'v4', 'v3'],
    ],
  ])('header %j lists %j', (values, list) => {
    expect(protocolList(values)).toEqual(list);
  });

  test('the refusal names both lists as Go prints slices', () => {
    expect(negotiationFailureText(['a', 'b'], ['c'])).toBe(
      'unable to upgrade: unable to negotiate protocol: client supports [a b], server accepts [c]',
    );
  });

  test.each([
    [
      'exec',
      { stdin: false, stdout: true, stderr: true, tty: false },
      'v4.channel.k8s.io',
      'error stdout stderr',
    ],
    [
      'exec -it',
      { stdin: true, stdout: true, stderr: true, tty: true },
      'v4.channel.k8s.io',
      'error stdin stdout resize',
    ],
    [
      'exec -it on v2',
      { stdin: true, stdout: true, stderr: false, tty: true },
      'v2.channel.k8s.io',
      'error stdin stdout',
    ],
  ])('%s has the streams it needs', (_case, asked, protocol, expected) => {
    expect(streamTypes(asked, protocol).join(' ')).toBe(expected);
  });
});

describe('the final status', () => {
  test('is written as kubelets write it', () => {
    expect(successStatus()).toBe('{"metadata":{},"status":"Success"}');
    expect(exitStatus(0)).toBe(successStatus());
    expect(exitStatus(3)).toBe(
      '{"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code: exit status 3","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}',
    );
    expect(internalErrorStatus('no')).toBe(
      '{"metadata":{},"status":"Failure","message":"Internal error occurred: no","reason":"InternalError","details":{"causes":[{"message":"no"}]},"code":500}',
    );
  });

  test.each([0, 1, 3, 255])('exit code %d survives', (code) => {
    expect(readExitStatus(exitStatus(code))).toEqual({ kind: 'exited', code });
  });

  const nonZero = (rest: object): string =>
    JSON.stringify({ status: 'Failure', reason: 'NonZeroExitCode', ...rest });

  test.each([
    [internalErrorStatus('boom'), 'Internal error occurred: boom'],
    [nonZero({}), 'error stream protocol error: details must be set'],
    [nonZero({ details: {} }), 'error stream protocol error: no ExitCode cause given'],
    [
      nonZero({ details: { causes: [{ message: '3' }] } }),
      'error stream protocol error: no ExitCode cause given',
    ],
    [
      nonZero({ details: { causes: [{ reason: 'ExitCode', message: '256' }] } }),
      'error stream protocol error: invalid exit code value "256"',
    ],
    [
      nonZero({ details: { causes: [{ reason: 'ExitCode', message: '-1' }] } }),
      'error stream protocol error: invalid exit code value "-1"',
    ],
    ['{"status":"Maybe"}', 'error stream protocol error: unknown error'],
    ['null', 'error stream protocol error: unknown error'],
    [
      '[]',
      'error stream protocol error: json: cannot unmarshal array into Go value of type v1.Status in "[]"',
    ],
    [
      'true',
      'error stream protocol error: json: cannot unmarshal bool into Go value of type v1.Status in "true"',
    ],
    [
      '5',
      'error stream protocol error: json: cannot unmarshal number into Go value of type v1.Status in "5"',
    ],
    ['oops', 'error stream protocol error: invalid character \'o\' looking for beginning of value in "oops"'],
    ['{"status"', 'error stream protocol error: unexpected end of JSON input in "{\\"status\\""'],
  ])('%s fails with client-go’s words', (json, message) => {
    expect(readExitStatus(json)).toMatchObject({ kind: 'failed', message });
  });

  test('an empty error stream is success', () => {
    expect(readExitStatus('')).toEqual({ kind: 'exited', code: 0 });
  });

  test('any text is read without throwing', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (json) => void readExitStatus(json)));
  });
});

describe('terminal sizes', () => {
  test('are written with capitalised keys and a line break', () => {
    expect(encodeResize({ Width: 100, Height: 40 })).toBe('{"Width":100,"Height":40}\n');
  });

  test('survive any chunking, in order', () => {
    const uint16 = fc.nat(0xffff);
    const sizes = fc.array(fc.record({ Width: uint16, Height: uint16 }), { maxLength: 6 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 30 }), (sent, step) => {
        const wire = sent.map(encodeResize).join('');
        const received = [];
        let rest = '';
        for (let at = 0; at < wire.length; at += step) {
          const decoded = decodeResize(rest + wire.slice(at, at + step));
          rest = decoded.rest;
          received.push(...decoded.sizes);
        }
        expect(received).toEqual(sent);
      }),
    );
  });

  test.each([
    '{"Width":1}',
    '{"Width":-1,"Height":2}',
    '{"Width":70000,"Height":2}',
    'nonsense}',
    '{"Width":1.5,"Height":2}',
  ])('%s is no size', (text) => {
    expect(decodeResize(text).sizes).toEqual([]);
  });

  test('a stream that never becomes a size is not kept', () => {
    expect(decodeResize('{'.repeat(5000)).rest).toBe('');
  });
});
