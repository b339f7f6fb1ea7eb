import { jsonFields } from '../../api/schema/json-fields';
import type { FieldType, Schema } from '../../api/schema/schema';
import { PatchRefused } from './patch-refused';

/**
 * How a strategic merge patch goes about a field: what is below it, by which strategy, and by which key its items are
 * told apart. Source: k8s.io/apimachinery pkg/util/strategicpatch/meta.go (PatchMetaFromStruct) and
 * third_party/forked/golang/json/fields.go.
 */
export interface PatchRule {
  /** Of the value; of the items where it is a list. */
  readonly type: FieldType;
  readonly strategy: string;
  readonly mergeKey: string;
}

export function mapRule(schema: Schema, parent: FieldType, key: string): PatchRule {
  if (parent.kind !== 'message')
    throw new PatchRefused(
      `merging an object in json but data type is not struct, instead is: ${goKind(parent)}`,
    );
  const field = jsonFields(schema.message(parent.message), schema).get(key);
  if (field === undefined) {
    const struct = parent.message.split('.').at(-1) ?? '';
    throw new PatchRefused(
      `unable to find api field in struct ${struct} for the json field ${JSON.stringify(key)}`,
    );
  }
  const strategy = field.patchStrategies.find((name) => name !== 'retainKeys') ?? '';
  return { type: field.type, strategy, mergeKey: field.patchMergeKey };
}

export function listRule(schema: Schema, parent: FieldType, key: string): PatchRule {
  const rule = mapRule(schema, parent, key);
  if (rule.type.kind !== 'list')
    throw new PatchRefused(`expected slice or array type, but got: ${goKind(parent)}`);
  return { ...rule, type: rule.type.of };
}

/** reflect.Kind. */
export function goKind(type: FieldType): string {
  switch (type.kind) {
    case 'message':
    case 'any':
    case 'time':
    case 'micro-time':
    case 'quantity':
    case 'int-or-string':
      return 'struct';
    case 'list':
    case 'bytes':
      return 'slice';
    case 'double':
      return 'float64';
  }
  return type.kind;
}
