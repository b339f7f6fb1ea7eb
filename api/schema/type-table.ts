import type { Field, FieldType, ListOwnership, Message } from './schema';

/**
 * The notation in which types are written down, close to the Go source that they come from. Blank lines separate types:
 *
 *     kind Pod PodList: what the type is       a kind with apiVersion, kind and metadata; its list, if it has one
 *     Container                                any other struct
 *       6 ports []ContainerPort listType=map …: what the field is
 *     PullPolicy = string (Always | Never)     a named Go type, and its values if it is an enumeration
 *
 * A field is its protobuf number, its JSON name and its Go type, followed by upstream's markers and tags (`listType`,
 * `listMapKey`, `mapType`, `structType`, `default`, `patchStrategy`, `patchMergeKey`) and by `required` (always written, must be given) or `always`
 * (always written: Go's tag lacks omitempty). `inline` in place of a name is a struct that JSON does not nest.
 * A type of another table has that table's name before it: `meta.LabelSelector`.
 */
export interface TypeTable {
  /** The OpenAPI names of its messages begin with it. */
  readonly package: string;
  readonly apiVersion: string;
  readonly types: string;
}

/** One type of a table, its lines not yet read. */
export interface TypeEntry {
  readonly table: TypeTable;
  readonly name: string;
  /** Of a kind, the name of the kind of its list ('' without); null for any other struct. */
  readonly list: string | null;
  readonly lines: readonly string[];
}

/** Resolves a name as one table writes it. */
export type FindType = (from: TypeTable, name: string) => TypeEntry;

export function entriesOf(table: TypeTable): TypeEntry[] {
  const entries: TypeEntry[] = [];
  for (const block of table.types.trim().split(/\n\n+/)) {
    const lines = block.split('\n');
    const head = lines[0] ?? '';
    if (/^\w+ = /.test(head)) {
      entries.push(
        ...lines.map((line) => ({ table, name: wordsOf(line)[0] ?? '', list: null, lines: [line] })),
      );
      continue;
    }
    const words = wordsOf(head);
    const isKind = words[0] === 'kind';
    const [name = '', list = ''] = (isKind ? words.slice(1) : words).filter((word) => !word.includes('='));
    entries.push({ table, name, list: isKind ? list : null, lines });
  }
  return entries;
}

export function parseMessage(entry: TypeEntry, find: FindType): Message {
  const [head = '', ...lines] = entry.lines;
  return {
    name: `${entry.table.package}.${entry.name}`,
    description: descriptionOf(head),
    fields: [
      ...(entry.list === null ? [] : typeMeta),
      ...lines.map((line) => parseField(entry.table, line, find)),
    ],
  };
}

/** The kind `PodList`: its metadata, and its items. */
export function listMessage(entry: TypeEntry): Message {
  const name = `${entry.table.package}.${entry.name}`;
  const items: FieldType = {
    kind: 'list',
    of: { kind: 'message', message: name, atomic: false },
    owned: { kind: 'atomic' },
  };
  const metadata: FieldType = { kind: 'message', message: `${metaPackage}.ListMeta`, atomic: false };
  return {
    name: `${entry.table.package}.${entry.list}`,
    description: `${entry.list} is a list of ${entry.name} objects.`,
    fields: [
      ...typeMeta,
      { ...plain, name: 'metadata', number: 1, type: metadata, description: 'Standard metadata of a list.' },
      {
        ...plain,
        name: 'items',
        number: 2,
        type: items,
        required: true,
        omitEmpty: false,
        description: 'The objects of the list.',
      },
    ],
  };
}

const metaPackage = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const plain = {
  pointer: false,
  required: false,
  omitEmpty: true,
  inline: false,
  description: '',
  patchStrategies: [],
  patchMergeKey: '',
} as const;

/** metav1.TypeMeta, inline in every kind. */
const typeMeta: readonly Field[] = [
  {
    ...plain,
    name: 'kind',
    number: 0,
    type: { kind: 'string' },
    description:
      'What the object is, in CamelCase: the name of a REST resource. Servers may take it from the endpoint that a request goes to. Cannot be updated.',
  },
  {
    ...plain,
    name: 'apiVersion',
    number: 0,
    type: { kind: 'string' },
    description:
      'Which version of the schema the object is written in, as group and version. Servers convert known versions to the newest and refuse others.',
  },
];

