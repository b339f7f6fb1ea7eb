import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { inTurn, type Randomness, systemRandomness } from '../randomness';
import { parseCertificate } from '../wire/certificate';
import type { CertificateRequest } from '../wire/certificate-request';
import { ipText } from '../wire/ip-address';
import { type KeyPair, pemBlocks } from '../wire/pem';
import {
  type AltNames,
  type CertificateRole,
  type ExtendedUsage,
  type GrantedUsages,
  randomSerialNumber,
  type WeakDigest,
} from './certificate-template';
import {
  generateKey,
  type KeyAlgorithm,
  keyIdentifier,
  type PrivateAndPublicKey,
  privateKeyPem,
} from './key-algorithm';
import { mint } from './mint';
import { encodeName, encodeSubject, type NameParts, nameOfSubject } from './names';
import { authorityLifetimeMs, leafLifetimeMs, type Validity, validityOf } from './validity';

/**
 * A certificate authority: a name, a key and a certificate that says so. Every authority draws a key of its own; two that
 * shared one would sign for each other, and the attacker's would be genuine.
 */
export interface Authority {
  /** The authority's own certificate: what goes into a trust bundle. */
  readonly certPem: string;
  /** PKCS #8, not encrypted. */
  readonly keyPem: string;
  /** DER of its name: the octets that stand as issuer in everything it signs. */
  readonly name: Buffer;
  /** What a server sends behind its leaf, so that somebody who has only the root can verify: '' for a root. */
  readonly intermediatesPem: string;
  /** Draws a key and certifies it. `certPem` of the pair holds the leaf alone. */
  issue(request: LeafRequest): Promise<KeyPair>;
  /** Certifies a key that somebody else drew (and proved to own, by a CSR): one PEM certificate. */
  certify(publicKey: KeyObject, request: Omit<LeafRequest, 'algorithm'>): Promise<string>;
  /**
   * Certifies what a CSR asks for: its subject, its names and its key, and nothing else of it. Whoever calls has looked at
   * them. Source: pkg/controller/certificates/authority (CertificateAuthority.Sign, PermissiveSigningPolicy).
   */
  certifyRequest(request: CertificateRequest, granted: GrantedUsages & Validity): Promise<string>;
  /** When its own certificate ends. */
  readonly notAfter: Date;
  /** An authority below this one. */
  createIntermediate(options: IntermediateOptions): Promise<Authority>;
  /** The same authority, which takes the keys and serial numbers of what it issues from there. */
  drawingFrom(random: Randomness): Authority;
}

export interface LeafRequest extends NameParts {
  readonly dnsNames?: readonly string[] | undefined;
  /** IP literals. No name and no address: the certificate has no subjectAltName at all. */
  readonly ipAddresses?: readonly string[] | undefined;
  readonly usages: readonly ExtendedUsage[];
  /** Default: five minutes ago. */
  readonly notBefore?: Date | undefined;
  /** Default: a year after its beginning. */
  readonly notAfter?: Date | undefined;
  /** Of the leaf's own key. Default: the authority's. */
  readonly algorithm?: KeyAlgorithm | undefined;
  /** What is signed with; left out: Go's choice. */
  readonly digest?: WeakDigest | undefined;
}

export interface AuthorityOptions {
  /** Say that it is a lab's: `LAB kubernetes`. */
  readonly commonName: string;
  readonly organizations?: readonly string[] | undefined;
  /** Default `ec-p256`. */
  readonly algorithm?: KeyAlgorithm | undefined;
  /** Default: five minutes ago. */
  readonly notBefore?: Date | undefined;
  /** Default: ten years after its beginning. */
  readonly notAfter?: Date | undefined;
  /** Where its key comes from, and the keys and serial numbers of what it issues. Default: the system's. */
  readonly random?: Randomness | undefined;
}

export interface IntermediateOptions extends AuthorityOptions {
  /** How many authorities may stand below it (RFC 5280 §4.2.1.9); left out: any number. */
  readonly pathLength?: number | undefined;
  /** Names that nothing below it may bear (§4.2.1.10). */
  readonly excluded?: AltNames | undefined;
}

/** A root: signed by itself, no limit on the length of paths. */
export async function createAuthority(options: AuthorityOptions): Promise<Authority> {
  return createNamedAuthority(encodeName(options), options);
}

/** The same with a name given as DER, repeated to the octet. This is how an impostor takes a genuine authority's name. */
export async function createNamedAuthority(
  name: Buffer,
  options: Omit<AuthorityOptions, 'commonName' | 'organizations'> = {},
): Promise<Authority> {
  const { algorithm = 'ec-p256', random = systemRandomness } = options;
  const key = await generateKey(algorithm, random.for('key'));
  const signer = signerOf(name, key);
  const certPem = await signCertificate(signer, {
    subject: name,
    publicKey: key.publicKey,
    validity: validityOf(options, authorityLifetimeMs, new Date()),
    role: { kind: 'authority', pathLength: null },
    random: random.for('serial number'),
  });
  return authorityWith({ signer, algorithm, certPem, intermediatesPem: '', random });
}

/**
 * A root that was made before, from the two texts that were kept of it. They must belong together: check with
 * `checkKeyPair` what comes from a file.
 */
