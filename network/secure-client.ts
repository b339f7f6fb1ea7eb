import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { KeyPair } from '../wire/pem';
import { DECODE_ERROR, DECRYPT_ERROR, UNSUPPORTED_CERTIFICATE } from '../wire/tls-alerts';
import { shakeHands } from './client-handshake';
import { goClientContext } from './go-tls-options';
import type { Connection, Refusal } from './network';
import type { CommonNameRule, Judge, Judgement, SecureConnection, Site, TlsVersion, Trust } from './secure';
import { shakeHandsUnjudged } from './unjudged-handshake';
import {
  judgeCommonName,
  judgeServer,
  judgeUnverified,
  parseBundle,
  type Judgement as Verdict,
} from './verify';

export { goTextOf } from './go-error-text';

/**
 * TLS as a Kubernetes component's client does it, that is as Go does it, where a peer or a user can tell.
 *
 * Rules kept here: the server is judged before our certificate leaves; our certificate is offered to every server that
 * asks and is believed, whatever authorities it names (client-go answers GetClientCertificate without looking);
 * sessions are never resumed; a peer's fault is a Refusal in Go's words.
 */
export interface StartTlsOptions {
  readonly trust: Trust;
  readonly clientCertificate?: KeyPair;
  readonly alpn?: readonly string[];
  /** Defaults to the verified host. An IP literal is never sent as SNI. */
  readonly serverName?: string;
  readonly maxVersion?: TlsVersion;
  readonly now?: () => Date;
  readonly timeoutMs?: number;
  /** The machine that dials, for its timeline. */
  readonly at?: Site;
  /**
   * True for who believes everybody and is not Go: the attacker on its way to the genuine endpoint. The server's
   * certificates are not looked at, not even for what verify-nobody refuses, which makes the connection cheaper.
   */
  readonly unjudged?: boolean;
  /** Replaces the rules that `trust` stands for. */
  readonly judge?: Judge;
}

/** net/http DefaultTransport's TLSHandshakeTimeout, which client-go keeps. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** Consumes the connection: what is refused is closed by the time the refusal is returned. */
export async function startTls(
  connection: Connection,
  options: StartTlsOptions,
): Promise<SecureConnection | Refusal> {
  const { trust, clientCertificate = null, maxVersion = 'TLSv1.3' } = options;
  const host = trust.kind === 'verify' ? trust.host : null;
  const plan = {
    context: clientContext(clientCertificate, maxVersion),
    alpn: options.alpn ?? [],
    serverName: serverNameIndication(options.serverName ?? host ?? ''),
    timeoutMs: options.timeoutMs ?? HANDSHAKE_TIMEOUT_MS,
    at: options.at,
  };
  if (options.unjudged === true) {
    if (trust.kind === 'verify') throw new TypeError('a server that must be verified cannot go unjudged');
    return shakeHandsUnjudged(connection, plan);
  }
  const judge = options.judge ?? judgeFor(trust, options.now ?? (() => new Date()));
  return shakeHands(connection, { ...plan, judge, trust: { trust: trust.kind, host } });
}

/** crypto/tls hostnameInSNI: neither addresses nor the dot that makes a name absolute. */
export function serverNameIndication(host: string): string | null {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  const zoneAt = bare.lastIndexOf('%');
  if (isIP(zoneAt > 0 ? bare.slice(0, zoneAt) : bare) !== 0) return null;
  return host.replace(/\.+$/, '') || null;
}

const contexts = new WeakMap<KeyPair, Map<TlsVersion, SecureContext>>();
const anonymous = new Map<TlsVersion, SecureContext>();

/** Making a context costs as much as a handshake; each key pair needs one per version. */
function clientContext(keyPair: KeyPair | null, maxVersion: TlsVersion): SecureContext {
  let byVersion = keyPair === null ? anonymous : contexts.get(keyPair);
  if (byVersion === undefined) {
    byVersion = new Map();
    if (keyPair !== null) contexts.set(keyPair, byVersion);
  }
  const known = byVersion.get(maxVersion);
  if (known !== undefined) return known;
  const made = goClientContext(keyPair, { maxVersion });
  byVersion.set(maxVersion, made);
  return made;
}

function judgeFor(trust: Trust, now: () => Date): Judge {
  if (trust.kind === 'verify-nobody') return (chain) => withAlert(judgeUnverified(chain));
  const bundle = parseBundle(trust.bundlePem);
  if (bundle.kind === 'bundle-invalid') return () => ({ ok: false, error: bundle.text });
  const { host, commonName } = trust;
  return (chain) => {
    const verdict = judgeServer({ chain, bundle, host, now: now() });
    return withAlert(verdict.ok && commonName !== undefined ? judgeNamed(chain, commonName) : verdict);
  };
}

function judgeNamed(chain: readonly Buffer[], { wanted, enforced, onCompared }: CommonNameRule): Verdict {
  const verdict = judgeCommonName(chain, wanted);
  onCompared(verdict.ok ? null : verdict.error);
  return enforced ? verdict : { ok: true };
}

/** Go's alerts for what is not a failed verification (crypto/tls handshake_client.go, verifyServerCertificate). */
function withAlert(verdict: Verdict): Judgement {
  if (verdict.ok) return verdict;
  const { error, fault } = verdict;
  switch (fault.kind) {
    case 'unreadable':
      return { ok: false, error, alert: DECODE_ERROR };
    case 'key-type':
      return { ok: false, error, alert: UNSUPPORTED_CERTIFICATE };
    case 'weak-key':
      return { ok: false, error, alert: DECRYPT_ERROR };
    default:
      return { ok: false, error };
  }
}
