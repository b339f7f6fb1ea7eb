import { kubernetesSchema } from '../../api/schema/kubernetes-schema';
import { versionInfo } from '../discovery';
import { patchTypes } from '../patch/apply-patch';
import { apiVersionOf, kinds, type ResourceKind } from '../registry';
import {
  type Dialect,
  definitions,
  type GroupVersionKind,
  reference,
  type SchemaObject,
} from './definitions';
import { type Operation, operationsOf, patchBody, type QueryParameter } from './operations';

/** The documents of /openapi/v2 and /openapi/v3, made from the tables of types and from what is served. */
type Document = Readonly<Record<string, unknown>>;

const info = { title: 'Kubernetes', version: versionInfo.gitVersion };

export function openApiV2(): Document {
  const operations = kinds.flatMap(operationsOf);
  return {
    swagger: '2.0',
    info,
    paths: pathsOf(operations, 'v2'),
    definitions: schemasOf(kinds, operations, 'v2'),
    securityDefinitions: {
      BearerToken: {
        description: 'Bearer Token authentication',
        type: 'apiKey',
        name: 'authorization',
        in: 'header',
      },
    },
    security: [{ BearerToken: [] }],
  };
}

/** The group versions that have a document, as the index names them: `api/v1`, `apis/apps/v1`. */
export function groupVersions(): string[] {
  return [...new Set(kinds.map(documentOf))].sort();
}

/** Null for a group version that is not served. */
export function openApiV3(groupVersion: string): Document | null {
  const served = kinds.filter((kind) => documentOf(kind) === groupVersion);
  if (served.length === 0) return null;
  const operations = served.flatMap(operationsOf);
  return {
    openapi: '3.0.0',
    info: { ...info, title: 'Kubernetes' },
    paths: pathsOf(operations, 'v3'),
    components: {
      schemas: schemasOf(served, operations, 'v3'),
      securitySchemes: {
        BearerToken: {
          type: 'apiKey',
          description: 'Bearer Token authentication',
          name: 'authorization',
          in: 'header',
        },
      },
    },
  };
}

function documentOf(kind: ResourceKind): string {
  return kind.group === '' ? `api/${kind.version}` : `apis/${apiVersionOf(kind)}`;
}

function schemasOf(
  served: readonly ResourceKind[],
  operations: readonly Operation[],
  dialect: Dialect,
): Record<string, SchemaObject> {
  const names = operations.flatMap(({ body, answer }) => [answer, ...(body === null ? [] : [body])]);
  const roots = [...new Set([...names, deleteOptions, status])].filter((name) => name !== patchBody);
  return {
    ...definitions(roots, kindsByName(served), dialect),
    [patchBody]: { description: 'A patch, of the kind that its media type says.', type: 'object' },
  };
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const deleteOptions = `${meta}.DeleteOptions`;
const status = `${meta}.Status`;

/** `x-kubernetes-group-version-kind`: a few types are kinds of several groups. */
function kindsByName(served: readonly ResourceKind[]): Map<string, GroupVersionKind[]> {
  const byName = new Map<string, GroupVersionKind[]>();
  const add = (apiVersion: string, kind: string): void => {
    const name = kubernetesSchema.messageOf(apiVersion, kind)?.name;
    if (name === undefined) return;
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    const known = byName.get(name) ?? [];
    if (known.some((one) => one.group === group && one.version === version)) return;
    byName.set(name, [...known, { group, kind, version }]);
  };
  add('v1', 'Status');
  for (const kind of served) {
    add(apiVersionOf(kind), kind.kind);
    add(apiVersionOf(kind), `${kind.kind}List`);
    for (const part of kind.subresources) add(apiVersionOf({ ...kind, ...part }), part.kind);
  }
  const groups = new Map(kinds.map(({ group, version }) => [`${group}/${version}`, { group, version }]));
  byName.set(
    deleteOptions,
    [...groups.values()].map(({ group, version }) => ({ group, kind: 'DeleteOptions', version })),
  );
  return byName;
}

function pathsOf(operations: readonly Operation[], dialect: Dialect): Record<string, unknown> {
  const paths = new Map<string, Record<string, unknown>>();
  for (const operation of operations) {
    const path = paths.get(operation.path) ?? { parameters: pathParameters(operation.path, dialect) };
    path[operation.method] = dialect === 'v2' ? operationV2(operation) : operationV3(operation);
    paths.set(operation.path, path);
  }
  return Object.fromEntries([...paths].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function operationV2(operation: Operation): Document {
  const { body, query } = operation;
  const sent =
    body === null ? [] : [{ name: 'body', in: 'body', required: true, schema: reference(body, 'v2') }];
  return {
    description: operation.description,
    consumes: body === patchBody ? patchTypes : ['*/*'],
    produces: answerTypes,
    schemes: ['https'],
    tags: [operation.tag],
    operationId: operation.id,
    parameters: [...sent, ...query.map((parameter) => queryParameter(parameter, 'v2'))],
    responses: responses(operation, (schema) => ({ description: 'OK', schema: reference(schema, 'v2') })),
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.kind,
  };
}

function operationV3(operation: Operation): Document {
  const { body, query } = operation;
  const types = body === patchBody ? patchTypes : ['*/*'];
  const content = (schema: string, media: readonly string[]): Document =>
    Object.fromEntries(media.map((type) => [type, { schema: { $ref: `#/components/schemas/${schema}` } }]));
  return {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.id,
    ...(query.length === 0 ? {} : { parameters: query.map((parameter) => queryParameter(parameter, 'v3')) }),
    ...(body === null ? {} : { requestBody: { content: content(body, types), required: true } }),
    responses: responses(operation, (schema) => ({
      description: 'OK',
      content: content(schema, answerTypes),
    })),
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.kind,
  };
}

const answerTypes = ['application/json', 'application/yaml'];

function responses({ codes, answer }: Operation, ok: (schema: string) => Document): Document {
  return Object.fromEntries([
    ...codes.map((code) => [String(code), ok(answer)] as const),
    ['401', { description: 'Unauthorized' }],
  ]);
}

function queryParameter({ name, type, description }: QueryParameter, dialect: Dialect): Document {
  return {
    name,
    in: 'query',
    description,
    ...(dialect === 'v2' ? { type, uniqueItems: true } : { schema: { type, uniqueItems: true } }),
  };
}

function pathParameters(path: string, dialect: Dialect): Document[] {
  const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  return named.sort().map((name) => {
    const description = name === 'name' ? 'The name of the object.' : 'The namespace of the object.';
    const type = { type: 'string', uniqueItems: true };
    return { name, in: 'path', description, required: true, ...(dialect === 'v2' ? type : { schema: type }) };
  });
}
