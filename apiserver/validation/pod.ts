import type { FieldError } from '../../api/failures';
import { type Fields, fieldsOf, itemsOf, numberOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { forbidden, invalidValue, required } from './field-errors';
import { podSpecErrors } from './pod-spec';
import { addedTolerationsErrors } from './tolerations';
import { tokenErrors } from './volumes';

/** ValidatePodCreate of pkg/apis/core/validation/validation.go. */
export function validatePod(pod: KubeObject): FieldError[] {
  const spec = fieldsOf(pod['spec']);
  return [
    ...podSpecErrors('spec', spec),
    ...whitespaceErrors(spec),
    ...(textOf(spec['serviceAccountName']) === ''
      ? tokenErrors('spec.volumes', itemsOf(spec['volumes']))
      : []),
    ...(itemsOf(spec['ephemeralContainers']).length > 0
      ? [forbidden('spec.ephemeralContainers', 'cannot be set on create')]
      : []),
    ...(textOf(spec['nodeName']) !== '' && itemsOf(spec['schedulingGates']).length > 0
      ? [forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')]
      : []),
  ];
}

/** Of pods alone: templates may have what older releases took (validateContainersOnlyForPod). */
function whitespaceErrors(spec: Fields): FieldError[] {
  return ['containers', 'initContainers'].flatMap((list) =>
    itemsOf(spec[list]).flatMap((container, index) => {
      const image = textOf(container['image']);
      const why = 'must not have leading or trailing whitespace';
      return image.trim() === image ? [] : [invalidValue(`spec.${list}[${index}].image`, image, why)];
    }),
  );
}

/** ValidatePodUpdate: a pod that exists can be given other images and little else. */
export function validatePodUpdate(pod: KubeObject, current: KubeObject): FieldError[] {
  const [after, before] = [fieldsOf(pod['spec']), fieldsOf(current['spec'])];
  const whole = [...podSpecErrors('spec', after), ...whitespaceErrors(after)];
  for (const list of ['containers', 'initContainers']) {
    const errors = containerUpdateErrors(`spec.${list}`, itemsOf(after[list]), itemsOf(before[list]));
    if (errors !== null) return [...whole, ...errors];
  }
  const images = ['containers', 'initContainers'].flatMap((list) =>
    imageErrors(`spec.${list}`, itemsOf(after[list])),
  );
  const deadline = deadlineErrors(after['activeDeadlineSeconds'], before['activeDeadlineSeconds']);
  const tolerations = addedTolerationsErrors(
    'spec.tolerations',
    itemsOf(after['tolerations']),
    itemsOf(before['tolerations']),
  );
  const changes = differences(withoutMutable(before), withoutMutable(after));
  return [
    ...whole,
    ...images,
    ...deadline,
    ...tolerations,
    ...(changes.length === 0 ? [] : [forbidden('spec', `${mutableFields}\n${diffText(changes)}`)]),
  ];
}

const mutableFields =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function containerUpdateErrors(
  at: string,
  after: readonly Fields[],
  before: readonly Fields[],
): FieldError[] | null {
  return after.length === before.length
    ? null
    : [forbidden(at, 'pod updates may not add or remove containers')];
}

function imageErrors(at: string, containers: readonly Fields[]): FieldError[] {
  return containers.flatMap((container, index) =>
    textOf(container['image']) === '' ? [required(`${at}[${index}].image`)] : [],
  );
}

function deadlineErrors(after: unknown, before: unknown): FieldError[] {
  const field = 'spec.activeDeadlineSeconds';
  if (after === undefined)
    return before === undefined
      ? []
      : [invalidValue(field, null, 'must not update from a positive integer to nil value')];
  const seconds = numberOf(after);
  if (seconds < 0 || seconds > 2_147_483_647)
    return [invalidValue(field, seconds, 'must be between 0 and 2147483647, inclusive')];
  return before !== undefined && numberOf(before) < seconds
    ? [invalidValue(field, seconds, 'must be less than or equal to previous value')]
    : [];
}

/** The spec with what may change taken out. */
function withoutMutable(spec: Fields): Fields {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, ...rest } = spec;
  const bare = (list: unknown) => itemsOf(list).map(({ image: _image, ...container }) => container);
  return {
    ...rest,
    containers: bare(spec['containers']),
    ...(spec['initContainers'] === undefined ? {} : { initContainers: bare(spec['initContainers']) }),
  };
}

interface Difference {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

function differences(before: unknown, after: unknown, path = ''): Difference[] {
  if (isTree(before) && isTree(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) =>
      differences(
        (before as Fields)[key],
        (after as Fields)[key],
        Array.isArray(before) ? `${path}[${key}]` : `${path}${path === '' ? '' : '.'}${key}`,
      ),
    );
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** In the manner of go-cmp, which upstream prints here: what was, what shall be. */
function diffText(changes: readonly Difference[]): string {
  const lines = changes.flatMap(({ path, before, after }) => [
    ...(before === undefined ? [] : [`- \t${path}: ${JSON.stringify(before)},`]),
    ...(after === undefined ? [] : [`+ \t${path}: ${JSON.stringify(after)},`]),
  ]);
  return ['  core.PodSpec{', ...lines, '  }', ''].join('\n');
}

/** ValidatePodEphemeralContainersUpdate: they can be added, and nothing else. */
export function validateEphemeralContainersUpdate(pod: KubeObject, current: KubeObject): FieldError[] {
  const spec = fieldsOf(pod['spec']);
  const after = itemsOf(spec['ephemeralContainers']);
  const at = 'spec.ephemeralContainers';
  const changed = itemsOf(fieldsOf(current['spec'])['ephemeralContainers']).flatMap((old) => {
    const name = JSON.stringify(textOf(old['name']));
    const kept = after.find((container) => container['name'] === old['name']);
    if (kept === undefined)
      return [forbidden(at, `existing ephemeral containers ${name} may not be removed\n`)];
    const changes = differences(old, kept);
    return changes.length === 0
      ? []
      : [forbidden(at, `existing ephemeral containers ${name} may not be changed\n${diffText(changes)}`)];
  });
  return [...podSpecErrors('spec', spec), ...changed];
}
