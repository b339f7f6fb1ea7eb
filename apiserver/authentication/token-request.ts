import { badRequest, type Failure, invalid, isFailure, notFound } from '../../api/failures';
import { fieldsOf, isFields, numberOf, textOf, textsOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { failure } from '../../api/status';
import { type SigningKey, signJwt } from '../../pki/jwt';
import { uuidFrom } from '../../randomness';
import type { Cluster } from '../place';
import { kindOf } from '../registry';
import { timestamp } from '../storage';
import { invalidValue } from '../validation/field-errors';
import { serviceAccountUserName } from './service-account-token';

/**
 * The subresource `token` of a service account: a TokenRequest comes in and goes back with a token.
 * Source: pkg/registry/core/serviceaccount/storage/token.go, pkg/serviceaccount/claims.go,
 * pkg/apis/authentication/validation/validation.go.
 */
export interface TokenIssuer {
  readonly key: SigningKey;
  readonly issuer: string;
  readonly apiAudiences: readonly string[];
  /** 0 for no limit. */
  readonly maxExpirationSeconds: number;
  readonly extendExpiration: boolean;
}

export interface IssuedToken {
  readonly kind: 'issued';
  readonly answer: KubeObject;
  /** For the Warning header; '' when there is nothing to warn of. */
  readonly warning: string;
  /** The `jti` of the token, for the audit log. */
  readonly tokenId: string;
}

/** What the kubelet asks for when it renews by itself: only such tokens get the long life (WarnOnlyBoundTokenExpirationPeriod). */
const injectedSeconds = 3607;
const yearSeconds = 365 * 24 * 60 * 60;

export function requestToken(
  cluster: Cluster,
  issuer: TokenIssuer,
  at: { readonly namespace: string; readonly name: string },
  request: KubeObject,
): IssuedToken | Failure {
  const { namespace, name } = at;
  const misnamed = refuseOtherNames(request, at);
  if (misnamed !== null) return misnamed;
  const account = cluster.storage.get(kindOf('serviceaccounts'), namespace, name);
  if (account === null) return notFound({ group: '', resource: 'serviceaccounts' }, name);
  const spec = fieldsOf(request['spec']);
  const audiences = textsOf(spec['audiences']);
  const wanted = { audiences: audiences.length === 0 ? issuer.apiAudiences : audiences };
  let seconds = typeof spec['expirationSeconds'] === 'number' ? numberOf(spec['expirationSeconds']) : 3600;
  const refused = refuseExpiration(seconds);
  if (refused !== null) return refused;
  const bound = isFields(spec['boundObjectRef']) ? boundObject(cluster, at, spec['boundObjectRef']) : null;
  if (bound !== null && isFailure(bound)) return bound;
  let warning = '';
  if (issuer.maxExpirationSeconds > 0 && seconds > issuer.maxExpirationSeconds) {
    warning = `requested expiration of ${seconds} seconds shortened to ${issuer.maxExpirationSeconds} seconds`;
    seconds = issuer.maxExpirationSeconds;
  }
  const now = cluster.now();
  const extended =
    issuer.extendExpiration &&
    bound?.claims['pod'] !== undefined &&
    seconds === injectedSeconds &&
    wanted.audiences.every((audience) => issuer.apiAudiences.includes(audience));
  const second = Math.floor(now.getTime() / 1000);
  const boundTo = textOf(fieldsOf(spec['boundObjectRef'])['name']);
  const tokenId = uuidFrom(
    cluster.randomFor(`token of ${namespace}/${name} for ${wanted.audiences} ${boundTo}`),
  );
  const token = signJwt(
    {
      aud: wanted.audiences,
      exp: second + (extended ? yearSeconds : seconds),
      iat: second,
      iss: issuer.issuer,
      jti: tokenId,
      'kubernetes.io': {
        namespace,
        ...bound?.claims,
        serviceaccount: { name, uid: account.metadata.uid },
        ...(extended ? { warnafter: second + seconds } : {}),
      },
      nbf: second,
      sub: serviceAccountUserName(namespace, name),
    },
    issuer.key,
  );
  return {
    kind: 'issued',
    warning,
    tokenId,
    answer: {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, creationTimestamp: timestamp(now) },
      spec: {
        audiences: wanted.audiences,
        expirationSeconds: seconds,
        boundObjectRef: spec['boundObjectRef'] ?? null,
      },
      status: { token, expirationTimestamp: timestamp(new Date(now.getTime() + seconds * 1000)) },
    },
  };
}

const requestKind = { group: 'authentication.k8s.io', kind: 'TokenRequest' };

function refuseOtherNames(
  { metadata }: KubeObject,
  at: { readonly namespace: string; readonly name: string },
): Failure | null {
  if (metadata.name !== '' && metadata.name !== at.name) {
    const why = 'must match the service account name if specified';
    return invalid(requestKind, at.name, [invalidValue('metadata.name', metadata.name, why)]);
  }
  if (metadata.namespace && metadata.namespace !== at.namespace) {
    const why = 'must match the service account namespace if specified';
    return invalid(requestKind, at.name, [invalidValue('metadata.namespace', metadata.namespace, why)]);
  }
  return null;
}

function refuseExpiration(seconds: number): Failure | null {
  const refuse = (why: string) =>
    invalid(requestKind, '', [invalidValue('spec.expirationSeconds', seconds, why)]);
  if (seconds < 600) return refuse('may not specify a duration less than 10 minutes');
  if (seconds > 2 ** 32) return refuse('may not specify a duration larger than 2^32 seconds');
  return null;
}

interface Bound {
  readonly kind: 'bound';
  readonly claims: Readonly<Record<string, { readonly name: string; readonly uid?: string }>>;
}

function boundObject(
  { storage }: Cluster,
  at: { readonly namespace: string; readonly name: string },
  reference: Readonly<Record<string, unknown>>,
): Bound | Failure {
  const [kind, apiVersion] = [textOf(reference['kind']), textOf(reference['apiVersion'])];
  const [name, uid] = [textOf(reference['name']), textOf(reference['uid'])];
  const resource = { Node: 'nodes', Pod: 'pods', Secret: 'secrets' }[kind];
  if (resource === undefined || apiVersion.includes('/')) {
    const slash = apiVersion.lastIndexOf('/');
    const group = slash === -1 ? '' : apiVersion.slice(0, slash);
    const text = `${group}/${apiVersion.slice(slash + 1)}, Kind=${kind}`;
    return badRequest(`cannot bind token to object of type ${text}`);
  }
  const object = storage.get(kindOf(resource), kind === 'Node' ? '' : at.namespace, name);
  if (object === null) return notFound({ group: '', resource }, name);
  const spec = fieldsOf(object['spec']);
  if (kind === 'Pod' && textOf(spec['serviceAccountName']) !== at.name) {
    return badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(at.name)} to pod running with different serviceaccount name.`,
    );
  }
  if (uid !== '' && uid !== object.metadata.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    const text = `Operation cannot be fulfilled on ${kind} ${JSON.stringify(name)}: ${why}`;
    return failure(409, text, 'Conflict', { name, kind });
  }
  const claim = { name, uid: object.metadata.uid ?? '' };
  const nodeName = kind === 'Pod' ? textOf(spec['nodeName']) : '';
  const node = nodeName === '' ? null : storage.get(kindOf('nodes'), '', nodeName);
  const where =
    nodeName === ''
      ? {}
      : { node: { name: nodeName, ...(node?.metadata.uid && { uid: node.metadata.uid }) } };
  return { kind: 'bound', claims: { ...where, [kind.toLowerCase()]: claim } };
}
