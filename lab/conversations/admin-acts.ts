import type { KubeObject } from '../../api/objects';
import { type CommandOutcome, failed, succeeded } from '../../client/command-outcome';
import type { KubeClient, KubeClientOptions, KubeResponse } from '../../client/kube-client';
import { MidplaneError } from '../../error';
import { addresses, ports } from '../addresses';
import type { Cluster } from '../cluster';

/** What an administrator does around a conversation, and what several of them share. */
export const CANARY = 'lab.midplane/canary';
export const configMaps = '/api/v1/namespaces/default/configmaps';
export const APPLY = 'application/apply-patch+yaml';

/** The apiserver as the kubeconfigs of the lab name it under the defence that is in force. */
export function apiserverAccess(cluster: Cluster): Pick<KubeClientOptions, 'server' | 'trust'> {
  const host = apiserverName(cluster).dialledAs ?? addresses.controlPlane;
  return { server: { host, port: ports.apiserver }, trust: cluster.clientTrust(host) };
}

/** For a conversation: the name of the server in the lab's kubeconfigs, where they have one. */
export function apiserverName({ dials }: Pick<Cluster, 'dials'>): { readonly dialledAs?: string } {
  return dials === 'names' ? { dialledAs: 'control-plane' } : {};
}

export function outcomeOf(answers: readonly KubeResponse[]): CommandOutcome {
  const stdout = Buffer.concat(answers.map(({ body }) => body));
  const words = answers.at(-1)?.words ?? '';
  return words === '' ? succeeded({ stdout }) : failed(words, { stdout });
}

export function configMap(name: string, data: Readonly<Record<string, string>>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data,
  } as KubeObject;
}

export async function put(admin: KubeClient, path: string, body: KubeObject): Promise<void> {
  mustBe(await admin.request('PATCH', `${path}?fieldManager=lab&force=true`, { body, contentType: APPLY }));
}

export async function create(admin: KubeClient, path: string, body: KubeObject): Promise<void> {
  mustBe(await admin.request('POST', path, { body }));
}

export async function annotate(admin: KubeClient, path: string, down: string): Promise<void> {
  const body = { metadata: { annotations: { [CANARY]: down } } };
  mustBe(await admin.request('PATCH', path, { body, contentType: 'application/merge-patch+json' }));
}

/** At once, whoever would have to agree: what is left of the run before must not be taken for this one's. */
export async function remove(admin: KubeClient, path: string): Promise<void> {
  const answer = await admin.request('DELETE', `${path}?gracePeriodSeconds=0`);
  if (answer.status !== 404) mustBe(answer);
}

export async function readBack(admin: KubeClient, path: string): Promise<Buffer> {
  const answer = await admin.request('GET', path);
  if (answer.status !== 404) mustBe(answer);
  return answer.body;
}

function mustBe(answer: KubeResponse): void {
  if (answer.ok) return;
  throw new MidplaneError('LAB_START_FAILED', `the lab could not prepare a run: ${answer.words}`);
}

export function canaryPod(nodeName: string, down: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'canary', namespace: 'default', annotations: { [CANARY]: down } },
    spec: { nodeName, containers: [{ name: 'pause', image: 'registry.k8s.io/pause' }] },
  };
}