export function openAuthority(
  { certPem, keyPem }: KeyPair,
  random: Randomness = systemRandomness,
): Authority {
  const [certificate] = pemBlocks(certPem);
  if (certificate === undefined) throw new Error('no certificate in the PEM text of an authority');
  const privateKey = createPrivateKey(keyPem);
  const algorithm = privateKey.asymmetricKeyType === 'rsa' ? 'rsa-2048' : 'ec-p256';
  const key = { privateKey, publicKey: createPublicKey(privateKey) };
  const own = signerOf(nameOfSubject(certificate.der), key);
  // Not every authority names its key as this lab's do, and OpenSSL refuses what names it otherwise.
  const read = parseCertificate(certificate.der);
  const named = read.kind === 'certificate' && read.extensions.subjectKeyId.length > 0;
  const signer = named ? { ...own, keyIdentifier: read.extensions.subjectKeyId } : own;
  return authorityWith({ signer, algorithm, certPem, intermediatesPem: '', random });
}

/** Who signs: its name, its key, and how its key is called in what it signs. */
export interface CertificateSigner {
  readonly name: Buffer;
  readonly privateKey: KeyObject;
  readonly keyIdentifier: Buffer;
}

export function signerOf(name: Buffer, key: PrivateAndPublicKey): CertificateSigner {
  return { name, privateKey: key.privateKey, keyIdentifier: keyIdentifier(key.publicKey) };
}

/** One certificate by one signer, with a fresh serial number. */
export function signCertificate(
  signer: CertificateSigner,
  statement: {
    readonly subject: Buffer;
    readonly publicKey: KeyObject;
    readonly validity: Validity;
    readonly role: CertificateRole;
    readonly altNames?: AltNames;
    readonly digest?: WeakDigest | undefined;
    readonly random?: Randomness;
  },
): Promise<string> {
  const { subject, publicKey, validity, role, altNames = noAltNames, digest, random } = statement;
  return mint(
    {
      serialNumber: randomSerialNumber(random),
      subject,
      issuer: signer.name,
      ...validity,
      publicKey,
      role,
      altNames,
      authorityKeyIdentifier: signer.keyIdentifier,
      digest,
    },
    signer.privateKey,
  );
}

const noAltNames: AltNames = { dnsNames: [], ipAddresses: [] };

function authorityWith(state: {
  readonly signer: CertificateSigner;
  readonly algorithm: KeyAlgorithm;
  readonly certPem: string;
  readonly intermediatesPem: string;
  readonly random: Randomness;
}): Authority {
  const { signer, algorithm, certPem, intermediatesPem, random } = state;
  const turnOf = inTurn(random);
  let end: Date | null = null;

  const certify = (
    publicKey: KeyObject,
    request: Omit<LeafRequest, 'algorithm'>,
    turn: Randomness,
  ): Promise<string> =>
    signCertificate(signer, {
      subject: encodeName(request),
      publicKey,
      validity: validityOf(request, leafLifetimeMs, new Date()),
      role: { kind: 'leaf', usages: request.usages },
      altNames: { dnsNames: request.dnsNames ?? [], ipAddresses: request.ipAddresses ?? [] },
      digest: request.digest,
      random: turn.for('serial number'),
    });

  return {
    certPem,
    keyPem: privateKeyPem(signer.privateKey),
    name: signer.name,
    intermediatesPem,
    certify: (publicKey, request) => certify(publicKey, request, turnOf(`certified ${labelOf(request)}`)),
    drawingFrom: (other) => authorityWith({ ...state, random: other }),
    get notAfter() {
      end ??= new Date(new X509Certificate(certPem).validTo);
      return end;
    },

    certifyRequest(request, { keyUsages, extendedKeyUsages, notBefore, notAfter }) {
      return signCertificate(signer, {
        subject: encodeSubject(request.subject),
        publicKey: createPublicKey({ key: request.rawPublicKey, format: 'der', type: 'spki' }),
        validity: { notBefore, notAfter },
        role: { kind: 'requested', keyUsages, extendedKeyUsages },
        altNames: requestedNames(request),
        random: turnOf(`requested ${request.rawPublicKey.toString('base64')}`),
      });
    },

    async issue(request) {
      const turn = turnOf(`issued ${labelOf(request)}`);
      const key = await generateKey(request.algorithm ?? algorithm, turn.for('key'));
      return { certPem: await certify(key.publicKey, request, turn), keyPem: privateKeyPem(key.privateKey) };
    },

    async createIntermediate(options) {
      const below = options.algorithm ?? algorithm;
      const turn = turnOf(`below ${options.commonName}`);
      const key = await generateKey(below, turn.for('key'));
      const name = encodeName(options);
      const ownPem = await signCertificate(signer, {
        subject: name,
        publicKey: key.publicKey,
        validity: validityOf(options, authorityLifetimeMs, new Date()),
        role: { kind: 'authority', pathLength: options.pathLength ?? null, excluded: options.excluded },
        random: turn.for('serial number'),
      });
      return authorityWith({
        signer: signerOf(name, key),
        algorithm: below,
        certPem: ownPem,
        intermediatesPem: ownPem + intermediatesPem,
        random: turn.for('below'),
      });
    },
  };
}

/** What tells requests apart that are made at the same time. A kubelet's common name bears the time of day. */
function labelOf({ commonName, dnsNames = [], ipAddresses = [], usages }: Omit<LeafRequest, 'algorithm'>) {
  const names = [...dnsNames, ...ipAddresses];
  return [...usages, ...(names.length === 0 ? [commonName] : names)].join(' ');
}

function requestedNames({ extensions }: CertificateRequest): AltNames {
  const names = extensions.subjectAltName?.names ?? [];
  const textsOf = (kind: 'dns' | 'email' | 'uri'): string[] =>
    names.flatMap((name) => (name.kind === kind ? [name.value] : []));
  return {
    dnsNames: textsOf('dns'),
    emailAddresses: textsOf('email'),
    ipAddresses: names.flatMap((name) => (name.kind === 'ip' ? [ipText(name.octets)] : [])),
    uris: textsOf('uri'),
  };
}
