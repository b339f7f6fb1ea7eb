import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { Logger } from 'pino';
import { fieldsOf } from '../api/fields';
import type { KubeObject } from '../api/objects';
import type { Clock } from '../client/clock';
import type { KubeClient, KubeResponse } from '../client/kube-client';
import { isNamedObject, objectList } from '../client/object-list';
import { parseCertificate } from '../wire/certificate';
import { parseCertificateRequest } from '../wire/certificate-request';
import { pemBlocks } from '../wire/pem';
import { failureText } from './failure-text';

/**
 * A certificate from the cluster: a CertificateSigningRequest is made, and waited for.
 * Source: k8s.io/client-go util/certificate/csr/csr.go.
 */
export interface Asked {
  readonly kind: 'asked';
  readonly name: string;
  readonly uid: string;
}

/** Whatever went wrong, in upstream's words. `status` is that of the answer, 0 when there was none. */
export interface AskingFailed {
  readonly kind: 'failed';
  readonly text: string;
  readonly status: number;
}

export interface CertificateWanted {
  /** Null: the apiserver chooses one that begins with `csr-`. */
  readonly name: string | null;
  readonly requestPem: string;
  readonly signerName: string;
  readonly usages: readonly string[];
  readonly privateKey: KeyObject;
}

interface SigningRequest extends KubeObject {
  readonly spec: { readonly request: string; readonly signerName: string };
  readonly status?: {
    readonly certificate?: string;
    readonly conditions?: readonly { type: string; reason?: string; message?: string }[];
  };
}

export const SIGNING_REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

/** A request of this name that is there already is taken over when it is for the same key and subject. */
export async function askForCertificate(
  client: KubeClient,
  wanted: CertificateWanted,
  { log, signal, now }: { log: Logger; signal: AbortSignal; now: Date },
): Promise<Asked | AskingFailed> {
  const { name, requestPem, signerName, usages } = wanted;
  const request = Buffer.from(requestPem).toString('base64');
  const created = await client.request('POST', SIGNING_REQUESTS, {
    body: {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: name === null ? { generateName: 'csr-' } : { name },
      spec: { request, signerName, usages },
    },
    signal,
  });
  if (created.ok) return askedOf(created);
  if (created.status !== 409 || name === null) {
    return failed('cannot create certificate signing request', created, client, 'Post', SIGNING_REQUESTS);
  }
  log.info('csr for this node already exists, reusing');
  const path = `${SIGNING_REQUESTS}/${name}`;
  const found = await client.request('GET', path, { signal });
  if (!found.ok) return failed('cannot retrieve certificate signing request', found, client, 'Get', path);
  const known = requestIn(found);
  const fault = known === null ? NO_REQUEST : incompatibility(known, wanted, now);
  if (fault !== null) {
    return { kind: 'failed', text: `retrieved csr is not compatible: ${fault}`, status: found.status };
  }
  log.info('csr for this node is still valid');
  return askedOf(found);
}

function askedOf(answer: KubeResponse): Asked | AskingFailed {
  const request = requestIn(answer);
  if (request === null) return { kind: 'failed', text: NO_REQUEST, status: answer.status };
  const { name, uid = '' } = request.metadata;
  return { kind: 'asked', name, uid };
}

const NO_REQUEST = 'the server sent something that is not a certificate signing request';

/** Null when whoever answered sent something else. */
function requestIn(answer: KubeResponse): SigningRequest | null {
  const object = answer.json();
  if (!isNamedObject(object)) return null;
  const request = object as SigningRequest;
  return typeof fieldsOf(request.spec)['request'] === 'string' ? request : null;
}

function failed(
  what: string,
  answer: KubeResponse,
  client: KubeClient,
  verb: string,
  path: string,
): AskingFailed {
  return {
    kind: 'failed',
    text: `${what}: ${failureText(answer, client.server, verb, path)}`,
    status: answer.status,
  };
}

