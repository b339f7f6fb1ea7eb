import type { Deployment, ReplicaSet } from '../api/objects';
import { ownerReference } from './plan-replica-set';
import { podTemplateHash, sameTemplate, TEMPLATE_HASH_LABEL } from './pod-template-hash';

/**
 * The next step of a roll-out. Pure: a Deployment and its ReplicaSets in, what to create, scale and delete out. Each step
 * is followed by others when its effects are seen. Source: pkg/controller/deployment/{sync,rolling,recreate}.go and
 * util/deployment_util.go; proportional scaling of several active sets is simplified: the newest takes the difference.
 */
export interface DeploymentPlan {
  readonly create: object | null;
  readonly scale: readonly { readonly set: ReplicaSet; readonly to: number }[];
  readonly delete: readonly ReplicaSet[];
  /** Annotations of the newest set and of the Deployment itself; null when they are as they should be. */
  readonly revision: string;
  readonly newest: ReplicaSet | null;
}

export const REVISION = 'deployment.kubernetes.io/revision';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAXIMUM = 'deployment.kubernetes.io/max-replicas';

/** `sets`: those that it controls. */
export function planDeployment(deployment: Deployment, sets: readonly ReplicaSet[]): DeploymentPlan {
  const newest = newestSet(deployment, sets);
  const old = sets.filter((set) => set !== newest);
  const revision = revisionOf(newest, old);
  const nothing = { create: null, scale: [], delete: [], revision, newest };
  if (deployment.metadata.deletionTimestamp !== undefined) return nothing;
  if (deployment.spec.paused === true) return { ...nothing, scale: scaleToDesired(deployment, newest, old) };
  const steps = deployment.spec.strategy?.type === 'Recreate' ? recreate : roll;
  const step = steps(deployment, newest, old);
  if (step.create !== null) return { ...nothing, create: setOf(deployment, step.create, revision) };
  return {
    ...nothing,
    scale: step.scale,
    delete: isComplete(deployment, newest, old) ? surplus(deployment, old) : [],
  };
}

interface Step {
  /** Replicas of a new set; null for none. */
  readonly create: number | null;
  readonly scale: DeploymentPlan['scale'];
}

/** The set whose template this is; of several the oldest, so that everybody picks the same. */
export function newestSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | null {
  const same = sets.filter((set) => sameTemplate(set.spec.template, deployment.spec.template));
  return [...same].sort(byAge)[0] ?? null;
}

