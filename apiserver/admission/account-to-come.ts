import { fieldsOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { isMirrorPod } from '../mirror-pod';
import type { Cluster } from '../place';
import { kindOf } from '../registry';
import { isAdmissionOn } from './admission-plugins';

/** Upstream looks ten times, with one interval of 100 to 200 ms between them (getServiceAccount). */
const longestMs = 9 * 150;

/**
 * The account `default` is made shortly after its namespace, and pods may come in between: resolves when it is there, or
 * after a while without. Null when there is nothing to wait for.
 * Source: plugin/pkg/admission/serviceaccount/admission.go.
 */
export function accountToCome(
  cluster: Cluster,
  namespace: string,
  pod: KubeObject,
  waitMs = longestMs,
): Promise<void> | null {
  const { storage } = cluster;
  const kind = kindOf('serviceaccounts');
  const wanted = textOf(fieldsOf(pod['spec'])['serviceAccountName']);
  if (!isAdmissionOn(cluster, 'ServiceAccount') || (wanted !== '' && wanted !== 'default')) return null;
  if (isMirrorPod(pod)) return null;
  if (storage.get(kindOf('namespaces'), '', namespace) === null) return null;
  if (storage.get(kind, namespace, 'default') !== null) return null;
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stop?.();
      resolve();
    };
    const timer = setTimeout(end, waitMs);
    const stop = storage.watch(kind, storage.revision, end, namespace, 'default');
  });
}
