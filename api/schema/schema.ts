/**
 * What is known of every type that the apiserver serves, once: from it bodies are decoded (JSON, YAML, protobuf),
 * unknown fields found, patches merged, field owners tracked and OpenAPI written. Source of names, numbers and merge
 * rules: k8s.io/api and k8s.io/apimachinery v0.33 (generated.proto and the tags and markers in types.go).
 */
export interface Message {
  /** As OpenAPI names it: `io.k8s.api.core.v1.Pod`. Its last two parts are the Go type, `v1.Pod`. */
  readonly name: string;
  readonly description: string;
  /** In the order of the Go struct, which is the order of its JSON. */
  readonly fields: readonly Field[];
}

export interface Field {
  /** The key in JSON. */
  readonly name: string;
  /** The number in protobuf; 0 for `kind` and `apiVersion`, which travel in the envelope. */
  readonly number: number;
  readonly type: FieldType;
  /** A Go pointer: an empty value that was written is not the same as none, so it is kept. */
  readonly pointer: boolean;
  readonly required: boolean;
  /** Go's `omitempty`: an empty value is left out of JSON. (A struct that is no pointer is never empty.) */
  readonly omitEmpty: boolean;
  /** Protobuf has a message of its own here, JSON has its fields inline (`Volume.volumeSource`). */
  readonly inline: boolean;
  readonly description: string;
  /** `patchStrategy` and `patchMergeKey` of strategic merge patch; [] and '' where the tag is missing. */
  readonly patchStrategies: readonly ('merge' | 'replace' | 'retainKeys')[];
  readonly patchMergeKey: string;
  /** `+default`: what OpenAPI says, and what a missing key of a list map counts as (`ports[].protocol`). */
  readonly default?: string | boolean;
}

export type FieldType =
  | {
      readonly kind: 'bool' | 'int32' | 'int64' | 'double' | 'bytes' | 'time' | 'micro-time';
    }
  | { readonly kind: 'quantity' | 'int-or-string' }
  | {
      readonly kind: 'string';
      /** The Go type when it is a named one: `v1.RestartPolicy`. */
      readonly goType?: string;
      /** The values that an enumerated type has (`+enum`). */
      readonly values?: readonly string[];
    }
  /** Any JSON; `v1.FieldsV1` or `runtime.RawExtension` in Go. */
  | { readonly kind: 'any'; readonly goType: string }
  /** `atomic`: server-side apply owns it as a whole (`+structType=atomic`). */
  | { readonly kind: 'message'; readonly message: string; readonly atomic: boolean }
  /** A list with a Go type of its own (`v1.ExtraValue`) is a message in protobuf, whose field 1 are the items. */
  | {
      readonly kind: 'list';
      readonly of: FieldType;
      readonly owned: ListOwnership;
      readonly goType?: string;
    }
  | { readonly kind: 'map'; readonly of: FieldType; readonly atomic: boolean; readonly goType?: string };

/** How server-side apply owns a list (`+listType`, `+listMapKey`). */
export type ListOwnership =
  | { readonly kind: 'atomic' }
  | { readonly kind: 'set' }
  | { readonly kind: 'map'; readonly keys: readonly string[] };

/** Where types are looked up: the served ones, or a handful that a test makes up. */
export interface Schema {
  /** By its OpenAPI name; a miss is a bug in the tables. */
  message(name: string): Message;
  /** The message of a kind; null when the kind is not in the tables. */
  messageOf(apiVersion: string, kind: string): Message | null;
}
