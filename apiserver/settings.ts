import { MidplaneError } from '../error';
import { type Bundle, parseBundle } from '../network/verify';
import {
  generateSigningKey,
  type PublicKey,
  readPublicKeys,
  readSigningKey,
  type SigningKey,
} from '../pki/jwt';
import { checkBundle, checkKeyPair } from '../pki/key-pair';
import type { KeyPair } from '../wire/pem';
import { type AuditPolicy, metadataPolicy, parseAuditPolicy } from './audit/audit-policy';
import { parseTokenFile } from './authentication/token-file';
import type { User } from './authorize';
import { egressOfFile } from './connect-egress';
import type { OpenEgress } from './egress';
import type { ApiserverFlags } from './flags';

/** The files that flags name, read and looked over once at start, before anything listens. */
export interface ApiserverFiles {
  /** Null when no certificate was given: one is then made. */
  readonly serving: KeyPair | null;
  readonly clientCa: { readonly pem: string; readonly bundle: Bundle } | null;
  readonly kubeletCaPem: string | null;
  readonly kubeletClient: KeyPair | null;
  readonly requestheaderClientCa: Bundle | null;
  readonly serviceAccountKeys: ServiceAccountKeys;
  readonly auditPolicy: AuditPolicy;
  /** By token. */
  readonly tokenUsers: ReadonlyMap<string, User>;
  /** Of --egress-selector-config-file; null: directly. */
  readonly openEgress: OpenEgress | null;
}

export interface ServiceAccountKeys {
  readonly signing: SigningKey;
  readonly verifying: readonly PublicKey[];
}

export type ReadFile = (path: string) => Promise<string>;

/** Throws MidplaneError FILE_UNREADABLE, PEM_INVALID, CERTIFICATE_UNUSABLE or CONFIG_INVALID, naming the flag's file. */
export async function loadFiles(
  flags: ApiserverFlags,
  readFile: ReadFile,
  now: Date,
): Promise<ApiserverFiles> {
  const [
    serving,
    clientCa,
    kubeletCaPem,
    kubeletClient,
    requestheaderClientCa,
    serviceAccountKeys,
    tokenUsers,
    auditPolicy,
    openEgress,
  ] = await Promise.all([
    loadPair(
      flags.tlsCertFile,
      'tls-cert-file',
      flags.tlsPrivateKeyFile,
      'tls-private-key-file',
      readFile,
      now,
    ),
    loadClientCa(flags.clientCaFile, 'client-ca-file', readFile),
    loadKubeletCa(flags.kubeletCertificateAuthority, readFile),
    loadPair(
      flags.kubeletClientCertificate,
      'kubelet-client-certificate',
      flags.kubeletClientKey,
      'kubelet-client-key',
      readFile,
      now,
    ),
    loadClientCa(flags.requestheaderClientCaFile, 'requestheader-client-ca-file', readFile),
    loadServiceAccountKeys(flags, readFile),
    loadTokens(flags.tokenAuthFile, readFile),
    loadAuditPolicy(flags.auditPolicyFile, readFile),
    flags.egressSelectorConfigFile === ''
      ? null
      : egressOfFile(flags.egressSelectorConfigFile, readFile, now),
  ]);
  return {
    serving,
    clientCa,
    kubeletCaPem,
    kubeletClient,
    requestheaderClientCa: requestheaderClientCa?.bundle ?? null,
    serviceAccountKeys,
    tokenUsers,
    auditPolicy,
    openEgress,
  };
}

async function loadPair(
  certFile: string,
  certFlag: string,
  keyFile: string,
  keyFlag: string,
  readFile: ReadFile,
  now: Date,
): Promise<KeyPair | null> {
  if (certFile === '' && keyFile === '') return null;
  const [certPem, keyPem] = await Promise.all([
    readFlagged(certFile, certFlag, readFile),
    readFlagged(keyFile, keyFlag, readFile),
  ]);
  checkKeyPair({ certPem, keyPem, certFile, keyFile, now });
  return { certPem, keyPem };
}

async function loadClientCa(
  file: string,
  flag: string,
  readFile: ReadFile,
): Promise<ApiserverFiles['clientCa']> {
  if (file === '') return null;
  const pem = await readFlagged(file, flag, readFile);
  checkBundle({ pem, file });
  const bundle = parseBundle(pem);
  if (bundle.kind === 'bundle-invalid') {
    throw new MidplaneError('PEM_INVALID', `${file}: ${bundle.text}`, {
      hint: `give --${flag} a PEM bundle of CA certificates`,
    });
  }
  return { pem, bundle };
}

/** client-go says what is wrong with this bundle in words that operators search for (transport.rootCertPool). */
async function loadKubeletCa(file: string, readFile: ReadFile): Promise<string | null> {
  if (file === '') return null;
  const pem = await readFlagged(file, 'kubelet-certificate-authority', readFile);
  try {
    checkBundle({ pem, file });
  } catch (error) {
    if (!(error instanceof MidplaneError)) throw error;
    throw new MidplaneError('CONFIG_INVALID', `unable to load root certificates: ${error.message}`, {
      cause: error,
      hint: error.hint ?? 'give --kubelet-certificate-authority a PEM bundle of CA certificates',
    });
  }
  return pem;
}

/** Upstream wants both flags; a lab that was given none signs with a key of its own, which no restart survives. */
async function loadServiceAccountKeys(
  { serviceAccountSigningKeyFile, serviceAccountKeyFile }: ApiserverFlags,
  readFile: ReadFile,
): Promise<ServiceAccountKeys> {
  const signing =
    serviceAccountSigningKeyFile === ''
      ? generateSigningKey()
      : await readKeys(
          serviceAccountSigningKeyFile,
          'service-account-signing-key-file',
          readFile,
          readSigningKey,
        );
  const given = await Promise.all(
    serviceAccountKeyFile.map((file) => readKeys(file, 'service-account-key-file', readFile, readPublicKeys)),
  );
  return { signing, verifying: given.length === 0 ? [signing] : given.flat() };
}

async function readKeys<T>(
  file: string,
  flag: string,
  readFile: ReadFile,
  parse: (pem: string) => T,
): Promise<T> {
  const pem = await readFlagged(file, flag, readFile);
  try {
    return parse(pem);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MidplaneError('PEM_INVALID', `cannot use "${file}" of --${flag}: ${why}`, {
      cause,
      hint: `give --${flag} an RSA or ECDSA key in PEM`,
    });
  }
}

async function loadTokens(file: string, readFile: ReadFile): Promise<ReadonlyMap<string, User>> {
  return file === '' ? new Map() : parseTokenFile(await readFlagged(file, 'token-auth-file', readFile), file);
}

async function loadAuditPolicy(file: string, readFile: ReadFile): Promise<AuditPolicy> {
  return file === ''
    ? metadataPolicy
    : parseAuditPolicy(await readFlagged(file, 'audit-policy-file', readFile), file);
}

async function readFlagged(file: string, flag: string, readFile: ReadFile): Promise<string> {
  try {
    return await readFile(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MidplaneError('FILE_UNREADABLE', `cannot read "${file}" of --${flag}: ${why}`, {
      cause,
      hint: `check the path given to --${flag}`,
    });
  }
}
