import { badRequest, type Failure, unsupportedMediaType } from '../api/failures';
import type { KubeObject } from '../api/objects';
import { apiVersionOf, type ResourceKind } from './registry';

/** Reads request bodies into objects. Source of the texts: k8s.io/apiserver pkg/endpoints/handlers/{create,rest}.go. */

/** k8s.io/apiserver pkg/server/config.go, MaxRequestBodyBytes. */
export const bodyLimit = 3 * 1024 * 1024;

/** Protobuf bodies are not decoded yet, so they are not promised either. */
const bodyTypes = ['application/json', 'application/yaml'];

/** Any JSON or YAML value. kubectl 1.20 sends some JSON without a type. */
export function parseDocument(
  contentType: string,
  body: Buffer,
): { readonly kind: 'parsed'; readonly value: unknown } | Failure {
  const type = mediaType(contentType);
  try {
    if (type === '' || type === 'application/json' || type.endsWith('+json')) {
      return { kind: 'parsed', value: JSON.parse(body.toString('utf8')) as unknown };
    }
    if (type === 'application/yaml') return { kind: 'parsed', value: parseYaml(body.toString('utf8')) };
  } catch (error) {
    return badRequest(
      `error decoding the body of the request: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return unsupportedMediaType(bodyTypes);
}

export function mediaType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}

/** Loaded when the first YAML body arrives: kubectl sends JSON. */
function parseYaml(text: string): unknown {
  const yaml: typeof import('yaml') = require('yaml');
  return yaml.parse(text) as unknown;
}

/** The body as an object of the kind that the path names; what the body leaves out of its type is taken from the path. */
export function parseObject(kind: ResourceKind, contentType: string, body: Buffer): KubeObject | Failure {
  const parsed = parseDocument(contentType, body);
  if (parsed.kind !== 'parsed')
    return parsed.code === 400 ? unrecognized(kind, parsed.message ?? '', body) : parsed;
  return asObject(kind, parsed.value, body);
}

export function asObject(kind: ResourceKind, value: unknown, body: Buffer): KubeObject | Failure {
  if (!isRecord(value)) {
    return unrecognized(
      kind,
      "couldn't get version/kind; json parse error: json: cannot unmarshal into Go value of type struct",
      body,
    );
  }
  const apiVersion = value['apiVersion'] ?? apiVersionOf(kind);
  const named = value['kind'] ?? kind.kind;
  if (apiVersion !== apiVersionOf(kind)) {
    return badRequest(
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (${apiVersionOf(kind)})`,
    );
  }
  if (named !== kind.kind) {
    return badRequest(
      `${String(named)} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: converting (${kind.version}.${String(named)}) to (${kind.kind}): unknown conversion`,
    );
  }
  const metadata = value['metadata'] ?? {};
  if (!isRecord(metadata) || !shapeIsSound(kind, value)) {
    return badRequest(
      `${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: json: cannot unmarshal the fields of the object`,
    );
  }
  const { managedFields: _dropped, ...kept } = metadata;
  const name = typeof kept['name'] === 'string' ? kept['name'] : '';
  return { ...value, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { ...kept, name } };
}

/** The few shapes that the code behind relies on: Go's decoder refuses the others. */
function shapeIsSound(kind: ResourceKind, value: Record<string, unknown>): boolean {
  const spec = value['spec'];
  const status = value['status'];
  if (spec !== undefined && !isRecord(spec)) return false;
  if (status !== undefined && status !== null && !isRecord(status)) return false;
  const labels = isRecord(value['metadata']) ? value['metadata']['labels'] : undefined;
  if (labels !== undefined && labels !== null && !isRecord(labels)) return false;
  switch (kind.kind) {
    case 'Pod':
      return (
        isRecord(spec) &&
        ['containers', 'initContainers', 'ephemeralContainers'].every((key) => listOfRecords(spec[key]))
      );
    case 'Service':
      return isRecord(spec) && listOfRecords(spec['ports']);
    case 'Role':
    case 'ClusterRole':
      return listOfRecords(value['rules']) && rulesAreSound(value['rules']);
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return isRecord(value['roleRef']) && listOfRecords(value['subjects']);
    case 'Endpoints':
      return listOfRecords(value['subsets']);
  }
  return true;
}

function rulesAreSound(rules: unknown): boolean {
  const lists = ['verbs', 'apiGroups', 'resources', 'resourceNames', 'nonResourceURLs'];
  return (Array.isArray(rules) ? rules : []).every(
    (rule: unknown) =>
      isRecord(rule) &&
      Array.isArray(rule['verbs']) &&
      lists.every((key) => {
        const entries = rule[key];
        return (
          entries === undefined ||
          (Array.isArray(entries) && entries.every((entry) => typeof entry === 'string'))
        );
      }),
  );
}

function listOfRecords(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.every(isRecord));
}

function unrecognized(kind: ResourceKind, why: string, body: Buffer): Failure {
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind.kind}): ${why} (${summary(body)})`,
  );
}

/** create.go, summarizeData: JSON as text, anything else in hexadecimal. */
function summary(body: Buffer): string {
  if (body.length === 0) return '<empty>';
  const longest = 30;
  const head = body.subarray(0, longest).toString(body[0] === 0x7b ? 'utf8' : 'hex');
  return body.length > longest ? `${head} ...` : head;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
