import type { KubeObject } from '../api/objects';

/**
 * What a Secret of type kubernetes.io/service-account-token lacks. Pure.
 * Source: pkg/controller/serviceaccount/tokens_controller.go (syncSecret, generateTokenIfNeeded), pkg/serviceaccount/legacy.go.
 */
export type TokenSecretPlan =
  | { readonly kind: 'nothing' }
  /** Whom it is a token of is not there any more. */
  | { readonly kind: 'delete' }
  | { readonly kind: 'update'; readonly secret: KubeObject };

const accountName = 'kubernetes.io/service-account.name';
const accountUid = 'kubernetes.io/service-account.uid';

export interface TokenSecretFacts {
  readonly secret: KubeObject;
  readonly account: KubeObject | null;
  readonly rootCaPem: string | null;
  readonly sign: (claims: object) => string;
}

export function planTokenSecret({ secret, account, rootCaPem, sign }: TokenSecretFacts): TokenSecretPlan {
  const { annotations = {}, name, namespace = '' } = secret.metadata;
  const uid = account?.metadata.uid ?? '';
  if (account === null || !mayBelongTo(secret, account)) return { kind: 'delete' };
  const data = (secret['data'] ?? {}) as Readonly<Record<string, string>>;
  const wanted: Record<string, string> = {};
  const authority = encoded(rootCaPem ?? '');
  if (authority !== '' && data['ca.crt'] !== authority) wanted['ca.crt'] = authority;
  if ((data['namespace'] ?? '') === '') wanted['namespace'] = encoded(namespace);
  if ((data['token'] ?? '') === '') {
    const subject = { namespace, account: account.metadata.name, uid, secret: name };
    wanted['token'] = encoded(sign(claimsOf(subject)));
  }
  if (Object.keys(wanted).length === 0) return { kind: 'nothing' };
  const metadata = {
    ...secret.metadata,
    annotations: { ...annotations, [accountName]: account.metadata.name, [accountUid]: uid },
  };
  return { kind: 'update', secret: { ...secret, metadata, data: { ...data, ...wanted } } };
}

/** The account that a Secret says it is a token of. */
export function accountNameOf({ metadata }: KubeObject): string {
  return metadata.annotations?.[accountName] ?? '';
}

/** Whether it may be this one: of that uid, or of whoever has the name. */
export function mayBelongTo({ metadata }: KubeObject, account: KubeObject): boolean {
  return ['', account.metadata.uid].includes(metadata.annotations?.[accountUid] ?? '');
}

function claimsOf(of: {
  readonly namespace: string;
  readonly account: string;
  readonly uid: string;
  readonly secret: string;
}): object {
  const prefix = 'kubernetes.io/serviceaccount';
  return {
    iss: 'kubernetes/serviceaccount',
    [`${prefix}/namespace`]: of.namespace,
    [`${prefix}/secret.name`]: of.secret,
    [`${prefix}/service-account.name`]: of.account,
    [`${prefix}/service-account.uid`]: of.uid,
    sub: `system:serviceaccount:${of.namespace}:${of.account}`,
  };
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64');
}
