import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CHANNEL, type ChannelProtocol, decodeChannel, encodeChannel, encodeChannelClose } from './channel';

const BINARY: ChannelProtocol[] = ['', 'channel.k8s.io', 'v4.channel.k8s.io', 'v5.channel.k8s.io'];
const BASE64: ChannelProtocol[] = ['base64.channel.k8s.io', 'v4.base64.channel.k8s.io'];

describe('channel messages', () => {
  test('are the channel byte and the bytes', () => {
    expect(encodeChannel('v5.channel.k8s.io', CHANNEL.stdout, Buffer.from('hi'))).toEqual(
      Buffer.from('\x01hi'),
    );
    expect(encodeChannelClose(CHANNEL.stdin)).toEqual(Buffer.from([255, 0]));
  });

  test('are a digit and base64 in the base64 variants', () => {
    expect(encodeChannel('v4.base64.channel.k8s.io', CHANNEL.stdout, Buffer.from('hi'))).toBe('1aGk=');
  });

  test.each([...BINARY, ...BASE64])('survive the round trip in protocol %j', (protocol) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.uint8Array(), (channel, payload) => {
        const bytes = Buffer.from(payload);
        const message = encodeChannel(protocol, channel, bytes);
        const binary = typeof message !== 'string';
        expect(decodeChannel(protocol, Buffer.from(message), binary)).toEqual({
          kind: 'data',
          channel,
          bytes,
        });
      }),
    );
  });

  test.each([
    ['v5.channel.k8s.io', 'ff00', true, { kind: 'close', channel: 0 }],
    ['v5.channel.k8s.io', 'ff', true, { kind: 'malformed', text: 'close message of 1 bytes' }],
    ['v5.channel.k8s.io', 'ff0000', true, { kind: 'malformed', text: 'close message of 3 bytes' }],
    ['v4.channel.k8s.io', 'ff00', true, { kind: 'data', channel: 255, bytes: Buffer.from([0]) }],
    ['v5.channel.k8s.io', '', true, { kind: 'malformed', text: 'empty message without a channel' }],
    ['v5.channel.k8s.io', '0141', false, { kind: 'malformed', text: 'unexpected message type: 1' }],
    ['base64.channel.k8s.io', '30', true, { kind: 'malformed', text: 'unexpected message type: 2' }],
    [
      'base64.channel.k8s.io',
      '2f',
      false,
      { kind: 'malformed', text: 'first character is not a channel digit' },
    ],
    ['base64.channel.k8s.io', '302a', false, { kind: 'malformed', text: 'payload is not base64' }],
  ] as const)('%s reads %s (binary: %j)', (protocol, hex, binary, expected) => {
    expect(decodeChannel(protocol, Buffer.from(hex, 'hex'), binary)).toEqual(expected);
  });

  test('any message is read without throwing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...BINARY, ...BASE64),
        fc.uint8Array(),
        fc.boolean(),
        (protocol, bytes, binary) => {
          expect(decodeChannel(protocol, Buffer.from(bytes), binary).kind).toMatch(/data|close|malformed/);
        },
      ),
    );
  });
});
