import { isFailure } from '../api/failures';
import type { KubeObject } from '../api/objects';
import { inTurn, systemRandomness } from '../randomness';
import { parseClusterIpRange } from './cluster-ip';
import type { Cluster, Place } from './place';
import { apiVersionOf, kinds } from './registry';
import { createObject } from './resources';
import { Storage } from './storage';

/** A cluster of objects without a server around it. */
export function testingCluster(now = new Date('2025-06-01T12:00:00Z')): Cluster {
  const cluster: Cluster = {
    storage: new Storage({ now: () => now }),
    clusterIps: parseClusterIpRange('10.96.0.0/24'),
    now: () => now,
    randomFor: inTurn(systemRandomness),
  };
  add(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  return cluster;
}

/** Creates an object and says where it is. */
export function add(cluster: Cluster, object: KubeObject): Place & { readonly object: KubeObject } {
  const kind = kinds.find((each) => each.kind === object.kind && apiVersionOf(each) === object.apiVersion);
  if (kind === undefined) throw new Error(`no kind ${object.kind}`);
  const namespace = kind.namespaced ? (object.metadata.namespace ?? 'default') : '';
  const place = { kind, namespace, name: object.metadata.name };
  const created = createObject(cluster, place, object, { dryRun: false });
  if (isFailure(created)) throw new Error(created.message);
  return { ...place, object: created };
}

export function pod(name: string, spec: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'main', image: 'web:1' }], ...spec },
  };
}

export function deployment(name: string, replicas?: number): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'web:1' }] } },
    },
  };
}
