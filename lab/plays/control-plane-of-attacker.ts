import { KubeClient } from '../../client/kube-client';
import type { Host } from '../../network/network';
import { type BootstrapToken, isDetachedJwsOf } from '../../wire/detached-jws';
import { addresses, ports } from '../addresses';
import { startControllers, startLabApiserver, verifiedApiserver } from '../control-plane';
import { createObjects } from '../create-workloads';
import { defenceSettings } from '../defences';
import { bootstrapTokenSecret, publishClusterInfo } from '../joining-objects';
import { kubeadmObjects } from '../kubeadm-objects';
import { mintLabPki } from '../lab-pki';
import type { Stage } from '../scenarios/stage';

/**
 * A Kubernetes of the attacker's own on its machine, with an authority of its own: `kubeadm init`, and nothing in it is
 * forged but the address it says it has.
 */
export interface ControlPlaneOfAttacker {
  readonly admin: KubeClient;
  readonly caPem: string;
  /** Knows this token from now on, and signs cluster-info with it. */
  know(token: BootstrapToken): Promise<void>;
}

export async function startControlPlaneOfAttacker(stage: Stage, host: Host): Promise<ControlPlaneOfAttacker> {
  const settings = defenceSettings('none');
  if (settings === null) throw new Error('a stock cluster is always run');
  const random = stage.random.for('control plane of the attacker');
  const pki = await mintLabPki({ random: random.for('pki') });
  const options = {
    pki,
    settings,
    log: stage.log.child({ cluster: 'of the attacker' }),
    controllers: true,
    random,
    insteadOf: { [`--bind-address=${addresses.controlPlane}`]: `--bind-address=${addresses.attacker}` },
  };
  stage.closeLater(await startLabApiserver(host, options));
  const admin = stage.closeLater(
    new KubeClient({
      from: host,
      ...verifiedApiserver(pki, addresses.attacker),
      clientCertificate: pki.admin,
    }),
  );
  await createObjects(admin, kubeadmObjects());
  for (const controller of startControllers(host, options)) stage.closeLater(controller);
  await publishClusterInfo(admin, { host: addresses.controlPlane, port: ports.apiserver }, pki.caPem);
  return {
    admin,
    caPem: pki.caPem,
    async know(token) {
      const object = bootstrapTokenSecret(token, null);
      const path = '/api/v1/namespaces/kube-system/secrets';
      await admin.request('DELETE', `${path}/${object.metadata.name}`);
      await createObjects(admin, [{ path, object }]);
      await signedWith(admin, token, stage.signal);
    },
  };
}

/** Resolves when cluster-info bears the signature that this token makes. */
export async function signedWith(
  admin: KubeClient,
  token: BootstrapToken,
  signal: AbortSignal,
): Promise<void> {
  const watch = admin.watch(
    '/api/v1/namespaces/kube-public/configmaps?fieldSelector=metadata.name%3Dcluster-info',
    (_type, object) => {
      const { data = {} } = object as { data?: Record<string, string> };
      const jws = data[`jws-kubeconfig-${token.id}`] ?? '';
      if (isDetachedJwsOf(jws, data['kubeconfig'] ?? '', token)) watch.close();
    },
    { signal },
  );
  await watch.ended;
  signal.throwIfAborted();
}
