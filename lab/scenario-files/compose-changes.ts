import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { composeFlags, composeSettings, type FlagFiles } from '../compose-settings';
import type { KubeletFields } from '../defences';
import { clusterSettings } from './cluster-settings';
import type { ClusterChanges } from './scenario-file';

/** What a cluster's differences from stock are in the lab in containers. Pure. */
export interface ComposeChanges {
  readonly flags: FlagFiles;
  /** The kubelets' configuration, in the folder of the flag files; null: the one that came with their keys. */
  readonly configuration: { readonly name: string; readonly content: string } | null;
}

/** Null for a defence that is not run there. `settings` is the folder of the flag files. */
export function composeChanges(cluster: ClusterChanges, settings: string): ComposeChanges | null {
  const { defence, apiserver, kubelet } = cluster;
  if (composeSettings(defence) === null) return null;
  const wanted = clusterSettings(cluster);
  const configuration = Object.keys(kubelet).length === 0 ? null : fileOf(fieldsOf(wanted.kubelet));
  const kubeletConfig =
    configuration === null ? {} : { kubeletConfig: posix.join(settings, configuration.name) };
  return { flags: composeFlags(wanted, { apiserver, ...kubeletConfig }), configuration };
}

/** Where it listens, and what it serves with, are matters of its flags here. */
function fieldsOf(kubelet: KubeletFields): object {
  const { address: _address, serverTLSBootstrap: _bootstrap, authentication, ...others } = kubelet;
  return {
    ...others,
    authentication: { x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' }, ...authentication },
  };
}

/** Kubelets are started anew when their flags change: a file with other fields has another name. */
function fileOf(fields: object): { name: string; content: string } {
  const head = { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration' };
  const content = `${JSON.stringify({ ...head, ...fields }, null, 2)}\n`;
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return { name: `kubelet-${digest}.yaml`, content };
}
