import { badRequest, type Failure, isFailure, plainError } from '../../api/failures';
import { type Fields, fieldsOf, isFields, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { sameJson } from '../../api/same-json';
import { kubernetesSchema } from '../../api/schema/kubernetes-schema';
import { failure } from '../../api/status';
import { apiVersionOf, type ResourceKind } from '../registry';
import { timestamp } from '../storage';
import { checkConfiguration } from './check-configuration';
import { compareFields } from './compare-fields';
import {
  difference,
  emptySet,
  type FieldPath,
  type FieldSet,
  hasPath,
  intersection,
  isEmpty,
  pathsOf,
  pathText,
  union,
  without,
} from './field-set';
import { fieldSetOf, withNamedFields } from './field-set-of';
import { isSameManager, type Manager, type Managers, owning, readManagers, writeManagers } from './managers';
import { mergeConfiguration, removeFields } from './merge-configuration';
import {
  type Change,
  emptyObject,
  managersAfter,
  resetFields,
  strippedFields,
  typeOf,
  unmanaged,
} from './track-update';

/**
 * Server-side apply: the configuration is merged into the object, what the applier owned alone and no longer mentions is
 * removed, and what others own may only be changed by force.
 * Source: structured-merge-diff/v4 merge/update.go (Apply); k8s.io/apimachinery pkg/util/managedfields/internal.
 */
export interface Apply {
  readonly kind: ResourceKind;
  /** Null when there is nothing yet. */
  readonly current: KubeObject | null;
  readonly configuration: unknown;
  readonly manager: string;
  readonly force: boolean;
  readonly subresource: string;
  readonly now: Date;
}

export type Applied = { readonly kind: 'applied'; readonly value: KubeObject } | Failure;

export function serverSideApply(apply: Apply): Applied {
  const { kind, configuration, current } = apply;
  const config = checked(kind, configuration);
  if (isFailure(config)) return config;
  const { object } = config;
  const type = typeOf(object);
  if (type === null) throw new Error(`no schema of ${kind.kind}`);
  const problems = checkConfiguration(kubernetesSchema, type, object);
  if (problems.length > 0) {
    const { name, namespace = '' } = object.metadata;
    const said =
      problems.length === 1 ? problems.join('') : `errors:${problems.map((one) => `\n  ${one}`).join('')}`;
    return plainError(
      `failed to create typed patch object (${namespace}/${name}; ${gvkText(object)}): ${said}`,
    );
  }
  const live = unmanaged(current ?? emptyObject(type, object));
  const before = managersBefore(apply, type, live);
  const outcome = applied(apply, type, live, object, before, apply.force);
  if (outcome.kind === 'applied') return finish(apply, outcome, object);
  const conflicts = withoutLastApplied(apply, type, live, outcome.conflicts);
  if (conflicts.length > 0) return conflictFailure(conflicts);
  const forced = applied(apply, type, live, object, before, true);
  if (forced.kind !== 'applied') throw new Error('a forced apply has no conflicts');
  return finish(apply, forced, object);
}

function checked(
  kind: ResourceKind,
  configuration: unknown,
): { readonly kind: 'configuration'; readonly object: KubeObject } | Failure {
  if (!isFields(configuration))
    return badRequest(
      'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}',
    );
  const metadata: Fields = fieldsOf(configuration['metadata']);
  const object = { ...configuration, metadata: { ...metadata } } as unknown as KubeObject;
  if (configuration['apiVersion'] !== apiVersionOf(kind) || configuration['kind'] !== kind.kind)
    return badRequest(`invalid object type: ${gvkText(object)}`);
  if (metadata['managedFields'] !== undefined && metadata['managedFields'] !== null)
    return badRequest('metadata.managedFields must be nil');
  return { kind: 'configuration', object };
}

/** schema.GroupVersionKind.String. */
function gvkText({ apiVersion, kind }: KubeObject): string {
  const version = textOf(apiVersion);
  return `${version.includes('/') || version === '' ? version || '/' : `/${version}`}, Kind=${textOf(kind)}`;
}

/** Who was not tracked until now is `before-first-apply`. */
function managersBefore(
  { current, now, subresource }: Apply,
  type: Change['type'],
  live: KubeObject,
): Managers {
  const known = readManagers(current?.metadata.managedFields) ?? [];
  if (known.length > 0 || current === null) return known;
  const self = managerOf('before-first-apply', 'Update', live, subresource, timestamp(now));
  return managersAfter({ type, live: emptyObject(type, live), object: live, before: [], self });
}

function managerOf(
  manager: string,
  operation: Manager['operation'],
  { apiVersion }: KubeObject,
  subresource: string,
  time: string | null,
): Manager {
  return { manager, operation, apiVersion, subresource, time, set: emptySet() };
}

interface Conflict {
  readonly manager: Manager;
  readonly path: FieldPath;
}

interface Outcome {
  readonly kind: 'applied';
  readonly object: KubeObject;
  readonly managers: Managers;
}

function applied(
  apply: Apply,
  type: Change['type'],
  live: KubeObject,
  config: KubeObject,
  before: Managers,
  force: boolean,
): Outcome | { readonly kind: 'conflicts'; readonly conflicts: readonly Conflict[] } {
  const schema = kubernetesSchema;
  const reset = resetFields(live, apply.subresource);
  const wanted = without(fieldSetOf(schema, type, config), reset);
  const fresh = managerOf(apply.manager, 'Apply', config, apply.subresource, null);
  const last = before.find((one) => isSameManager(one, fresh));
  const others = before.filter((one) => one !== last);
  const merged = mergeConfiguration(schema, type, live, config) as KubeObject;
  const owned = [wanted, ...others.map((one) => one.set)].reduce(union);
  const object = last === undefined ? merged : prune(type, merged, last.set, owned);
  const compared = compareFields(schema, type, live, object);
  const changed = without(union(compared.modified, compared.added), reset);
  const removed = without(compared.removed, reset);
  if (!force) {
    const conflicts = [...others]
      .sort((a, b) => (a.manager < b.manager ? -1 : 1))
      .flatMap((manager) => pathsOf(intersection(manager.set, changed)).map((path) => ({ manager, path })));
    if (conflicts.length > 0) return { kind: 'conflicts', conflicts };
  }
  const lost = union(changed, removed);
  const left = others.flatMap((one) =>
    isEmpty(intersection(one.set, lost)) ? [one] : (owning(one, difference(one.set, lost)) ?? []),
  );
  const same = sameJson(live, object);
  const time = same ? (last?.time ?? null) : timestamp(apply.now);
  const self = owning({ ...fresh, time }, difference(wanted, strippedFields));
  return { kind: 'applied', object: same ? live : object, managers: self === null ? left : [...left, self] };
}

/** Takes out what the applier had before, and puts back what anybody still owns. */
function prune(type: Change['type'], merged: KubeObject, last: FieldSet, owned: FieldSet): KubeObject {
  const schema = kubernetesSchema;
  const named = (set: FieldSet): FieldSet => withNamedFields(schema, type, set);
  const fields = (value: unknown): FieldSet => named(fieldSetOf(schema, type, value));
  const all = fields(merged);
  const bare = fields(removeFields(schema, type, merged, named(last)));
  const kept = removeFields(schema, type, merged, difference(all, union(bare, named(owned))));
  // What is gone though the applier never had it comes back (addBackDanglingItems).
  const gone = intersection(difference(all, fields(kept)), named(last));
  return removeFields(schema, type, merged, gone) as KubeObject;
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** What kubectl itself applied before from the client's side is no conflict (lastappliedmanager.go). */
function withoutLastApplied(
  { manager }: Apply,
  type: Change['type'],
  live: KubeObject,
  conflicts: readonly Conflict[],
): readonly Conflict[] {
  const annotation = live.metadata.annotations?.[lastApplied];
  if (manager !== 'kubectl' || annotation === undefined || annotation === '') return conflicts;
  let before: unknown;
  try {
    before = JSON.parse(annotation);
  } catch {
    return conflicts;
  }
  if (!isFields(before) || before['apiVersion'] !== live.apiVersion) return conflicts;
  const compared = compareFields(kubernetesSchema, type, before, live);
  const touched = [compared.modified, compared.added, compared.removed].reduce(union);
  const allowed = difference(fieldSetOf(kubernetesSchema, type, before), touched);
  return conflicts.filter(({ path }) => !hasPath(allowed, path));
}

function finish(apply: Apply, { object, managers }: Outcome, config: KubeObject): Applied {
  const managedFields = writeManagers(managers);
  const { annotations } = object.metadata;
  const metadata = { ...object.metadata, ...(managedFields === undefined ? {} : { managedFields }) };
  if (apply.manager === 'kubectl' && (annotations?.[lastApplied] ?? '') !== '')
    metadata.annotations = { ...annotations, [lastApplied]: lastAppliedText(config) };
  return { kind: 'applied', value: { ...object, metadata } };
}

/** lastappliedupdater.go: so that a client-side apply can follow. */
function lastAppliedText(config: KubeObject): string {
  const { annotations, ...metadata } = config.metadata;
  const { [lastApplied]: _old, ...rest } = annotations ?? {};
  const kept = annotations === undefined ? metadata : { ...metadata, annotations: rest };
  return `${JSON.stringify({ ...config, metadata: kept })}\n`;
}

/** conflict.go and errors.NewApplyConflict. */
function conflictFailure(conflicts: readonly Conflict[]): Failure {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${managerText(manager)}`,
    field: pathText(path),
  }));
  const texts = new Map<Manager, string[]>();
  for (const { manager, path } of conflicts)
    texts.set(manager, [...(texts.get(manager) ?? []), `- ${pathText(path)}`]);
  const [first] = causes;
  const said =
    conflicts.length === 1
      ? `1 conflict: ${first?.message}: ${first?.field}`
      : `${conflicts.length} conflicts: ${[...texts]
          .flatMap(([manager, lines]) => [`conflicts with ${managerText(manager)}:`, ...lines])
          .join('\n')}`;
  return failure(409, `Apply failed with ${said}`, 'Conflict', { causes });
}

function managerText({ manager, subresource, operation, apiVersion }: Manager): string {
  const of = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  return `${JSON.stringify(manager)}${of}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}
