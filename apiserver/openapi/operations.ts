import { kubernetesSchema } from '../../api/schema/kubernetes-schema';
import { apiVersionOf, type ResourceKind, type Subresource } from '../registry';
import type { GroupVersionKind } from './definitions';

/**
 * What can be asked of the served kinds, without either dialect: paths, verbs, their parameters and the types of their bodies.
 * Source: k8s.io/apiserver pkg/endpoints/installer.go.
 */
export interface Operation {
  readonly path: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** `x-kubernetes-action`. */
  readonly action: 'list' | 'get' | 'post' | 'put' | 'patch' | 'delete' | 'deletecollection';
  readonly id: string;
  readonly description: string;
  readonly tag: string;
  readonly kind: GroupVersionKind;
  readonly query: readonly QueryParameter[];
  /** The OpenAPI name of what is sent; `patch` for a patch, null for nothing. */
  readonly body: string | null;
  /** The OpenAPI name of what is answered. */
  readonly answer: string;
  readonly codes: readonly number[];
}

export interface QueryParameter {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'integer';
  readonly description: string;
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

export const patchBody = `${meta}.Patch`;

export function operationsOf(kind: ResourceKind): Operation[] {
  const base = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const home = kind.namespaced
    ? `${base}/namespaces/{namespace}/${kind.resource}`
    : `${base}/${kind.resource}`;
  const name = messageName(kind);
  if (name === null) return [];
  const list = messageName({ ...kind, kind: `${kind.kind}List` }) ?? name;
  const about = { owner: kind, kind, name, list };
  const collection = kind.verbs.flatMap((verb) => collectionOperation(about, home, verb));
  const everywhere =
    kind.namespaced && kind.verbs.includes('list')
      ? [listOperation(about, `${base}/${kind.resource}`, 'ForAllNamespaces')]
      : [];
  const item = kind.verbs.flatMap((verb) => itemOperation(about, `${home}/{name}`, verb, null));
  const parts = kind.subresources.flatMap((part) => {
    const body = messageName({ ...kind, ...part });
    // Streams and proxies have no body that a type describes.
    if (body === null) return [];
    const of = { owner: kind, kind: { ...kind, ...part }, name: body, list: body };
    return part.verbs.flatMap((verb) => itemOperation(of, `${home}/{name}/${part.name}`, verb, part));
  });
  return [...collection, ...everywhere, ...item, ...parts];
}

interface Owner {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

interface About {
  /** Whose path it is. */
  readonly owner: Owner;
  /** What is sent and answered there: of a subresource, often something else. */
  readonly kind: GroupVersionKind;
  readonly name: string;
  readonly list: string;
}

function messageName(kind: { group: string; version: string; kind: string }): string | null {
  return kubernetesSchema.messageOf(apiVersionOf(kind), kind.kind)?.name ?? null;
}

function collectionOperation(about: About, path: string, verb: string): Operation[] {
  switch (verb) {
    case 'list':
      return [listOperation(about, path, '')];
    case 'create':
      return [
        operation(about, path, 'post', 'post', 'create', {
          query: writeParameters,
          body: about.name,
          answer: about.name,
          codes: [200, 201, 202],
        }),
      ];
    case 'deletecollection':
      return [
        operation(about, path, 'delete', 'deletecollection', 'deleteCollection', {
          query: [...listParameters, ...deleteParameters],
          body: `${meta}.DeleteOptions`,
          answer: `${meta}.Status`,
          codes: [200],
        }),
      ];
  }
  return [];
}

function listOperation(about: About, path: string, suffix: string): Operation {
  const shape = { query: listParameters, body: null, answer: about.list, codes: [200] };
  return operation(about, path, 'get', 'list', 'list', shape, suffix);
}

function itemOperation(about: About, path: string, verb: string, part: Subresource | null): Operation[] {
  const suffix = part === null ? '' : upperFirst(part.name);
  const { name } = about;
  switch (verb) {
    case 'get':
      return [
        operation(
          about,
          path,
          'get',
          'get',
          'read',
          { query: [], body: null, answer: name, codes: [200] },
          suffix,
        ),
      ];
    case 'create':
      // Of a subresource only: things are created in their collection.
      return part === null
        ? []
        : [
            operation(
              about,
              path,
              'post',
              'post',
              'create',
              { query: writeParameters, body: name, answer: name, codes: [200, 201, 202] },
              suffix,
            ),
          ];
    case 'update':
      return [
        operation(
          about,
          path,
          'put',
          'put',
          'replace',
          { query: writeParameters, body: name, answer: name, codes: [200, 201] },
          suffix,
        ),
      ];
    case 'patch':
      return [
        operation(
          about,
          path,
          'patch',
          'patch',
          'patch',
          { query: [...writeParameters, force], body: patchBody, answer: name, codes: [200, 201] },
          suffix,
        ),
      ];
    case 'delete':
      return [
        operation(
          about,
          path,
          'delete',
          'delete',
          'delete',
          {
            query: deleteParameters,
            body: `${meta}.DeleteOptions`,
            answer: `${meta}.Status`,
            codes: [200, 202],
          },
          suffix,
        ),
      ];
  }
  return [];
}

function operation(
  { owner, kind }: About,
  path: string,
  method: Operation['method'],
  action: Operation['action'],
  word: string,
  shape: Pick<Operation, 'query' | 'body' | 'answer' | 'codes'>,
  suffix = '',
): Operation {
  const group = owner.group.replace(/\.k8s\.io$/, '') || 'core';
  const scope = owner.namespaced && suffix !== 'ForAllNamespaces' ? 'Namespaced' : '';
  const family = group.split('.').map(upperFirst).join('') + upperFirst(owner.version);
  return {
    path,
    method,
    action,
    id: `${word}${family}${scope}${owner.kind}${suffix}`,
    description: `${word} objects of kind ${kind.kind}`,
    tag: `${group.replace(/\.(.)/g, (_, letter: string) => letter.toUpperCase())}_${owner.version}`,
    kind: { group: kind.group, kind: kind.kind, version: kind.version },
    ...shape,
  };
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const dryRun: QueryParameter = {
  name: 'dryRun',
  type: 'string',
  description: 'When it is All, every stage of the request is processed but for the last: nothing is stored.',
};

const writeParameters: readonly QueryParameter[] = [
  dryRun,
  {
    name: 'fieldManager',
    type: 'string',
    description:
      'The name of the actor that makes these changes: at most 128 printable characters. Required for apply patches.',
  },
  {
    name: 'fieldValidation',
    type: 'string',
    description:
      'What becomes of unknown and duplicate fields. Ignore: they are dropped silently. Warn (the default): they are dropped, with a warning each. Strict: the request fails.',
  },
];

const force: QueryParameter = {
  name: 'force',
  type: 'boolean',
  description: 'For apply patches: take over fields that other managers own.',
};

const deleteParameters: readonly QueryParameter[] = [
  dryRun,
  {
    name: 'gracePeriodSeconds',
    type: 'integer',
    description: 'Seconds until the object goes; 0 is at once. The default is that of the kind.',
  },
  {
    name: 'propagationPolicy',
    type: 'string',
    description: 'What becomes of dependents: Orphan, Background or Foreground.',
  },
];

const listParameters: readonly QueryParameter[] = [
  { name: 'allowWatchBookmarks', type: 'boolean', description: 'Watches may send events of type BOOKMARK.' },
  { name: 'continue', type: 'string', description: 'Where to go on: the token of the page before.' },
  { name: 'fieldSelector', type: 'string', description: 'Only objects whose fields are so.' },
  { name: 'labelSelector', type: 'string', description: 'Only objects whose labels are so.' },
  { name: 'limit', type: 'integer', description: 'The most objects that a page has.' },
  { name: 'resourceVersion', type: 'string', description: 'As of which version.' },
  {
    name: 'resourceVersionMatch',
    type: 'string',
    description: 'How resourceVersion is meant: Exact or NotOlderThan.',
  },
  {
    name: 'sendInitialEvents',
    type: 'boolean',
    description: 'A watch begins with what there is, and marks where that ends.',
  },
  { name: 'timeoutSeconds', type: 'integer', description: 'The longest that the request may take.' },
  { name: 'watch', type: 'boolean', description: 'Changes as they come, instead of a list.' },
];
