import { type Certificate, parseCertificate } from '../wire/certificate';
import { nextPemBlock, type PemBlock } from '../wire/pem';

/** The trust anchors of a `--kubelet-certificate-authority` or kubeconfig bundle. Every certificate in it counts, CA or not. */
export interface Bundle {
  readonly kind: 'bundle';
  readonly certificates: readonly Certificate[];
  /** The anchors whose subject has exactly these bytes. */
  named(rawName: Buffer): readonly Certificate[];
  /** Whether this certificate is itself an anchor, byte for byte. */
  holds(certificate: Certificate): boolean;
}

/** `text` is what kube-apiserver says when it will not start with such a file (client-go transport, rootCertPool). */
export interface InvalidBundle {
  readonly kind: 'bundle-invalid';
  readonly text: string;
}

/** Bundles are few and used for every handshake; text is their only identity here. */
const cacheSize = 32;
const parsed = new Map<string, Bundle | InvalidBundle>();

/** Reads a bundle as Go's AppendCertsFromPEM does. The same text is parsed once. */
export function parseBundle(pem: string): Bundle | InvalidBundle {
  const known = parsed.get(pem);
  if (known !== undefined) return known;
  const bundle = readBundle([pem]);
  const [oldest] = parsed.keys();
  if (parsed.size >= cacheSize && oldest !== undefined) parsed.delete(oldest);
  parsed.set(pem, bundle);
  return bundle;
}

/** One bundle out of several texts, each read by itself. */
export function readBundle(pems: readonly string[]): Bundle | InvalidBundle {
  const certificates = new Map<string, Certificate>();
  for (const block of pems.flatMap(anchorBlocks)) {
    const certificate = parseCertificate(block.der);
    if (certificate.kind === 'certificate') certificates.set(certificate.raw.toString('latin1'), certificate);
  }
  return certificates.size === 0 ? unusable(pems) : makeBundle(certificates);
}

function makeBundle(byBytes: ReadonlyMap<string, Certificate>): Bundle {
  const certificates = [...byBytes.values()];
  const bySubject = new Map<string, Certificate[]>();
  for (const certificate of certificates) {
    const subject = certificate.rawSubject.toString('latin1');
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), certificate]);
  }
  return {
    kind: 'bundle',
    certificates,
    named: (rawName) => bySubject.get(rawName.toString('latin1')) ?? [],
    holds: ({ raw }) => byBytes.has(raw.toString('latin1')),
  };
}

function anchorBlocks(pem: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let found = nextPemBlock(pem, 0); found !== null; found = nextPemBlock(pem, found.next)) {
    if (isAnchorBlock(found.block)) blocks.push(found.block);
  }
  return blocks;
}

function isAnchorBlock({ label, headers }: PemBlock): boolean {
  return label === 'CERTIFICATE' && headers.size === 0;
}

function unusable(pems: readonly string[]): InvalidBundle {
  const reason =
    pems.length === 0
      ? notPem
      : (pems.map(firstObstacle).find((text) => text !== null) ?? 'no valid certificate authority data seen');
  return { kind: 'bundle-invalid', text: `unable to load root certificates: ${reason}` };
}

const notPem = 'unable to parse bytes as PEM block';

function firstObstacle(pem: string): string | null {
  if (pem === '') return notPem;
  for (let at = 0; at < pem.length; ) {
    const found = nextPemBlock(pem, at);
    if (found === null) return notPem;
    at = found.next;
    if (!isAnchorBlock(found.block)) continue;
    const certificate = parseCertificate(found.block.der);
    if (certificate.kind === 'unreadable-certificate')
      return `failed to parse certificate: ${certificate.text}`;
  }
  return null;
}
