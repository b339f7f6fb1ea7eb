import type { KubeObject } from '../../api/objects';
import { decodeJson } from '../../api/schema/decode-json';
import { jsonFields } from '../../api/schema/json-fields';
import { kubernetesSchema } from '../../api/schema/kubernetes-schema';
import type { FieldType, Message } from '../../api/schema/schema';
import { asObject } from '../../apiserver/decode-body';
import { applyDefaults } from '../../apiserver/defaulting/apply-defaults';
import { apiVersionOf } from '../../apiserver/registry';
import { kinds } from '../../apiserver/registry-rows';
import { validate } from '../../apiserver/validation/validate';
import { parseGoJson } from '../../wire/go-json';
import type { DocumentPath } from '../../wire/located-yaml';
import { type DocumentPart, nearOf } from './document-part';

/** Notes what the lab's apiserver would refuse of an object, in its words: before there is one. */
export function noteObjectFaults(part: DocumentPart, given: KubeObject): void {
  const { apiVersion = '', kind = '', metadata } = given;
  const row = kinds.find((it) => it.kind === kind && apiVersionOf(it) === apiVersion);
  const message = kubernetesSchema.messageOf(apiVersion, kind);
  const node = parseGoJson(JSON.stringify(given));
  if (row === undefined || message === null || node.kind === 'syntax-error') return;
  if (!row.namespaced && metadata.namespace !== undefined)
    part.noteName('metadata', `${kind} ${metadata.name} is in no namespace`, 'leave it out', ['namespace']);
  const decoded = decodeJson(kubernetesSchema, message, node);
  if (decoded.kind === 'undecodable') {
    // Without the numbers of items: the nearest thing around it is shown.
    const [, field = ''] = /into Go struct field \w+\.(\S+) of type/.exec(decoded.error) ?? [];
    const [name = '', ...below] = pathOf(field);
    part.note(`${name}`, `${kind} ${metadata.name}: ${decoded.error}`, explained, below);
    return;
  }
  for (const error of decoded.strictErrors) {
    const [, field = ''] = /^unknown field "(.*)"$/.exec(error) ?? [];
    const [name = '', ...below] = pathOf(field);
    const known = fieldsBeside(message, [name, ...below]);
    const near = known.length === 0 ? explained : nearOf(String(below.at(-1) ?? name), known);
    part.noteName(`${name}`, `${error} of ${kind}`, near, below);
  }
  const object = asObject(row, decoded.object);
  applyDefaults(row, object);
  for (const { field, text } of validate(row, object)) {
    const [name = '', ...below] = pathOf(field);
    part.note(`${name}`, `${field}: ${text}`, explained, below);
  }
}

const explained = 'as with kubectl create: the apiserver would refuse it';

/** Of `spec.containers[0].image` or `data[a.b]`. */
function pathOf(field: string): DocumentPath {
  return [...field.matchAll(/\[(\d+)\]|\[([^\]]*)\]|([^.[\]]+)/g)].map(([, index, key, name]) =>
    index === undefined ? (key ?? name ?? '') : Number(index),
  );
}

/** The names of fields that could stand where the path ends. */
function fieldsBeside(message: Message, path: DocumentPath): string[] {
  let type: FieldType | undefined = { kind: 'message', message: message.name, atomic: false };
  for (const step of path.slice(0, -1)) {
    if (type?.kind === 'list' || type?.kind === 'map') type = type.of;
    else if (type?.kind === 'message') type = fieldsOf(type.message).get(String(step))?.type;
  }
  return type?.kind === 'message' ? [...fieldsOf(type.message).keys()] : [];
}

function fieldsOf(message: string): ReturnType<typeof jsonFields> {
  return jsonFields(kubernetesSchema.message(message), kubernetesSchema);
}
