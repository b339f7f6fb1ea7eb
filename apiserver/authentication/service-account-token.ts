import { fieldsOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import type { Jwt } from '../../pki/jwt';
import type { User } from '../authorize';
import { type SignedTokenOptions, signedToken } from './signed-token';
import { type TokenAuthenticator, tokenError } from './token-verdict';

/**
 * Bound service-account tokens: whose they are and why they are not (any more) accepted, with upstream's checks in its
 * order. Source: pkg/serviceaccount/jwt.go (AuthenticateToken), pkg/serviceaccount/claims.go (validator.Validate).
 */
export interface ServiceAccountTokenOptions extends SignedTokenOptions {
  readonly now: () => Date;
  readonly find: (
    resource: 'nodes' | 'pods' | 'secrets' | 'serviceaccounts',
    namespace: string,
    name: string,
  ) => KubeObject | null;
}

/** Clocks differ, and whoever is told of a deletion is told late (jwt.DefaultLeeway, and 60 s in claims.go). */
const leewaySeconds = 60;

export function serviceAccountTokenAuthenticator(options: ServiceAccountTokenOptions): TokenAuthenticator {
  return (token, audiences) => {
    const signed = signedToken(token, audiences, options);
    if (signed.kind !== 'signed') return signed;
    const { jwt } = signed;
    const refused = refusedByTime(jwt, options.now()) ?? refusedByObjects(jwt, options);
    if (refused !== null) return tokenError(refused);
    const annotations = staleness(jwt, options.now());
    return { kind: 'user', user: userOf(jwt), audiences: signed.audiences, annotations };
  };
}

function refusedByTime({ claims }: Jwt, now: Date): string | null {
  const seconds = now.getTime() / 1000;
  const { nbf, exp, iat } = claims;
  if (typeof nbf === 'number' && seconds + leewaySeconds < nbf)
    return 'service account token is not valid yet';
  if (typeof exp === 'number' && seconds - leewaySeconds > exp) return 'service account token has expired';
  if (typeof iat === 'number' && seconds + leewaySeconds < iat)
    return 'service account token is issued in the future';
  return null;
}

/** Noted, not refused: a pod's token that outlived the hour it asked for (claims.go, warnafter). */
function staleness({ claims }: Jwt, now: Date): Readonly<Record<string, string>> {
  const { warnafter } = fieldsOf(claims['kubernetes.io']);
  const seconds = Math.floor(now.getTime() / 1000);
  if (typeof warnafter !== 'number' || now.getTime() <= warnafter * 1000) return {};
  return {
    'authentication.k8s.io/stale-token': `subject: ${textOf(claims['sub'])}, seconds after warning threshold: ${seconds - warnafter}`,
  };
}

interface Claimed {
  readonly namespace: string;
  readonly serviceAccount: Reference;
  readonly pod: Reference | null;
  readonly secret: Reference | null;
  readonly node: Reference | null;
}

interface Reference {
  readonly name: string;
  readonly uid: string;
}

function claimedBy({ claims }: Jwt): Claimed {
  const own = fieldsOf(claims['kubernetes.io']);
  return {
    namespace: textOf(own['namespace']),
    serviceAccount: referenceOf(own['serviceaccount']) ?? { name: '', uid: '' },
    pod: referenceOf(own['pod']),
    secret: referenceOf(own['secret']),
    node: referenceOf(own['node']),
  };
}

function referenceOf(value: unknown): Reference | null {
  if (value === undefined || value === null) return null;
  const { name, uid } = fieldsOf(value);
  return { name: textOf(name), uid: textOf(uid) };
}

function refusedByObjects(jwt: Jwt, { find, now }: ServiceAccountTokenOptions): string | null {
  const { namespace, serviceAccount, pod, secret, node } = claimedBy(jwt);
  const account = find('serviceaccounts', namespace, serviceAccount.name);
  if (account === null) return `serviceaccounts "${serviceAccount.name}" not found`;
  if (account.metadata.uid !== serviceAccount.uid) {
    return `service account UID (${account.metadata.uid}) does not match claim (${serviceAccount.uid})`;
  }
  if (isLongDeleted(account, now())) {
    return `service account ${namespace}/${serviceAccount.name} has been deleted`;
  }
  const refuse = (word: 'node' | 'pod' | 'secret', wanted: Reference): string | null => {
    const object = find(`${word}s`, word === 'node' ? '' : namespace, wanted.name);
    if (object === null) return INVALIDATED;
    if (object.metadata.uid !== wanted.uid) {
      return `${word} UID (${object.metadata.uid}) does not match service account ${word} ref claim (${wanted.uid})`;
    }
    return isLongDeleted(object, now()) ? INVALIDATED : null;
  };
  if (secret !== null) {
    const refused = refuse('secret', secret);
    if (refused !== null) return refused;
  }
  if (pod !== null) return refuse('pod', pod);
  // Beside a pod the node is information, and binds nothing.
  return node === null ? null : refuse('node', node);
}

const INVALIDATED = 'service account token has been invalidated';

function isLongDeleted({ metadata: { deletionTimestamp } }: KubeObject, now: Date): boolean {
  return (
    deletionTimestamp !== undefined && Date.parse(deletionTimestamp) < now.getTime() - leewaySeconds * 1000
  );
}

/** Source: pkg/serviceaccount/util.go (ServiceAccountInfo.UserInfo). */
function userOf(jwt: Jwt): User {
  const { namespace, serviceAccount, pod, node } = claimedBy(jwt);
  const id = textOf(jwt.claims['jti']);
  const extra: Record<string, string[]> = {};
  if (id !== '') extra['authentication.kubernetes.io/credential-id'] = [`JTI=${id}`];
  if (node !== null) {
    extra['authentication.kubernetes.io/node-name'] = [node.name];
    if (node.uid !== '') extra['authentication.kubernetes.io/node-uid'] = [node.uid];
  }
  if (pod !== null) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name];
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid];
  }
  return {
    name: serviceAccountUserName(namespace, serviceAccount.name),
    uid: serviceAccount.uid,
    groups: serviceAccountGroups(namespace),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

export function serviceAccountUserName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

export function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}
