/**
 * The channel.k8s.io WebSocket protocols: every message begins with the number of its channel, as a byte (binary
 * messages) or, in the base64 variants, as a digit before base64 (text messages). v5 adds a message that closes one
 * channel. Source: apimachinery/pkg/util/httpstream/wsstream/conn.go, client-go/tools/remotecommand/websocket.go.
 */

/** The empty string is the protocol of a client that names none: it means `channel.k8s.io`. */
export type ChannelProtocol =
  | ''
  | 'channel.k8s.io'
  | 'base64.channel.k8s.io'
  | 'v4.channel.k8s.io'
  | 'v4.base64.channel.k8s.io'
  | 'v5.channel.k8s.io';

export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

/** v5 only: `ff nn` says that nothing more comes on channel nn. */
const CLOSE_CHANNEL = 255;

const DIGIT_ZERO = 0x30;

export type ChannelMessage =
  | { readonly kind: 'data'; readonly channel: number; readonly bytes: Buffer }
  | { readonly kind: 'close'; readonly channel: number }
  | { readonly kind: 'malformed'; readonly text: string };

export function isBase64Protocol(protocol: ChannelProtocol): boolean {
  return protocol === 'base64.channel.k8s.io' || protocol === 'v4.base64.channel.k8s.io';
}

/** The payload of one WebSocket message: text (a string) for the base64 variants, else binary. */
export function encodeChannel(protocol: ChannelProtocol, channel: number, bytes: Buffer): Buffer | string {
  if (isBase64Protocol(protocol))
    return `${String.fromCharCode(DIGIT_ZERO + channel)}${bytes.toString('base64')}`;
  const message = Buffer.allocUnsafe(bytes.length + 1);
  message[0] = channel;
  bytes.copy(message, 1);
  return message;
}

/** `ff nn`. Only a v5 peer understands it. */
export function encodeChannelClose(channel: number): Buffer {
  return Buffer.from([CLOSE_CHANNEL, channel]);
}

/** Reads one WebSocket message. `binary` is the opcode's word; the bytes of a data message are a view, not a copy. */
export function decodeChannel(protocol: ChannelProtocol, message: Buffer, binary: boolean): ChannelMessage {
  const base64 = isBase64Protocol(protocol);
  // The opcodes of RFC 6455 §5.2, as client-go names them: text is 1, binary is 2.
  if (binary === base64) return { kind: 'malformed', text: `unexpected message type: ${binary ? 2 : 1}` };
  const first = message[0];
  if (first === undefined) return { kind: 'malformed', text: 'empty message without a channel' };
  if (base64) return decodeBase64(first - DIGIT_ZERO, message.toString('latin1', 1));
  if (first === CLOSE_CHANNEL && protocol === 'v5.channel.k8s.io') {
    const channel = message[1];
    if (channel === undefined || message.length !== 2) {
      return { kind: 'malformed', text: `close message of ${message.length} bytes` };
    }
    return { kind: 'close', channel };
  }
  return { kind: 'data', channel: first, bytes: message.subarray(1) };
}

function decodeBase64(channel: number, text: string): ChannelMessage {
  if (channel < 0 || channel > 9)
    return { kind: 'malformed', text: 'first character is not a channel digit' };
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) {
    return { kind: 'malformed', text: 'payload is not base64' };
  }
  return { kind: 'data', channel, bytes: Buffer.from(text, 'base64') };
}