function parseField(table: TypeTable, line: string, find: FindType): Field {
  const [number = '', name = '', written = '', ...markers] = wordsOf(line);
  const marked = markersOf(markers);
  const inline = name === 'inline';
  const type = resolve(table, written.replace(/^\*/, ''), marked, find);
  const strategies = marked.get('patchStrategy')?.split(',') ?? [];
  const given = marked.get('default');
  return {
    name: inline ? lowerFirst(written) : name,
    number: Number(number),
    type,
    pointer: written.startsWith('*'),
    required: marked.has('required'),
    omitEmpty: !marked.has('required') && !marked.has('always'),
    inline,
    description: descriptionOf(line),
    patchStrategies: strategies as Field['patchStrategies'],
    patchMergeKey: marked.get('patchMergeKey') ?? '',
    ...(given === undefined ? {} : { default: JSON.parse(given) as string | boolean }),
  };
}

const builtIn: Readonly<Record<string, FieldType>> = {
  string: { kind: 'string' },
  bool: { kind: 'bool' },
  int32: { kind: 'int32' },
  int64: { kind: 'int64' },
  double: { kind: 'double' },
  bytes: { kind: 'bytes' },
  Time: { kind: 'time' },
  MicroTime: { kind: 'micro-time' },
  /** A string in JSON. Only the apiserver itself writes one (`window` of metrics.k8s.io). */
  Duration: { kind: 'string', goType: 'v1.Duration' },
  UID: { kind: 'string', goType: 'types.UID' },
  Quantity: { kind: 'quantity' },
  IntOrString: { kind: 'int-or-string' },
  FieldsV1: { kind: 'any', goType: 'v1.FieldsV1' },
  RawExtension: { kind: 'any', goType: 'runtime.RawExtension' },
};

/** The type that Go's notation means. The markers are those of the field, so they are about its outermost type. */
function resolve(
  table: TypeTable,
  written: string,
  marked: ReadonlyMap<string, string>,
  find: FindType,
): FieldType {
  if (written.startsWith('[]'))
    return { kind: 'list', of: resolve(table, written.slice(2), new Map(), find), owned: ownership(marked) };
  const map = /^map\[string\](.*)$/.exec(written)?.[1];
  if (map !== undefined)
    return {
      kind: 'map',
      of: resolve(table, map, new Map(), find),
      atomic: marked.get('mapType') === 'atomic',
    };
  const known = builtIn[written];
  if (known !== undefined) return known;
  const entry = find(table, written);
  const head = entry.lines[0] ?? '';
  const [, , aliased] = head.split(' ');
  if (!head.includes(' = ') || aliased === undefined) {
    const atomic = marked.get('structType') === 'atomic' || wordsOf(head).includes('structType=atomic');
    return { kind: 'message', message: `${entry.table.package}.${entry.name}`, atomic };
  }
  const goType = `${entry.table.package.split('.').at(-1)}.${entry.name}`;
  const values = /\((.*)\)$/.exec(head)?.[1]?.split(' | ');
  const under = resolve(entry.table, aliased, marked, find);
  if (under.kind === 'string') return { kind: 'string', goType, ...(values === undefined ? {} : { values }) };
  return under.kind === 'list' || under.kind === 'map' ? { ...under, goType } : under;
}

function ownership(marked: ReadonlyMap<string, string>): ListOwnership {
  switch (marked.get('listType')) {
    case 'map':
      return { kind: 'map', keys: marked.get('listMapKey')?.split(',') ?? [] };
    case 'set':
      return { kind: 'set' };
  }
  return { kind: 'atomic' };
}

function markersOf(words: readonly string[]): Map<string, string> {
  return new Map(
    words.map((word) => {
      const at = word.indexOf('=');
      return at === -1 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

function wordsOf(line: string): string[] {
  const at = line.indexOf(': ');
  return (at === -1 ? line : line.slice(0, at)).trim().split(' ');
}

function descriptionOf(line: string): string {
  const at = line.indexOf(': ');
  return at === -1 ? '' : line.slice(at + 2);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
