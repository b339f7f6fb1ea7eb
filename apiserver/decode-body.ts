import { badRequest, type Failure } from '../api/failures';
import type { KubeObject } from '../api/objects';
import { type Decoded, decodeJson } from '../api/schema/decode-json';
import { decodeProtobuf, openEnvelope } from '../api/schema/decode-protobuf';
import { goTypeName } from '../api/schema/go-type-name';
import { kubernetesSchema } from '../api/schema/kubernetes-schema';
import type { Message } from '../api/schema/schema';
import { type JsonNode, parseGoJson } from '../wire/go-json';
import { parseGoYaml } from '../wire/go-yaml';
import type { FieldValidation } from './field-validation';
import { apiVersionOf, type ResourceKind } from './registry';
import { type BodyFormat, bodyFormat } from './request-body';

/**
 * Bodies into objects of the kind that the path names. What comes out is what Go would write: unknown fields dropped,
 * empty ones where Go has them.
 * Source of order and texts: k8s.io/apiserver pkg/endpoints/handlers/{create,rest}.go; k8s.io/apimachinery
 * pkg/runtime/serializer/{json/json,protobuf/protobuf,versioning/versioning}.go.
 */
export interface DecodedBody {
  readonly kind: 'decoded';
  readonly object: KubeObject;
  /** For Warning headers. */
  readonly warnings: readonly string[];
}

export function decodeBody(
  expected: ResourceKind,
  contentType: string,
  body: Buffer,
  validation: FieldValidation,
): DecodedBody | Failure {
  const format = bodyFormat(contentType);
  if (typeof format !== 'string') return format;
  const document = readDocument(format, body);
  if (document.kind === 'unreadable') return unrecognized(expected, document.why, body);
  return decodeDocument(expected, document, validation);
}

/** A body that says what it is, its fields not yet looked at. */
interface ReadDocument {
  readonly kind: 'document';
  readonly apiVersion: string;
  readonly objectKind: string;
  readonly duplicates: readonly string[];
  readonly decode: (message: Message) => Decoded;
}

/** A body that does not even say what it is. */
interface Unreadable {
  readonly kind: 'unreadable';
  readonly why: string;
}

export function readDocument(format: BodyFormat, body: Buffer): ReadDocument | Unreadable {
  if (format === 'protobuf') return openDocument(body);
  const text = body.toString('utf8');
  if (format === 'json') {
    const node = parseGoJson(text);
    return node.kind === 'syntax-error' ? unreadableType(node.text) : interpret(node, []);
  }
  const yaml = parseGoYaml(text);
  if (yaml.kind === 'syntax-error') return { kind: 'unreadable', why: yaml.text };
  const { duplicates } = yaml;
  const lines = duplicates.map((line) => `\n  ${line}`).join('');
  return interpret(yaml.node, duplicates.length === 0 ? [] : [`yaml: unmarshal errors:${lines}`]);
}

function unreadableType(why: string): Unreadable {
  return { kind: 'unreadable', why: `couldn't get version/kind; json parse error: ${why}` };
}

/** json/meta.go: encoding/json of the standard library, which does not mind the case of keys. */
function interpret(node: JsonNode, duplicates: readonly string[]): ReadDocument | Unreadable {
  const found = { apiversion: '', kind: '' };
  if (node.kind === 'object') {
    for (const [key, value] of node.members) {
      const name = key.toLowerCase();
      if ((name !== 'apiversion' && name !== 'kind') || value.kind === 'null') continue;
      if (value.kind !== 'string') {
        const field = name === 'kind' ? 'kind' : 'apiVersion';
        return unreadableType(
          `json: cannot unmarshal ${value.kind} into Go struct field .${field} of type string`,
        );
      }
      found[name] = value.value;
    }
  } else if (node.kind !== 'null') {
    return unreadableType(`json: cannot unmarshal ${node.kind} into Go value of type ${findKind}`);
  }
  if (found.apiversion.split('/').length > 2)
    return { kind: 'unreadable', why: `unexpected GroupVersion string: ${found.apiversion}` };
  return {
    kind: 'document',
    apiVersion: found.apiversion,
    objectKind: found.kind,
    duplicates,
    decode: (message) => decodeJson(kubernetesSchema, message, node),
  };
}

/** reflect's name of the nameless struct in json/meta.go. */
const findKind =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

function openDocument(body: Buffer): ReadDocument | Unreadable {
  const envelope = openEnvelope(body);
  if (envelope.kind === 'undecodable') return { kind: 'unreadable', why: envelope.error };
  const { apiVersion, objectKind, raw } = envelope;
  const decode = (message: Message): Decoded => decodeProtobuf(kubernetesSchema, message, raw);
  return { kind: 'document', apiVersion, objectKind, duplicates: [], decode };
}

function decodeDocument(
  expected: ResourceKind,
  document: ReadDocument,
  validation: FieldValidation,
): DecodedBody | Failure {
  const apiVersion = document.apiVersion || apiVersionOf(expected);
  const objectKind = document.objectKind || expected.kind;
  const version = apiVersion.split('/').at(-1) ?? '';
  const refuse = (why: string): Failure =>
    badRequest(
      `${objectKind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}: ${why}`,
    );
  const message = kubernetesSchema.messageOf(apiVersion, objectKind);
  if (message === null) {
    return refuse(
      `no kind ${JSON.stringify(objectKind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    );
  }
  const decoded = document.decode(message);
  if (decoded.kind === 'undecodable') return refuse(decoded.error);
  if (objectKind !== expected.kind || groupOf(apiVersion) !== expected.group) {
    const from = goTypeName({ kind: 'message', message: message.name, atomic: false });
    const to = `${expected.group.split('.')[0] || 'core'}.${expected.kind}`;
    return refuse(`converting (${from}) to (${to}): unknown conversion`);
  }
  const strictErrors = [...document.duplicates, ...decoded.strictErrors];
  if (validation === 'Strict' && strictErrors.length > 0)
    return refuse(`strict decoding error: ${strictErrors.join(', ')}`);
  if (apiVersion !== apiVersionOf(expected) && !isAlsoAccepted(expected, apiVersion)) {
    return badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(expected)})`,
    );
  }
  return {
    kind: 'decoded',
    object: asObject(expected, decoded.object),
    warnings: validation === 'Warn' ? strictErrors : [],
  };
}

/** Old kubectl evicts with policy/v1beta1 (pkg/registry/core/pod/storage/eviction.go, AcceptsGroupVersion). */
function isAlsoAccepted(expected: ResourceKind, apiVersion: string): boolean {
  return expected.kind === 'Eviction' && apiVersion === 'policy/v1beta1';
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

export function asObject(expected: ResourceKind, decoded: Record<string, unknown>): KubeObject {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = decoded;
  const { name, ...meta } = (metadata ?? {}) as Record<string, unknown>;
  return {
    kind: expected.kind,
    apiVersion: apiVersionOf(expected),
    metadata: { name: typeof name === 'string' ? name : '', ...meta },
    ...rest,
  };
}

/** rest.go, transformDecodeError, for a body whose kind could not be found out. */
function unrecognized(expected: ResourceKind, why: string, body: Buffer): Failure {
  return badRequest(
    `the object provided is unrecognized (must be of type ${expected.kind}): ${why} (${summary(body)})`,
  );
}

/** rest.go, summarizeData: JSON as text, anything else in hexadecimal. */
function summary(body: Buffer): string {
  if (body.length === 0) return '<empty>';
  const longest = 30;
  const head = body.subarray(0, longest).toString(body[0] === 0x7b ? 'utf8' : 'hex');
  return body.length > longest ? `${head} ...` : head;
}
