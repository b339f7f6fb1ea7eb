import type { KubeObject } from '../../api/objects';

/** metav1.TableColumnDefinition. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly format: '' | 'name';
  readonly description: Description;
  /** 1: only with `-o wide`. */
  readonly priority: 0 | 1;
}

/** A text of the printer's own, or the documentation of a field: `core.v1.PodStatus podIP`. */
export type Description = string | { readonly message: string; readonly field: string };

export type Cell = string | number;

export interface RowCondition {
  readonly type: 'Completed';
  readonly status: 'True';
  readonly reason: string;
  readonly message: string;
}

/** How one kind is shown. */
export interface Printer {
  readonly columns: readonly Column[];
  cells(object: KubeObject, now: Date): readonly Cell[];
  /** Missing for kinds whose objects are never finished. */
  conditions?(object: KubeObject): readonly RowCondition[];
}

type Options = Partial<Pick<Column, 'type' | 'priority' | 'format'>>;

export function column(name: string, description: Description, options: Options = {}): Column {
  return { name, type: 'string', format: '', description, priority: 0, ...options };
}

/** Shown only with `-o wide`. */
export function wide(name: string, description: Description, options: Options = {}): Column {
  return column(name, description, { priority: 1, ...options });
}

export function documented(message: string, field: string): Description {
  return { message: `io.k8s.api.${message}`, field };
}

const metadata = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

export const nameColumn = column('Name', { message: metadata, field: 'name' }, { format: 'name' });
export const ageColumn = column('Age', { message: metadata, field: 'creationTimestamp' });
export const createdAtColumn = column(
  'Created At',
  { message: metadata, field: 'creationTimestamp' },
  { type: 'date' },
);
