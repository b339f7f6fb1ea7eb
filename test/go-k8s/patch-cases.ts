import fc from 'fast-check';
import type { Fields } from '../../api/fields';

/**
 * Objects and strategic merge patches made up for them: of few names, so that they meet, and with every directive,
 * sound and wrong. The same seed gives the same cases.
 */
export interface PatchCase {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly object: Fields;
  readonly patch: Fields;
}

type Value = fc.Arbitrary<unknown>;

export function patchCases(seed: number, count: number): PatchCase[] {
  return fc.sample(patchCase, { seed, numRuns: count });
}

const text = fc.constantFrom('a', 'b', 'c');
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const number = fc.constantFrom(80, 81, 443);
const texts = fc.uniqueArray(name, { maxLength: 4 });
const textMap = fc.dictionary(name, text, { maxKeys: 3 });

/** A list of objects, and the members of its items but the key. */
interface KeyedList {
  readonly list: string;
  readonly mergeKey: string;
  readonly key: Value;
  readonly members: Readonly<Record<string, Value>>;
}

const env: KeyedList = { list: 'env', mergeKey: 'name', key: name, members: { value: text } };
const containerPorts: KeyedList = {
  list: 'ports',
  mergeKey: 'containerPort',
  key: number,
  members: { name, protocol: fc.constantFrom('TCP', 'UDP') },
};
const servicePorts: KeyedList = {
  list: 'ports',
  mergeKey: 'port',
  key: number,
  members: { name, targetPort: fc.oneof(number, name) },
};
const owners: KeyedList = {
  list: 'ownerReferences',
  mergeKey: 'uid',
  key: name,
  members: { name, kind: text, controller: fc.boolean() },
};
const volumes: KeyedList = {
  list: 'volumes',
  mergeKey: 'name',
  key: name,
  members: {
    emptyDir: fc.constantFrom({}, { medium: 'Memory' }),
    configMap: fc.record({ name }),
    hostPath: fc.record({ path: text }),
  },
};
const initContainers: KeyedList = {
  list: 'initContainers',
  mergeKey: 'name',
  key: name,
  members: { image: text },
};

/** No list of these has a merge key. */
const tolerations = fc.array(
  fc.record({ key: text, operator: text, value: text }, { requiredKeys: ['key'] }),
  {
    maxLength: 2,
  },
);

function listOf({ mergeKey, key, members }: KeyedList): Value {
  const item = fc.tuple(key, fc.record(members, { requiredKeys: [] }));
  return fc
    .uniqueArray(item, { maxLength: 4, selector: ([of]) => of })
    .map((items) => items.map(([of, rest]) => ({ [mergeKey]: of, ...rest })));
}

function optional(members: Readonly<Record<string, Value>>): Value {
  return fc.record(members, { requiredKeys: [] });
}

/** The members of a patch that concern one list: the list with directives, its order, or both. */
function listPatch(keyed: KeyedList): fc.Arbitrary<Fields> {
  const { list, mergeKey, key, members } = keyed;
  const rest = optional(nullable(members)) as fc.Arbitrary<Fields>;
  const item = fc
    .tuple(
      key,
      rest,
      fc.constantFrom(...Array<string>(8).fill('merge'), 'delete', 'delete', 'keys', 'no key', 'odd'),
    )
    .map(([of, given, how]): Fields => {
      const named = { [mergeKey]: of };
      if (how === 'delete') return { ...named, $patch: 'delete' };
      if (how === 'no key') return given;
      if (how === 'odd') return { ...named, $patch: 'merge' };
      return how === 'keys'
        ? { ...named, ...given, $retainKeys: [mergeKey, ...Object.keys(given)] }
        : { ...named, ...given };
    });
  const items = fc.uniqueArray(item, {
    maxLength: 3,
    selector: (one) => (Object.hasOwn(one, mergeKey) ? one[mergeKey] : one),
  });
  const order = fc.uniqueArray(key, { maxLength: 4 });
  const shapes = fc.constantFrom(
    ...Array<string>(5).fill('items'),
    ...['ordered', 'ordered', 'ordered', 'any order', 'order', 'replace', 'null', 'wrong'],
  );
  return fc.tuple(shapes, items, order).map(([shape, change, keys]): Fields => {
    const ordered = (of: readonly unknown[]) => ({
      [`$setElementOrder/${list}`]: of.map((one) => ({ [mergeKey]: one })),
    });
    switch (shape) {
      case 'ordered': {
        const spoken = change.filter((one) => one['$patch'] === undefined).map((one) => one[mergeKey]);
        return { ...ordered([...spoken, ...keys.filter((one) => !spoken.includes(one))]), [list]: change };
      }
      case 'any order':
        return { ...ordered(keys), [list]: change };
      case 'order':
        return ordered(keys);
      case 'replace':
        return { [list]: [...change, { $patch: 'replace' }] };
      case 'null':
        return { [list]: null };
      case 'wrong':
        return { [list]: ['a'] };
    }
    return { [list]: change };
  });
}

function nullable(members: Readonly<Record<string, Value>>): Record<string, Value> {
  const entries = Object.entries(members);
  return Object.fromEntries(entries.map(([key, value]) => [key, fc.option(value, { freq: 4 })]));
}

const mapPatch: Value = fc
  .tuple(
    fc.dictionary(name, fc.option(text, { freq: 3 }), { maxKeys: 3 }),
    fc.constantFrom(...Array(6).fill(null), 'replace', 'delete', 'fold'),
  )
  .map(([map, directive]) => (directive === null ? map : { ...map, $patch: directive }));

