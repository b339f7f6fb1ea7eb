import type { FieldType } from './schema';

/** The type as Go's reflect names it, which is how the decoder's complaints name it. */
export function goTypeName(type: FieldType): string {
  switch (type.kind) {
    case 'string':
      return type.goType ?? 'string';
    case 'bool':
    case 'int32':
    case 'int64':
      return type.kind;
    case 'double':
      return 'float64';
    case 'bytes':
      return '[]uint8';
    case 'time':
      return 'v1.Time';
    case 'micro-time':
      return 'v1.MicroTime';
    case 'quantity':
      return 'resource.Quantity';
    case 'int-or-string':
      return 'intstr.IntOrString';
    case 'any':
      return type.goType;
    case 'message':
      return type.message.split('.').slice(-2).join('.');
    case 'list':
      return type.goType ?? `[]${goTypeName(type.of)}`;
    case 'map':
      return type.goType ?? `map[string]${goTypeName(type.of)}`;
  }
}
