import type { DefenceSettings } from '../defences';
import { settingsOf } from '../run-matrix';
import type { ClusterChanges } from './scenario-file';

/** What a file says of a cluster, as the settings of one; its flags and objects go beside them. Pure. */
export function clusterSettings({ defence, kubelet, insteadOf }: ClusterChanges): DefenceSettings {
  const preset = settingsOf(defence);
  const { serverTLSBootstrap } = kubelet;
  return {
    ...preset,
    kubelet: { ...preset.kubelet, ...kubelet },
    insteadOf: { ...preset.insteadOf, ...insteadOf },
    // Kubelets that ask for their serving certificates get them here: somebody approves the requests.
    ...(serverTLSBootstrap === undefined
      ? {}
      : { kubeletServing: serverTLSBootstrap ? 'cluster-authority' : 'self-signed' }),
  };
}