const primitivePatch: fc.Arbitrary<Fields> = fc
  .tuple(texts, texts, fc.constantFrom('add', 'add', 'order', 'delete', 'both', 'null', 'mixed', 'format'))
  .map(([some, more, how]): Fields => {
    const order = { '$setElementOrder/finalizers': [...some, ...more.filter((one) => !some.includes(one))] };
    const added = { finalizers: some };
    const deleted = { '$deleteFromPrimitiveList/finalizers': more };
    switch (how) {
      case 'order':
        return { ...order, ...added };
      case 'delete':
        return deleted;
      case 'both':
        return { ...deleted, ...added, '$setElementOrder/finalizers': some };
      case 'null':
        return { finalizers: null };
      case 'mixed':
        return { finalizers: ['a', 1] };
      case 'format':
        return { $deleteFromPrimitiveList: more };
    }
    return added;
  });

/** Parts of a patch, some of which are there. */
function some(...parts: readonly fc.Arbitrary<Fields>[]): fc.Arbitrary<Fields> {
  const maybe = parts.map((part) => fc.option(part, { freq: 2, nil: {} }));
  return fc.tuple(...maybe).map((given): Fields => Object.assign({}, ...given));
}

function at(key: string, value: Value): fc.Arbitrary<Fields> {
  return value.map((one) => ({ [key]: one }));
}

const container: KeyedList = {
  list: 'containers',
  mergeKey: 'name',
  key: name,
  members: { image: text, args: texts, env: listOf(env), ports: listOf(containerPorts) },
};
const containersPatch = fc
  .tuple(listPatch(container), fc.array(some(listPatch(env), listPatch(containerPorts)), { maxLength: 3 }))
  .map(([patch, inner]): Fields => {
    const { containers } = patch;
    if (!Array.isArray(containers)) return patch;
    const deeper = (containers as Fields[]).map((one, index) =>
      typeof one !== 'object' || Object.hasOwn(one, '$patch') || Object.hasOwn(one, '$retainKeys')
        ? one
        : { ...one, ...inner[index] },
    );
    return { ...patch, containers: deeper };
  });

const podSpec = optional({
  containers: listOf(container),
  initContainers: listOf(initContainers),
  volumes: listOf(volumes),
  tolerations,
  nodeSelector: textMap,
});
const podSpecPatch = some(
  containersPatch,
  listPatch(initContainers),
  listPatch(volumes),
  at('tolerations', fc.option(tolerations)),
  at('nodeSelector', mapPatch),
  fc.constantFrom<Fields[]>({}, {}, {}, {}, { nonsense: { a: 1 } }, { nodeSelector: ['a'] }),
);
const rolling = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } };
const strategyPatch = fc.constantFrom<Fields[]>(
  { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
  { strategy: { $retainKeys: ['type'], type: 'RollingUpdate', rollingUpdate: { maxSurge: 2 } } },
  { strategy: { $retainKeys: 'type', type: 'Recreate' } },
  { strategy: { rollingUpdate: null } },
  { strategy: { $patch: 'replace', type: 'Recreate' } },
);

interface Shape {
  readonly group: string;
  readonly kind: string;
  readonly members: Value;
  readonly patch: fc.Arbitrary<Fields>;
}

const shapes: readonly Shape[] = [
  { group: '', kind: 'Pod', members: optional({ spec: podSpec }), patch: some(at('spec', podSpecPatch)) },
  {
    group: 'apps',
    kind: 'Deployment',
    members: optional({
      spec: optional({
        replicas: number,
        strategy: fc.constant(rolling),
        selector: fc.record({ matchLabels: textMap }),
        template: optional({ metadata: optional({ labels: textMap }), spec: podSpec }),
      }),
    }),
    patch: at(
      'spec',
      some(
        at('replicas', fc.option(number)),
        strategyPatch,
        at('selector', at('matchLabels', mapPatch)),
        at('template', some(at('metadata', at('labels', mapPatch)), at('spec', podSpecPatch))),
      ),
    ),
  },
  {
    group: '',
    kind: 'Service',
    members: optional({
      spec: optional({ type: text, selector: textMap, ports: listOf(servicePorts), externalIPs: texts }),
    }),
    patch: at(
      'spec',
      some(
        at('selector', mapPatch),
        listPatch(servicePorts),
        at('externalIPs', fc.option(texts)),
        at('type', text),
      ),
    ),
  },
  {
    group: '',
    kind: 'ConfigMap',
    members: optional({ data: textMap, immutable: fc.boolean() }),
    patch: some(at('data', mapPatch), at('immutable', fc.option(fc.boolean()))),
  },
];

const metadata = optional({
  labels: textMap,
  annotations: textMap,
  finalizers: texts,
  ownerReferences: listOf(owners),
});
const metadataPatch = some(
  at('labels', fc.option(mapPatch)),
  at('annotations', mapPatch),
  primitivePatch,
  listPatch(owners),
);

const patchCase: fc.Arbitrary<PatchCase> = fc.oneof(
  ...shapes.map(({ group, kind, members, patch }) =>
    fc.tuple(metadata, members, some(at('metadata', metadataPatch)), patch).map(
      ([meta, rest, change, more]): PatchCase => ({
        group,
        version: 'v1',
        kind,
        object: { metadata: meta, ...(rest as Fields) },
        patch: { ...change, ...more },
      }),
    ),
  ),
);
