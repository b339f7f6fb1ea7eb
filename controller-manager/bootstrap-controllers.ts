import {
  bootstrapTokenData,
  bootstrapTokenEnd,
  bootstrapTokenIsOver,
  isBootstrapTokenSecret,
} from '../api/bootstrap-token-secret';
import type { KubeObject } from '../api/objects';
import { sameJson } from '../api/same-json';
import { detachedJws } from '../wire/detached-jws';
import { deleteObject, keyOf, mustBe, type StartController, splitKey } from './context';

const SECRETS = '/api/v1/namespaces/kube-system/secrets';
const CLUSTER_INFO = { namespace: 'kube-public', name: 'cluster-info' };
const SIGNATURE = 'jws-kubeconfig-';

/**
 * Signs cluster-info with every bootstrap token that is for that, so that who has one can tell it from a stranger's.
 * Source: pkg/controller/bootstrap/bootstrapsigner.go.
 */
export const startBootstrapSigner: StartController = (context) => {
  const { client, signal, now } = context;
  const secrets = context.informer<KubeObject>(SECRETS);
  const maps = context.informer<KubeObject>('/api/v1/configmaps');
  const queue = context.queue(sync, [secrets, maps]);
  maps.listen((map) => {
    const { namespace, name } = map?.metadata ?? {};
    if (namespace === CLUSTER_INFO.namespace && name === CLUSTER_INFO.name) queue.add(name);
  });
  secrets.listen((after, before) => {
    const secret = after ?? before;
    if (secret !== null && isBootstrapTokenSecret(secret)) queue.add(CLUSTER_INFO.name);
  });

  async function sync(): Promise<void> {
    const map = maps.get(CLUSTER_INFO.namespace, CLUSTER_INFO.name);
    if (map === null) return;
    const data = (map['data'] ?? {}) as Readonly<Record<string, string>>;
    const signed = signedData(data, secrets.list(), now());
    if (signed === null || sameJson(signed, data)) return;
    const path = `/api/v1/namespaces/${CLUSTER_INFO.namespace}/configmaps/${CLUSTER_INFO.name}`;
    mustBe(await client.request('PUT', path, { body: { ...map, data: signed }, signal }), 404, 409);
  }

  return { close: () => queue.close() };
};

/** What the ConfigMap is to hold; null while there is nothing in it to sign. Pure. */
export function signedData(
  data: Readonly<Record<string, string>>,
  secrets: readonly KubeObject[],
  now: Date,
): Record<string, string> | null {
  const kubeconfig = data['kubeconfig'];
  if (kubeconfig === undefined) return null;
  const others = Object.entries(data).filter(([key]) => !key.startsWith(SIGNATURE));
  const signatures = secrets
    .filter((secret) => isBootstrapTokenSecret(secret) && mayBeSignedWith(secret, now))
    .map((secret) => {
      const token = {
        id: bootstrapTokenData(secret, 'token-id'),
        secret: bootstrapTokenData(secret, 'token-secret'),
      };
      return [`${SIGNATURE}${token.id}`, detachedJws(kubeconfig, token)] as const;
    });
  return Object.fromEntries([...others, ...signatures]);
}

/** Source: pkg/controller/bootstrap/util.go (validateSecretForSigning). */
function mayBeSignedWith(secret: KubeObject, now: Date): boolean {
  const data = (key: string): string => bootstrapTokenData(secret, key);
  return (
    data('token-id') !== '' &&
    secret.metadata.name === `bootstrap-token-${data('token-id')}` &&
    data('token-secret') !== '' &&
    !bootstrapTokenIsOver(secret, now) &&
    data('usage-bootstrap-signing') === 'true'
  );
}

/** Deletes bootstrap tokens whose time is over. Source: pkg/controller/bootstrap/tokencleaner.go. */
export const startTokenCleaner: StartController = (context) => {
  const { now } = context;
  const secrets = context.informer<KubeObject>(SECRETS);
  const queue = context.queue(sync, [secrets]);
  secrets.listen((secret) => {
    if (secret !== null && isBootstrapTokenSecret(secret)) queue.add(keyOf(secret));
  });

  async function sync(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const secret = secrets.get(namespace, name);
    const end = secret === null ? null : bootstrapTokenEnd(secret);
    if (secret === null || end === null) return;
    if (end.getTime() > now().getTime()) {
      queue.addAfter(key, end.getTime() - now().getTime());
      return;
    }
    await deleteObject(context, `${SECRETS}/${name}`, secret);
  }

  return { close: () => queue.close() };
};
