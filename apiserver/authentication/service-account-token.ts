import { fieldsOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { goQuoteList } from '../../wire/go-quote';
import type { User } from '../authorize';
import { isSignedBy, type Jwt, type PublicKey, parseJwt } from './jwt';
import {
  noOpinionOfToken,
  sharedAudiences,
  type TokenAuthenticator,
  type TokenVerdict,
  tokenError,
} from './token-verdict';

/**
 * Bound service-account tokens: whose they are and why they are not (any more) accepted, with upstream's checks in its
 * order. Source: pkg/serviceaccount/jwt.go (AuthenticateToken), pkg/serviceaccount/claims.go (validator.Validate).
 */
export interface ServiceAccountTokenOptions {
  /** Those that tokens may name; the first one is written into new tokens. */
  readonly issuers: readonly string[];
  readonly keys: readonly PublicKey[];
  readonly apiAudiences: readonly string[];
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
    const jwt = parseJwt(token);
    if (jwt === null || !options.issuers.includes(textOf(jwt.claims['iss']))) return noOpinionOfToken;
    const keys = options.keys.filter(({ id }) => jwt.keyId === '' || id === jwt.keyId);
    if (keys.length === 0) return tokenError('invalid signature, no keys found');
    if (!keys.some((key) => isSignedBy(jwt, key)))
      return tokenError('go-jose/go-jose: error in cryptographic primitive');
    const own = audiencesOf(jwt) ?? options.apiAudiences;
    const shared = sharedAudiences(own, audiences);
    if (shared.length === 0) {
      return tokenError(
        `token audiences ${goQuoteList(own)} is invalid for the target audiences ${goQuoteList(audiences)}`,
      );
    }
    const refused = refusedByTime(jwt, options.now()) ?? refusedByObjects(jwt, options);
    if (refused !== null) return tokenError(refused);
    return { kind: 'user', user: userOf(jwt), audiences: shared } satisfies TokenVerdict;
  };
}

function audiencesOf({ claims }: Jwt): string[] | null {
  const { aud } = claims;
  if (typeof aud === 'string') return [aud];
  return Array.isArray(aud) && aud.length > 0
    ? aud.filter((one): one is string => typeof one === 'string')
    : null;
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
  if (isLongDeleted(account, now())) {
    return `service account ${namespace}/${serviceAccount.name} has been deleted`;
  }
  if (account.metadata.uid !== serviceAccount.uid) {
    return `service account UID (${account.metadata.uid}) does not match claim (${serviceAccount.uid})`;
  }
  const refuse = (word: 'node' | 'pod' | 'secret', wanted: Reference): string | null => {
    const object = find(`${word}s`, word === 'node' ? '' : namespace, wanted.name);
    if (object === null || isLongDeleted(object, now())) return 'service account token has been invalidated';
    if (object.metadata.uid === wanted.uid) return null;
    const role = word === 'secret' ? 'service account secret ref claim' : `service account ${word} ref claim`;
    return `${word} UID (${object.metadata.uid}) does not match ${role} (${wanted.uid})`;
  };
  if (secret !== null) {
    const refused = refuse('secret', secret);
    if (refused !== null) return refused;
  }
  if (pod !== null) return refuse('pod', pod);
  // Beside a pod the node is information, and binds nothing.
  return node === null ? null : refuse('node', node);
}

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
