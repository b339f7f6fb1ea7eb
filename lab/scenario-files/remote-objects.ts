import type { Pod } from '../../api/objects';
import type { KubeClient, KubeResponse } from '../../client/kube-client';
import { MidplaneError } from '../../error';
import { timeLimit } from '../../network/time-limit';
import { createObjects } from '../create-workloads';
import type { PlacedObject } from '../kubeadm-objects';

/** The objects of a scenario in a lab that was there before it and will be there after it. */

/** Of one request. */
const ASKED_WITHIN_MS = 5_000;
const SETTLED_WITHIN_MS = 15_000;
/** Objects cannot tell us that they are ready, or gone. */
const LOOK_AGAIN_MS = 100;

/** The first of them that is there already, as `Kind "name"`; null: none is. */
export async function firstPresent(
  admin: KubeClient,
  objects: readonly PlacedObject[],
): Promise<string | null> {
  for (const placed of objects) if ((await look(admin, placed)).ok) return nameOf(placed);
  return null;
}

/**
 * Creates them in their order, and waits until their pods run. What was made is added to `made`, also when it ends early.
 * Throws MidplaneError LAB_START_FAILED.
 */
export async function placeObjects(
  admin: KubeClient,
  objects: readonly PlacedObject[],
  made: PlacedObject[],
  signal: AbortSignal,
): Promise<void> {
  for (const placed of objects) {
    const created = await createObjects(admin, [placed], signal);
    if (created.length === 0)
      throw new MidplaneError('LAB_START_FAILED', `${nameOf(placed)} is there already`, {
        hint: 'the scenario brings its own: give one of them another name',
      });
    made.push(placed);
  }
  for (const placed of objects.filter(({ object }) => object.kind === 'Pod'))
    await until(`${nameOf(placed)} runs`, signal, async () => isRunning(await look(admin, placed)));
}

/** The last one first; goes on with the others when one cannot be removed. Throws MidplaneError LAB_START_FAILED. */
export async function removeObjects(admin: KubeClient, objects: readonly PlacedObject[]): Promise<void> {
  const left: string[] = [];
  for (const placed of [...objects].reverse()) {
    const answer = await admin.request('DELETE', `${pathOf(placed)}?gracePeriodSeconds=1`, {
      signal: timeLimit(ASKED_WITHIN_MS),
    });
    if (!answer.ok && answer.status !== 404) left.push(`${nameOf(placed)}: ${answer.words}`);
  }
  if (left.length > 0)
    throw new MidplaneError('LAB_START_FAILED', `could not be removed from the lab: ${left.join('; ')}`, {
      hint: 'kubectl delete does it, once midplane lab status shows every part up',
    });
  for (const placed of objects)
    await until(`${nameOf(placed)} is gone`, null, async () => (await look(admin, placed)).status === 404);
}

async function until(what: string, signal: AbortSignal | null, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + SETTLED_WITHIN_MS;
  while (!(await holds())) {
    signal?.throwIfAborted();
    if (performance.now() > end) {
      throw new MidplaneError(
        'LAB_START_FAILED',
        `waited ${SETTLED_WITHIN_MS / 1000} s in vain until ${what}`,
        {
          hint: 'midplane lab status says which part of the lab is away, kubectl describe what the object waits for',
        },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

function isRunning(answer: KubeResponse): boolean {
  return answer.ok && (answer.json() as Pod | null)?.status?.phase === 'Running';
}

function look(admin: KubeClient, placed: PlacedObject): Promise<KubeResponse> {
  return admin.request('GET', pathOf(placed), { signal: timeLimit(ASKED_WITHIN_MS) });
}

function pathOf({ path, object }: PlacedObject): string {
  return `${path}/${encodeURIComponent(object.metadata.name)}`;
}

function nameOf({ object }: PlacedObject): string {
  return `${object.kind} "${object.metadata.name}"`;
}
