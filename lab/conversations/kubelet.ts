import pino from 'pino';
import { aborted } from '../../client/aborted';
import { startKubelet } from '../../kubelet/kubelet';
import { parseKubeletConfiguration } from '../../kubelet/kubelet-configuration';
import { applyKubeletFlags } from '../../kubelet/kubelet-flags';
import type { Cluster } from '../cluster';
import type { Conversation } from '../lab-under-test';
import { Witness } from '../witness';
import { apiserverAccess, apiserverName, CANARY, canaryPod, create, readBack, remove } from './admin-acts';

/** A kubelet that registers its node with a label, and asks which pods it is to run. */
export function kubelet(cluster: Cluster): Conversation {
  const { admin } = cluster;
  const host = cluster.newNode;
  const pod = '/api/v1/namespaces/default/pods/canary';
  return {
    victim: host.name,
    ...apiserverName(cluster),
    plant: async ({ down }) => {
      await remove(admin, pod);
      await remove(admin, `/api/v1/nodes/${host.name}`);
      await create(admin, '/api/v1/namespaces/default/pods', canaryPod(host.name, down));
    },
    act: async ({ up }, signal) => {
      const access = apiserverAccess(cluster);
      const witness = new Witness(access.server, [{ method: 'GET', path: '/api/v1/pods?' }]);
      const clientCertificate = await cluster.credentials.kubelet(host.name);
      const config = parseKubeletConfiguration(KUBELET_CONFIGURATION, 'KubeletConfiguration');
      const stop = new AbortController();
      const starting = startKubelet({
        host,
        nodeName: host.name,
        config: applyKubeletFlags([`--node-labels=${CANARY}=${up}`], config),
        apiserver: { ...access, clientCertificate, observer: witness },
        sandbox: { attachPod: async () => host },
        servingKeyPair: null,
        clientCaPem: cluster.pki.caPem,
        log: pino({ level: 'silent' }),
        random: cluster.randomFor(`kubelet on ${host.name}`),
        signal: stop.signal,
      }).then(
        (started) => started.close(),
        (error: unknown) => {
          // It was told to stop before it was ready.
          if (!stop.signal.aborted) throw error;
        },
      );
      await Promise.race([witness.settled, aborted(signal), starting]);
      stop.abort();
      await starting;
      return witness.outcome();
    },
    heard: () => readBack(admin, `/api/v1/nodes/${host.name}`),
  };
}

/** Without webhooks and ports of its own: what is asked here is asked of its own accord. */
const KUBELET_CONFIGURATION = JSON.stringify({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  enableServer: false,
  healthzPort: 0,
  authentication: { x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' } },
});
