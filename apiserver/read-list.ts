import { badRequest, expired, type Failure, isFailure } from '../api/failures';
import type { KubeObject } from '../api/objects';
import { decodeContinue, encodeContinue } from './continue-token';
import { type ListOptions, matchesSelection, selectsAll, tooLarge } from './list-options';
import type { ResourceKind } from './registry';
import type { Storage } from './storage';

/**
 * One page of a list, or all of it: which version is read, from where, and what the client needs to go on.
 * Source: k8s.io/apiserver pkg/storage/interfaces.go (ValidateListOptions), pkg/storage/etcd3/{store,errors}.go.
 */
export interface ListPage {
  readonly kind: 'list-page';
  readonly items: readonly KubeObject[];
  readonly metadata: ListMeta;
}

export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

const listExpired = 'The resourceVersion for the provided list is too old.';
const inconsistentContinue =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

export function readList(
  storage: Storage,
  kind: ResourceKind,
  namespace: string,
  options: ListOptions,
): ListPage | Failure {
  const prefix = !kind.namespaced ? '/' : namespace === '' ? '' : `${namespace}/`;
  const from = startOf(options, prefix);
  if (isFailure(from)) return from;
  const wanted = from.revision === null ? options.resourceVersion : String(from.revision);
  const future = tooLarge(wanted, storage.revision);
  if (future !== null) return future;
  const revision = from.revision ?? storage.revision;
  const snapshot = storage.snapshot(kind, namespace, revision, from.start);
  if (snapshot === null) {
    if (options.continue === '') return expired(listExpired);
    return {
      ...expired(inconsistentContinue),
      metadata: { continue: encodeContinue(-1, from.start, prefix) },
    };
  }
  const { keys } = snapshot;
  // Whoever is content with any version gets it from the watch cache, which knows no pages.
  const limit = options.resourceVersion === '0' && options.continue === '' ? 0 : options.limit;
  const all = selectsAll(options.selection);
  const items: KubeObject[] = [];
  let read = 0;
  while (read < keys.length && (limit === 0 || items.length < limit)) {
    const object = snapshot.object(keys[read] as string);
    read += 1;
    if (all || matchesSelection(kind, options.selection, object)) items.push(object);
  }
  const left = keys.length - read;
  return {
    kind: 'list-page',
    items,
    metadata: {
      resourceVersion: String(revision),
      ...(left === 0 ? {} : { continue: encodeContinue(revision, `${keys[read - 1]}\0`, prefix) }),
      // How many match a selector is not known without reading on.
      ...(left === 0 || !all ? {} : { remainingItemCount: left }),
    },
  };
}

/** The version to read, null for the newest, and the key to begin with. */
function startOf(
  options: ListOptions,
  prefix: string,
): { readonly kind: 'start'; readonly revision: number | null; readonly start: string } | Failure {
  const { resourceVersion, resourceVersionMatch, limit } = options;
  if (options.continue !== '') {
    const token = decodeContinue(options.continue, prefix);
    if (isFailure(token)) return token;
    if (resourceVersion !== '' && resourceVersion !== '0')
      return badRequest('specifying resource version is not allowed when using continue');
    return { kind: 'start', revision: token.revision < 0 ? null : token.revision, start: token.start };
  }
  // A limit with a version meant that very version before there was resourceVersionMatch.
  const exact = resourceVersionMatch === 'Exact' || (resourceVersionMatch === '' && limit > 0);
  const version = Number(resourceVersion);
  return { kind: 'start', revision: exact && version > 0 ? version : null, start: '' };
}
