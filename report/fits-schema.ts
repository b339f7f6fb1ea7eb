/** The part of JSON Schema that our own schemas are written in. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
}

type Definitions = Readonly<Record<string, Schema>>;

/**
 * The first thing in a document that does not fit, as `cells[3].path is "log"; …`; null when all of it does. For documents
 * that are read from a file: a test holds it against ajv on the same documents.
 */
export function misfit(schema: object & { readonly $defs?: object }, document: unknown): string | null {
  return check(schema as Schema, document, '', (schema.$defs ?? {}) as Definitions);
}

function check(schema: Schema, value: unknown, path: string, definitions: Definitions): string | null {
  if (schema.$ref !== undefined) {
    const definition = definitions[schema.$ref.replace('#/$defs/', '')];
    return definition === undefined ? null : check(definition, value, path, definitions);
  }
  const what = path === '' ? 'the document' : path;
  if (schema.const !== undefined && value !== schema.const) {
    return `${what} is ${shown(value)}, not ${shown(schema.const)}`;
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    return `${what} is ${shown(value)}, which is none of ${schema.enum.map(shown).join(', ')}`;
  }
  if (schema.anyOf !== undefined) {
    const faults = schema.anyOf.map((each) => check(each, value, path, definitions));
    if (!faults.includes(null)) return faults[0] ?? null;
  }
  if (schema.type !== undefined && !isType(schema.type, value)) {
    return `${what} is ${shown(value)}, not of type ${schema.type}`;
  }
  return limits(schema, value, what) ?? inside(schema, value, path, definitions);
}

function limits({ pattern, minLength = 0, minimum }: Schema, value: unknown, what: string): string | null {
  if (typeof value === 'string') {
    if (value.length < minLength) return `${what} is empty`;
    if (pattern !== undefined && !new RegExp(pattern).test(value))
      return `${what} is ${shown(value)}, not like ${pattern}`;
  }
  if (typeof value === 'number' && minimum !== undefined && value < minimum) {
    return `${what} is ${value}, less than ${minimum}`;
  }
  return null;
}

function inside(schema: Schema, value: unknown, path: string, definitions: Definitions): string | null {
  if (Array.isArray(value)) {
    if (schema.items === undefined) return null;
    for (const [index, item] of value.entries()) {
      const fault = check(schema.items, item, `${path}[${index}]`, definitions);
      if (fault !== null) return fault;
    }
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const missing = (schema.required ?? []).find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${path === '' ? 'the document' : path} has no ${missing}`;
  for (const [name, each] of Object.entries(value)) {
    const known = schema.properties !== undefined && Object.hasOwn(schema.properties, name);
    const of = known ? schema.properties[name] : schema.additionalProperties;
    const fault =
      of === undefined ? null : check(of, each, path === '' ? name : `${path}.${name}`, definitions);
    if (fault !== null) return fault;
  }
  return null;
}

function isType(type: string, value: unknown): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'null':
      return value === null;
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
