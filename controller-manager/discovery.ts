import type { KubeClient } from '../client/kube-client';
import { mustBe } from './context';

/** A kind as discovery names it, with what can be done to it. */
export interface ServedResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

interface ResourceList {
  readonly groupVersion: string;
  readonly resources: readonly {
    name: string;
    kind: string;
    namespaced: boolean;
    verbs: readonly string[];
  }[];
}

/** Everything that the apiserver stores, without subresources. Throws when it cannot be asked. */
export async function servedResources(client: KubeClient, signal: AbortSignal): Promise<ServedResource[]> {
  const groups = mustBe(await client.request('GET', '/apis', { signal })).json() as {
    groups: { versions: { groupVersion: string }[] }[];
  };
  const paths = [
    '/api/v1',
    ...groups.groups.flatMap((group) => group.versions.map((it) => `/apis/${it.groupVersion}`)),
  ];
  const lists = await Promise.all(
    paths.map(async (path) => mustBe(await client.request('GET', path, { signal })).json() as ResourceList),
  );
  return lists.flatMap(({ groupVersion, resources }) =>
    resources
      .filter(({ name, verbs }) => !name.includes('/') && verbs.includes('delete') && verbs.includes('watch'))
      .map(({ name, kind, namespaced, verbs }) => ({
        apiVersion: groupVersion,
        kind,
        resource: name,
        namespaced,
        verbs,
      })),
  );
}

/** The path of a collection; '' for the namespace of those that have none, or for all of them. */
export function collectionPath(
  { apiVersion, resource }: Pick<ServedResource, 'apiVersion' | 'resource'>,
  namespace = '',
): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace === '' ? `${root}/${resource}` : `${root}/namespaces/${namespace}/${resource}`;
}
