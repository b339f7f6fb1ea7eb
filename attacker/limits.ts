/**
 * What the attacker takes from those it deceives, and from the genuine endpoints behind them: either may be hostile, and
 * nothing that one connection does may end the process, the attack or another connection. Each limit is far above what a
 * client of Kubernetes does. docs/attacker.md says the same for people.
 */

const SECOND = 1000;
const KIB = 1024;
const MIB = 1024 * KIB;

/** Connections at once. Each holds two sockets and two TLS engines, about 100 KiB, and one whose victim does not read a mebibyte; who comes later is hung up on. */
export const MAX_CONNECTIONS = 2048;

/** Of one SSH session that ends here, at once. */
export const MAX_CHANNELS = 256;

/** From the accepted connection to its first bytes, or to its whole ClientHello. Real ones send them at once. */
export const FIRST_BYTES_MS = 30 * SECOND;

/** A ClientHello with a post-quantum key share takes two segments; nothing that is looked for in first bytes needs more. */
export const MAX_PEEKED_BYTES = 64 * KIB;

/** From the first byte of a TLS handshake to its end. */
export const HANDSHAKE_MS = 30 * SECOND;

/** What is kept of the bytes of each direction, clear or as on the wire. */
export const MAX_KEPT_BYTES = 4 * MIB;

/** Streams whose bytes are kept apart, a direction. */
export const MAX_LANES = 10_000;

/** What is kept as text of one request or answer. */
export const MAX_TEXT_BYTES = 64 * KIB;
export const MAX_ANSWER_TEXT_BYTES = 2 * KIB;

/** Requests, answers, handshakes, credentials: of each so many, and all their texts together so much. */
export const MAX_ENTRIES = 1000;
export const MAX_ALL_TEXT_BYTES = 8 * MIB;

/** A head of a request or an answer; Go's servers stop at 1 MiB, and an exec may carry a long command in its URL. */
export const MAX_HEAD_BYTES = 256 * KIB;

/** From the end of an answer, or of the handshake, to the whole head of the next request. client-go lets go after 90 s. */
export const REQUEST_HEAD_MS = 120 * SECOND;

/** What is read ahead of a request that is not answered yet. */
export const MAX_PIPELINED_BYTES = 64 * KIB;

/** Interim answers (1xx) before an answer; a real server sends one. */
export const MAX_INTERIM_ANSWERS = 16;

/** What may wait to be written before whoever writes has to wait. Node's own mark is one TLS record, and would stop for each. */
export const MAX_WAITING_BYTES = 256 * KIB;

/** Answers that a peer provokes (to pings) and does not read; beyond it the connection ends. */
export const MAX_UNREAD_ANSWERS_BYTES = MIB;

/** Connections that a tap takes apart; beyond it the one seen first is let go of, its bytes on the wire are still kept. */
export const MAX_OBSERVED_CONNECTIONS = 4096;

/** Of a name that a peer gives (a stream's type) where it is shown. */
export const MAX_NAME_CHARACTERS = 64;
