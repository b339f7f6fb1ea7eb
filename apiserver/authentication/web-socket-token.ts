/**
 * The bearer token of clients that cannot set headers, as a subprotocol beside the one they want to speak.
 * Source: k8s.io/apiserver pkg/authentication/request/websocket/protocol.go.
 */
const prefix = 'base64url.bearer.authorization.k8s.io.';

/** Null when no subprotocol is a token; `others` is what the header must be for whoever comes next. */
export function webSocketToken(
  header: string,
):
  | { readonly kind: 'token'; readonly token: string; readonly others: string }
  | { readonly kind: 'invalid'; readonly text: string }
  | null {
  const protocols = header.split(',').map((protocol) => protocol.trim());
  const tokens = protocols.filter((protocol) => protocol.startsWith(prefix));
  const others = protocols.filter((protocol) => protocol !== '' && !protocol.startsWith(prefix));
  const [encoded] = tokens.map((protocol) => protocol.slice(prefix.length));
  if (encoded === undefined) return null;
  if (tokens.length > 1) return invalid('multiple base64.bearer.authorization tokens specified');
  if (!/^[\w-]*$/.test(encoded) || encoded.length % 4 === 1)
    return invalid('invalid base64.bearer.authorization token encoding');
  const bytes = Buffer.from(encoded, 'base64url');
  const token = bytes.toString();
  if (!Buffer.from(token).equals(bytes)) return invalid('invalid base64.bearer.authorization token');
  if (others.length === 0) return invalid('missing additional subprotocol');
  return { kind: 'token', token, others: others.join(',') };
}

function invalid(text: string): { readonly kind: 'invalid'; readonly text: string } {
  return { kind: 'invalid', text };
}