function byAge(a: ReplicaSet, b: ReplicaSet): number {
  return (
    (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
    a.metadata.name.localeCompare(b.metadata.name)
  );
}

export function revisionNumber(set: ReplicaSet | null): number {
  return Number(set?.metadata.annotations?.[REVISION] ?? 0);
}

/** One more than the highest of the old ones, unless the newest has that already. */
function revisionOf(newest: ReplicaSet | null, old: readonly ReplicaSet[]): string {
  const highest = Math.max(0, ...old.map(revisionNumber));
  return String(Math.max(highest + 1, revisionNumber(newest)));
}

function roll(deployment: Deployment, newest: ReplicaSet | null, old: readonly ReplicaSet[]): Step {
  const { desired, maxSurge, maxUnavailable } = bounds(deployment);
  const all = newest === null ? [...old] : [...old, newest];
  const total = sum(all, specReplicas);
  if (newest === null)
    return { create: Math.min(desired, Math.max(desired + maxSurge - total, 0)), scale: [] };
  const now = specReplicas(newest);
  if (now > desired) return { create: null, scale: [{ set: newest, to: desired }] };
  if (now < desired) {
    const room = desired + maxSurge - total;
    if (room > 0) return { create: null, scale: [{ set: newest, to: Math.min(desired, now + room) }] };
  }
  return { create: null, scale: scaleDownOld(newest, old, total, desired - maxUnavailable) };
}

/** First what does not work anyway, then as much as can be done without. */
function scaleDownOld(
  newest: ReplicaSet,
  old: readonly ReplicaSet[],
  total: number,
  minAvailable: number,
): DeploymentPlan['scale'] {
  const newestUnavailable = specReplicas(newest) - available(newest);
  let mayGo = total - minAvailable - newestUnavailable;
  if (mayGo <= 0) return [];
  const to = new Map<ReplicaSet, number>();
  const byCreation = [...old].sort(byAge).filter((set) => specReplicas(set) > 0);
  for (const set of byCreation) {
    const unhealthy = Math.min(specReplicas(set) - available(set), mayGo);
    if (unhealthy <= 0) continue;
    to.set(set, specReplicas(set) - unhealthy);
    mayGo -= unhealthy;
  }
  // A status may be from before the last step: what a set was told to let go counts no more.
  const left = (set: ReplicaSet): number => Math.min(available(set), specReplicas(set));
  let spare = sum([...old, newest], left) - minAvailable;
  for (const set of byCreation) {
    const now = to.get(set) ?? specReplicas(set);
    const going = Math.min(now, spare);
    if (going <= 0) continue;
    to.set(set, now - going);
    spare -= going;
  }
  return [...to].map(([set, replicas]) => ({ set, to: replicas }));
}

function recreate(deployment: Deployment, newest: ReplicaSet | null, old: readonly ReplicaSet[]): Step {
  const running = old.filter((set) => specReplicas(set) > 0);
  if (running.length > 0) return { create: null, scale: running.map((set) => ({ set, to: 0 })) };
  // The old pods must be gone before the new ones come.
  if (old.some((set) => (set.status?.replicas ?? 0) > 0)) return { create: null, scale: [] };
  const { desired } = bounds(deployment);
  if (newest === null) return { create: desired, scale: [] };
  return { create: null, scale: specReplicas(newest) === desired ? [] : [{ set: newest, to: desired }] };
}

function scaleToDesired(
  deployment: Deployment,
  newest: ReplicaSet | null,
  old: readonly ReplicaSet[],
): DeploymentPlan['scale'] {
  const { desired } = bounds(deployment);
  const latest = newest ?? [...old].sort(byAge).at(-1) ?? null;
  if (latest === null) return [];
  const others = sum(
    [...old, ...(newest === null ? [] : [newest])].filter((set) => set !== latest),
    specReplicas,
  );
  const to = Math.max(desired - others, 0);
  return to === specReplicas(latest) ? [] : [{ set: latest, to }];
}

/** Old sets beyond the history limit, the oldest first, and only those that have nothing left. */
function surplus({ spec }: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const empty = old
    .filter((set) => specReplicas(set) === 0 && (set.status?.replicas ?? 0) === 0)
    .filter((set) => set.metadata.deletionTimestamp === undefined)
    .sort((a, b) => revisionNumber(a) - revisionNumber(b));
  return empty.slice(0, Math.max(0, empty.length - (spec.revisionHistoryLimit ?? 10)));
}

export function isComplete(
  deployment: Deployment,
  newest: ReplicaSet | null,
  old: readonly ReplicaSet[],
): boolean {
  const { desired } = bounds(deployment);
  return (
    newest !== null &&
    (newest.status?.replicas ?? 0) === desired &&
    sum([...old, newest], (set) => set.status?.replicas ?? 0) === desired &&
    sum([...old, newest], available) === desired
  );
}

/** Percentages of the replicas: surge is rounded up, unavailable down, and both cannot be nothing (ResolveFenceposts). */
export function bounds({ spec }: Deployment): { desired: number; maxSurge: number; maxUnavailable: number } {
  const desired = spec.replicas ?? 1;
  if (spec.strategy?.type === 'Recreate') return { desired, maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge = '25%', maxUnavailable = '25%' } = spec.strategy?.rollingUpdate ?? {};
  const surge = resolved(maxSurge, desired, Math.ceil);
  const unavailable = resolved(maxUnavailable, desired, Math.floor);
  return {
    desired,
    maxSurge: surge,
    maxUnavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, desired),
  };
}

function resolved(value: number | string, of: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  return round((Number.parseInt(value, 10) / 100) * of);
}

function setOf(deployment: Deployment, replicas: number, revision: string): object {
  const { name, namespace, uid, annotations = {} } = deployment.metadata;
  const { selector, template, minReadySeconds } = deployment.spec;
  const hash = podTemplateHash(template);
  const labels = { ...template.metadata?.labels, [TEMPLATE_HASH_LABEL]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: { ...inherited(annotations), ...replicaAnnotations(deployment), [REVISION]: revision },
      ownerReferences: [ownerReference('apps/v1', 'Deployment', name, uid ?? '')],
    },
    spec: {
      replicas,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [TEMPLATE_HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** What a Deployment says about itself goes with its sets, but not what a tool or this controller keeps there. */
export function inherited(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const own = new Set([
    'kubectl.kubernetes.io/last-applied-configuration',
    REVISION,
    DESIRED,
    MAXIMUM,
    'deployment.kubernetes.io/revision-history',
  ]);
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !own.has(key)));
}

export function replicaAnnotations(deployment: Deployment): Record<string, string> {
  const { desired, maxSurge } = bounds(deployment);
  return { [DESIRED]: String(desired), [MAXIMUM]: String(desired + maxSurge) };
}

export function specReplicas(set: ReplicaSet): number {
  return set.spec.replicas ?? 1;
}

export function available(set: ReplicaSet): number {
  return set.status?.availableReplicas ?? 0;
}

export function sum(sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number): number {
  return sets.reduce((total, set) => total + of(set), 0);
}
