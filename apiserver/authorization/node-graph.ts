import { fieldsOf, itemsOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { isMirrorPod } from '../mirror-pod';
import { kindOf } from '../registry';
import type { Change, Storage } from '../storage';
import { claimNames, configMapNames, secretNames } from './pod-references';

/**
 * Which node has to do with which object: a node with the pods on it, and with what those name. Upstream keeps a graph
 * and walks it; no object that is served here is two steps away from a pod, so the end of each walk is kept instead, and
 * a question is one look.
 * Source: plugin/pkg/auth/authorizer/node/{graph,graph_populator}.go.
 */
interface PodEdges {
  readonly uid: string;
  readonly nodeName: string;
  readonly ephemeralContainers: number;
  readonly objects: readonly string[];
}

export class NodeGraph {
  /** By pod. */
  readonly #pods = new Map<string, PodEdges>();
  /** By object: how many pods of each node name it. */
  readonly #nodes = new Map<string, Map<string, number>>();

  isRelated(nodeName: string, resource: string, namespace: string, name: string): boolean {
    return this.#nodes.get(vertex(resource, namespace, name))?.has(nodeName) ?? false;
  }

  /** Of a pod that is on a node, only its ephemeral containers can bring more. */
  addPod(pod: KubeObject): void {
    const spec = fieldsOf(pod['spec']);
    const nodeName = textOf(spec['nodeName']);
    if (nodeName === '') return;
    const key = podVertex(pod);
    const uid = pod.metadata.uid ?? '';
    const ephemeralContainers = itemsOf(spec['ephemeralContainers']).length;
    const known = this.#pods.get(key);
    if (
      known?.uid === uid &&
      known.nodeName === nodeName &&
      known.ephemeralContainers === ephemeralContainers
    )
      return;
    this.deletePod(pod);
    const edges = { uid, nodeName, ephemeralContainers, objects: objectsOf(pod) };
    this.#pods.set(key, edges);
    for (const object of edges.objects) this.#count(object, nodeName, 1);
  }

  deletePod(pod: KubeObject): void {
    const key = podVertex(pod);
    const edges = this.#pods.get(key);
    if (edges === undefined) return;
    this.#pods.delete(key);
    for (const object of edges.objects) this.#count(object, edges.nodeName, -1);
  }

  /** How many objects it knows of; none is left behind by pods that are gone. */
  get size(): number {
    return this.#nodes.size;
  }

  #count(object: string, nodeName: string, step: 1 | -1): void {
    const counts = this.#nodes.get(object) ?? new Map<string, number>();
    const count = (counts.get(nodeName) ?? 0) + step;
    if (count > 0) counts.set(nodeName, count);
    else counts.delete(nodeName);
    if (counts.size > 0) this.#nodes.set(object, counts);
    else this.#nodes.delete(object);
  }
}

/** The graph of what is stored, and of every change from now on, before anybody outside hears of it. */
export function storedNodeGraph(storage: Storage): NodeGraph {
  const pods = kindOf('pods');
  const graph = new NodeGraph();
  for (const pod of storage.each(pods, '')) graph.addPod(pod);
  storage.watch(pods, storage.revision, ({ type, object }: Change) => {
    if (type === 'DELETED') graph.deletePod(object);
    else graph.addPod(object);
  });
  return graph;
}

/** A mirror pod grants nothing: its node made it. */
function objectsOf(pod: KubeObject): string[] {
  const own = podVertex(pod);
  if (isMirrorPod(pod)) return [own];
  const namespace = pod.metadata.namespace ?? '';
  const account = textOf(fieldsOf(pod['spec'])['serviceAccountName']);
  const all = (resource: string, names: Iterable<string>): string[] =>
    [...names].map((name) => vertex(resource, namespace, name));
  return [
    own,
    ...all('serviceaccounts', account === '' ? [] : [account]),
    ...all('secrets', secretNames(pod)),
    ...all('configmaps', configMapNames(pod)),
    ...all('persistentvolumeclaims', claimNames(pod)),
  ];
}

function podVertex({ metadata }: KubeObject): string {
  return vertex('pods', metadata.namespace ?? '', metadata.name);
}

function vertex(resource: string, namespace: string, name: string): string {
  return `${resource}/${namespace}/${name}`;
}