/** Why somebody else's request of our name is not ours. Source: ensureCompatible. */
export function incompatibility(
  found: { readonly spec: SigningRequest['spec']; readonly status?: SigningRequest['status'] },
  { requestPem, signerName, privateKey }: CertificateWanted,
  now: Date,
): string | null {
  const theirs = readRequest(Buffer.from(found.spec.request, 'base64').toString('latin1'));
  if (typeof theirs === 'string') return `unable to parse new csr: ${theirs}`;
  const ours = readRequest(requestPem);
  if (typeof ours === 'string') return `unable to parse original csr: ${ours}`;
  if (!theirs.rawSubject.equals(ours.rawSubject)) {
    const names = [theirs, ours].map(({ subject }) => JSON.stringify(subject.commonName));
    return `csr subjects differ: new: ${names[0]}, orig: ${names[1]}`;
  }
  if (found.spec.signerName !== signerName) {
    return `csr signerNames differ: new ${JSON.stringify(found.spec.signerName)}, orig: ${JSON.stringify(signerName)}`;
  }
  if (!verify('sha256', theirs.rawInfo, createPublicKey(privateKey), theirs.signature)) {
    const why = privateKey.asymmetricKeyType === 'rsa' ? 'crypto/rsa' : 'x509: ECDSA';
    return `error validating signature new CSR against old key: ${why} verification ${why === 'crypto/rsa' ? 'error' : 'failure'}`;
  }
  for (const { der } of pemBlocks(Buffer.from(found.status?.certificate ?? '', 'base64').toString())) {
    const certificate = parseCertificate(der);
    if (certificate.kind === 'certificate' && now.getTime() > certificate.notAfter.epochMs) {
      const end = new Date(certificate.notAfter.epochMs).toISOString();
      return `one of the certificates for the CSR has expired: ${end}`;
    }
  }
  return null;
}

function readRequest(pem: string) {
  const block = pemBlocks(pem).find(({ label }) => label === 'CERTIFICATE REQUEST');
  if (block === undefined) return 'PEM block type must be CERTIFICATE REQUEST';
  const request = parseCertificateRequest(block.der);
  return request.kind === 'certificate-request' ? request : request.text;
}

export interface Issued {
  readonly kind: 'issued';
  readonly certPem: string;
}

/** wait.ErrWaitTimeout */
const TIMED_OUT = 'timed out waiting for the condition';

/** As far as it has come: null while there is nothing to say. Source: WaitForCertificate. */
export function outcomeOf(request: SigningRequest, uid: string): Issued | string | null {
  if (request.metadata.uid !== uid) return `csr ${JSON.stringify(request.metadata.name)} changed UIDs`;
  const { conditions = [], certificate } = request.status ?? {};
  let isApproved = false;
  for (const { type, reason = '', message = '' } of conditions) {
    if (type === 'Denied') {
      return `certificate signing request is denied, reason: ${reason}, message: ${message}`;
    }
    if (type === 'Failed') {
      return `certificate signing request failed, reason: ${reason}, message: ${message}`;
    }
    if (type === 'Approved') isApproved = true;
  }
  if (!isApproved || certificate === undefined || certificate === '') return null;
  return { kind: 'issued', certPem: Buffer.from(certificate, 'base64').toString() };
}

/** Until it is issued, denied, failed or deleted; as long as `withinMs`, whatever the apiserver does meanwhile. */
export async function waitForCertificate(
  client: KubeClient,
  { name, uid }: Asked,
  { withinMs, clock, signal }: { withinMs: number; clock: Clock; signal: AbortSignal },
): Promise<Issued | { readonly kind: 'failed'; readonly text: string }> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const overdue = clock.pause(withinMs, stop).then(() => over.abort());
  try {
    const outcome = await follow(client, name, uid, clock, stop);
    if (outcome === null) return { kind: 'failed', text: TIMED_OUT };
    if (typeof outcome !== 'string') return outcome;
    return { kind: 'failed', text: `cannot watch on the certificate signing request: ${outcome}` };
  } finally {
    over.abort();
    await overdue;
  }
}

const RETRY_MS = 1_000;

/** Null when it was stopped. */
async function follow(
  client: KubeClient,
  name: string,
  uid: string,
  clock: Clock,
  stop: AbortSignal,
): Promise<Issued | string | null> {
  const collection = `${SIGNING_REQUESTS}?fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
  const deleted = `csr ${JSON.stringify(name)} was deleted`;
  let wasSeen = false;
  while (!stop.aborted) {
    const answer = await client.request('GET', collection, { signal: stop });
    const list = answer.ok ? objectList<SigningRequest>(answer) : null;
    if (list === null) {
      await clock.pause(RETRY_MS, stop);
      continue;
    }
    const [found] = list.items;
    if (found === undefined && wasSeen) return deleted;
    wasSeen ||= found !== undefined;
    const listed = found === undefined ? null : outcomeOf(found, uid);
    if (listed !== null) return listed;
    let outcome: Issued | string | null = null;
    const watch = client.watch(
      `${collection}&resourceVersion=${encodeURIComponent(list.resourceVersion)}`,
      (type, object) => {
        if (outcome !== null) return;
        if (type === 'DELETED') outcome = deleted;
        else if (type === 'ADDED' || type === 'MODIFIED') {
          wasSeen = true;
          outcome = outcomeOf(object as unknown as SigningRequest, uid);
        } else if (type === 'ERROR') watch.close();
        if (outcome !== null) watch.close();
      },
      { signal: stop },
    );
    await watch.ended;
    if (outcome !== null) return outcome;
    // However it ended: a server that hangs up at once is not asked at once.
    await clock.pause(RETRY_MS, stop);
  }
  return null;
}
