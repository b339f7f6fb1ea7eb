import { ProtobufWriter } from '../../wire/protobuf-writer';

/**
 * An OpenAPI v2 document in the protobuf that kubectl asks for. Field numbers: github.com/google/gnostic-models
 * openapiv2/OpenAPIv2.proto. What Kubernetes' documents do not have is not written.
 */
type Json = Readonly<Record<string, unknown>>;

export function gnosticDocument(document: Json): Buffer {
  const info = record(document['info']);
  const paths = new ProtobufWriter();
  for (const [path, item] of Object.entries(record(document['paths'])))
    paths.bytes(2, named(path, pathItem(record(item))));
  return new ProtobufWriter()
    .bytes(1, text(document['swagger']))
    .bytes(2, new ProtobufWriter().bytes(1, text(info['title'])).bytes(2, text(info['version'])))
    .bytes(8, paths)
    .bytes(9, namedSchemas(record(document['definitions'])))
    .finish();
}

const methods: readonly (readonly [method: string, number: number])[] = [
  ['get', 2],
  ['put', 3],
  ['post', 4],
  ['delete', 5],
  ['patch', 8],
];

function pathItem(item: Json): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const [method, number] of methods)
    if (item[method] !== undefined) writer.bytes(number, operation(record(item[method])));
  for (const one of array(item['parameters'])) writer.bytes(9, parameter(record(one)));
  return writer;
}

function operation(operation: Json): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const tag of array(operation['tags'])) writer.bytes(1, text(tag));
  writer.bytes(3, text(operation['description'])).bytes(5, text(operation['operationId']));
  for (const type of array(operation['produces'])) writer.bytes(6, text(type));
  for (const type of array(operation['consumes'])) writer.bytes(7, text(type));
  for (const one of array(operation['parameters'])) writer.bytes(8, parameter(record(one)));
  const responses = new ProtobufWriter();
  for (const [code, answer] of Object.entries(record(operation['responses'])))
    responses.bytes(1, named(code, new ProtobufWriter().bytes(1, response(record(answer)))));
  writer.bytes(9, responses);
  for (const scheme of array(operation['schemes'])) writer.bytes(10, text(scheme));
  return extensions(writer, 13, operation);
}

function response(response: Json): ProtobufWriter {
  const writer = new ProtobufWriter().bytes(1, text(response['description']));
  if (response['schema'] !== undefined)
    writer.bytes(2, new ProtobufWriter().bytes(1, schema(record(response['schema']))));
  return writer;
}

/** ParametersItem → Parameter → one message for each place that a parameter can be in. */
function parameter(parameter: Json): ProtobufWriter {
  const [name, description] = [text(parameter['name']), text(parameter['description'])];
  const required = parameter['required'] === true;
  if (parameter['in'] === 'body') {
    const body = new ProtobufWriter().bytes(2, name).bytes(3, 'body').varint(4, required);
    body.bytes(5, new ProtobufWriter().bytes(1, schema(record(parameter['schema']))));
    return new ProtobufWriter().bytes(1, new ProtobufWriter().bytes(1, body));
  }
  const inPath = parameter['in'] === 'path';
  const place = new ProtobufWriter()
    .varint(1, required)
    .bytes(2, text(parameter['in']))
    .bytes(3, description)
    .bytes(4, name)
    .bytes(inPath ? 5 : 6, text(parameter['type']));
  const nonBody = new ProtobufWriter().bytes(inPath ? 4 : 3, place);
  return new ProtobufWriter().bytes(1, new ProtobufWriter().bytes(2, nonBody));
}

function schema(schema: Json): ProtobufWriter {
  const writer = new ProtobufWriter();
  if (schema['$ref'] !== undefined) writer.bytes(1, text(schema['$ref']));
  if (schema['format'] !== undefined) writer.bytes(2, text(schema['format']));
  if (schema['description'] !== undefined) writer.bytes(4, text(schema['description']));
  if (schema['default'] !== undefined) writer.bytes(5, anything(schema['default']));
  for (const name of array(schema['required'])) writer.bytes(19, text(name));
  for (const value of array(schema['enum'])) writer.bytes(20, anything(value));
  const { additionalProperties, items, properties, type } = schema as Record<string, unknown>;
  if (additionalProperties !== undefined)
    writer.bytes(21, new ProtobufWriter().bytes(1, inner(additionalProperties)));
  if (type !== undefined) writer.bytes(22, new ProtobufWriter().bytes(1, text(type)));
  if (items !== undefined) writer.bytes(23, new ProtobufWriter().bytes(1, inner(items)));
  if (properties !== undefined) writer.bytes(25, namedSchemas(record(properties)));
  return extensions(writer, 31, schema);
}

function inner(value: unknown): ProtobufWriter {
  return schema(record(value));
}

function namedSchemas(schemas: Json): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const [name, value] of Object.entries(schemas)) writer.bytes(1, named(name, schema(record(value))));
  return writer;
}

function named(name: string, value: ProtobufWriter): ProtobufWriter {
  return new ProtobufWriter().bytes(1, name).bytes(2, value);
}

function extensions(writer: ProtobufWriter, number: number, from: Json): ProtobufWriter {
  for (const [name, value] of Object.entries(from))
    if (name.startsWith('x-')) writer.bytes(number, named(name, anything(value)));
  return writer;
}

/** Any value travels as YAML, and JSON is YAML. */
function anything(value: unknown): ProtobufWriter {
  return new ProtobufWriter().bytes(2, `${JSON.stringify(value)}\n`);
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
