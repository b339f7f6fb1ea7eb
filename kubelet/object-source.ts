import type { KubeObject, Service } from '../api/objects';
import type { KubeClient } from '../client/kube-client';
import { objectList } from '../client/object-list';
import { ExpiringCache } from './expiring-cache';

/** What pods refer to, as the kubelet learns it from the apiserver. */
export interface ObjectSource {
  configMap(namespace: string, name: string): Promise<Found<ConfigMap>>;
  secret(namespace: string, name: string): Promise<Found<Secret>>;
  /** The services of these namespaces; those that cannot be had are left out. */
  services(namespaces: readonly string[]): Promise<readonly Service[]>;
  /** TokenRequest for the service account of a pod. */
  token(request: TokenWanted): Promise<Found<Token>>;
}

export type Found<T> =
  | { readonly kind: 'found'; readonly value: T }
  | { readonly kind: 'missing'; readonly text: string }
  /** It could not be asked for, or was refused. */
  | { readonly kind: 'failed'; readonly text: string };

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

export interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface TokenWanted {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod: { readonly name: string; readonly uid: string };
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
}

export interface Token {
  readonly text: string;
  readonly expiresAt: Date;
}

/** Services hardly change, and every container that starts asks for them. */
const SERVICES_KEPT_MS = 1_000;

export function apiserverSource(client: KubeClient, signal: AbortSignal, now: () => Date): ObjectSource {
  const kept = new ExpiringCache<Promise<readonly Service[]>>({ now: () => now().getTime() });
  const get = async <T>(path: string, what: string): Promise<Found<T>> => {
    const answer = await client.request('GET', path, { signal });
    const object = answer.json() as (T & { readonly message?: string }) | null;
    if (answer.ok && object !== null) return { kind: 'found', value: object };
    // The kubelet finds out in its own cache, whose resource has no plural (pkg/kubelet/{configmap,secret}).
    if (answer.status === 404) return { kind: 'missing', text: `${what} not found` };
    return { kind: 'failed', text: object?.message ?? answer.words };
  };
  const listServices = async (namespace: string): Promise<readonly Service[]> => {
    const answer = await client.request('GET', `/api/v1/namespaces/${namespace}/services`, { signal });
    return (answer.ok ? objectList<Service>(answer) : null)?.items ?? [];
  };
  return {
    configMap: (namespace, name) =>
      get(`/api/v1/namespaces/${namespace}/configmaps/${name}`, `configmap ${JSON.stringify(name)}`),
    secret: (namespace, name) =>
      get(`/api/v1/namespaces/${namespace}/secrets/${name}`, `secret ${JSON.stringify(name)}`),
    services: async (namespaces) => {
      const lists = namespaces.map((namespace) => {
        const known = kept.get(namespace);
        if (known !== undefined) return known;
        const list = listServices(namespace);
        kept.set(namespace, list, SERVICES_KEPT_MS);
        return list;
      });
      return (await Promise.all(lists)).flat();
    },
    token: async (wanted) => {
      const { namespace, serviceAccount } = wanted;
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
      const answer = await client.request('POST', path, { body: tokenRequest(wanted), signal });
      const body = answer.json() as TokenAnswer | null;
      const text = body?.status?.token;
      if (answer.ok && text !== undefined) {
        const expiresAt = new Date(body?.status?.expirationTimestamp ?? now());
        return { kind: 'found', value: { text, expiresAt } };
      }
      return { kind: answer.status === 404 ? 'missing' : 'failed', text: body?.message ?? answer.words };
    },
  };
}

interface TokenAnswer {
  readonly status?: { readonly token?: string; readonly expirationTimestamp?: string };
  readonly message?: string;
}

function tokenRequest({ audiences, expirationSeconds, pod }: TokenWanted): object {
  return {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      audiences,
      expirationSeconds,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.name, uid: pod.uid },
    },
  };
}

/** A kubelet by itself has nobody to ask. */
export const noSource: ObjectSource = {
  configMap: async () => NOBODY,
  secret: async () => NOBODY,
  services: async () => [],
  token: async () => NOBODY,
};

const NOBODY = { kind: 'failed', text: 'no apiserver to ask' } as const;
