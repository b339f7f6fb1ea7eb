import { exactField, parseFieldSelector } from '../api/selectors';

/**
 * What a request asks for, before anybody decides on it: the input of the authorizer and of the router.
 * Source: k8s.io/apiserver pkg/endpoints/request/requestinfo.go (RequestInfoFactory.NewRequestInfo).
 */
export interface RequestInfo {
  readonly isResourceRequest: boolean;
  /** Percent-decoded, without the query. */
  readonly path: string;
  /** `get list watch create update patch delete deletecollection`; '' for a method without a verb; for a path that is no resource the method in lower case. */
  readonly verb: string;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Relative to the resource: `[pods, web, proxy, index.html]`. */
  readonly parts: readonly string[];
  /** As it was sent with a list, a watch or a deletecollection; else ''. */
  readonly fieldSelector: string;
}

const specialVerbs = new Set(['proxy', 'watch']);
const specialVerbsNoSubresources = new Set(['proxy']);
const collectionVerbs = new Set(['list', 'watch', 'deletecollection']);
const namespaceSubresources = new Set(['status', 'finalize']);

/** `query` is the raw text behind the question mark. A malformed percent escape in the path gives null (Go answers 400). */
export function requestInfo(method: string, rawPath: string, query = ''): RequestInfo | null {
  const path = decodePath(rawPath);
  if (path === null) return null;
  let parts = path.replace(/^\/+|\/+$/g, '').split('/');
  const other = nonResource(method, path);

  const prefix = parts[0];
  if (parts.length < 3 || (prefix !== 'api' && prefix !== 'apis')) return other;
  parts = parts.slice(1);
  let apiGroup = '';
  if (prefix === 'apis') {
    if (parts.length < 3) return other;
    apiGroup = parts[0] ?? '';
    parts = parts.slice(1);
  }
  const apiVersion = parts[0] ?? '';
  parts = parts.slice(1);

  let verb = verbOf(method);
  const first = parts[0] ?? '';
  const verbInPath = specialVerbs.has(first);
  if (verbInPath) {
    if (parts.length < 2) return other;
    verb = first;
    parts = parts.slice(1);
  }

  let namespace = '';
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = parts[1] ?? '';
    if (parts.length > 2 && !namespaceSubresources.has(parts[2] ?? '')) parts = parts.slice(2);
  }

  const resource = parts[0] ?? '';
  let name = parts[1] ?? '';
  const subresource = specialVerbsNoSubresources.has(verb) ? '' : (parts[2] ?? '');
  if (name === '' && verb === 'get') {
    const wanted = new URLSearchParams(query);
    verb = isTrue(wanted.get('watch')) ? 'watch' : 'list';
    name = pinnedName(wanted.get('fieldSelector'));
  }
  if (name === '' && verb === 'delete') verb = 'deletecollection';
  return {
    isResourceRequest: true,
    path,
    verb,
    apiGroup,
    apiVersion,
    namespace,
    resource,
    subresource,
    name,
    parts,
    // Upstream trusts no selector of the old paths with the verb in them: not all of these heed it.
    fieldSelector: verbInPath || !collectionVerbs.has(verb) ? '' : fieldSelectorOf(query),
  };
}

function nonResource(method: string, path: string): RequestInfo {
  return {
    isResourceRequest: false,
    path,
    verb: method.toLowerCase(),
    apiGroup: '',
    apiVersion: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    parts: [],
    fieldSelector: '',
  };
}

function fieldSelectorOf(query: string): string {
  return new URLSearchParams(query).get('fieldSelector') ?? '';
}

function verbOf(method: string): string {
  switch (method) {
    case 'POST':
      return 'create';
    case 'GET':
    case 'HEAD':
      return 'get';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return 'delete';
  }
  return '';
}

function decodePath(raw: string): string | null {
  try {
    return decodeURIComponent(raw);
  } catch {
    return null;
  }
}

/** A list that pins one name is authorized as if it named it: rules with resourceNames can then allow it. */
function pinnedName(fieldSelector: string | null): string {
  if (fieldSelector === null) return '';
  const selector = parseFieldSelector(fieldSelector);
  if (selector.kind === 'selector-error') return '';
  const name = exactField(selector, 'metadata.name') ?? '';
  return name === '.' || name === '..' || name.includes('/') || name.includes('%') ? '' : name;
}

/** conversion.Convert_Slice_string_To_bool: absent is false, `false` and `0` are false, everything else (even empty) is true. */
export function isTrue(value: string | null): boolean {
  return value !== null && value.toLowerCase() !== 'false' && value !== '0';
}
