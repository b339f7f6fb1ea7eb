import type { KubeObject } from '../../api/objects';
import { failed, succeeded } from '../../client/command-outcome';
import type { Cluster } from '../cluster';
import { createObjects } from '../create-workloads';
import type { ServiceAccountSpec } from '../lab-credentials';
import type { Conversation } from '../lab-under-test';
import { configMap, configMaps, put, readBack, remove } from './admin-acts';

const account: ServiceAccountSpec = {
  namespace: 'default',
  name: 'api-client',
  rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'patch'] }],
};

const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const API = 'https://kubernetes.default.svc/api/v1/namespaces/default/configmaps';

/**
 * A pod that calls the API by the service's name with its own curl, the mounted token and the mounted authority. The
 * node's kube-proxy leads it to the apiserver; an attacker stands behind that, between node and apiserver.
 */
export function podClient(cluster: Cluster): Conversation {
  const { admin } = cluster;
  return {
    victim: 'node-1',
    dialledAs: 'kubernetes.default.svc',
    dialled: { address: '10.96.0.1', port: 443 },
    resolver: { machine: 'default/api-client', asks: 'kubernetes.default.svc.cluster.local' },
    plant: async ({ down }) => {
      await put(admin, `${configMaps}/canary`, configMap('canary', { down }));
      await remove(admin, `${configMaps}/from-pod`);
      await startClient(cluster);
    },
    act: async ({ up }, signal) => {
      const trust = cluster.clientTrust('').kind === 'verify' ? `--cacert ${MOUNT}/ca.crt` : '-k';
      const curl = `curl -sS ${trust} -H "Authorization: Bearer $(cat ${MOUNT}/token)"`;
      const body = JSON.stringify(configMap('from-pod', { up }));
      const script = [
        `${curl} -X PATCH -H 'Content-Type: application/apply-patch+yaml' -d '${body}' '${API}/from-pod?fieldManager=pod'`,
        `${curl} ${API}/canary`,
      ].join(' && ');
      const container = cluster.container({ namespace: 'default', pod: 'api-client', container: 'client' });
      const { outcome, stdout, stderr } = await container.run(['sh', '-c', script], signal);
      const ok = outcome.kind === 'exited' && outcome.code === 0;
      return ok ? succeeded({ stdout }) : failed(stderr.toString('utf8').trim(), { stdout });
    },
    heard: () => readBack(admin, `${configMaps}/from-pod`),
  };
}

/** What controllers and admission do in a cluster that has them is done by hand here: account, authority, volume. */
async function startClient(cluster: Cluster): Promise<void> {
  const { admin, credentials, pki } = cluster;
  await credentials.token(account);
  await cluster.startKubeProxy('node-1');
  await createObjects(admin, [
    { path: configMaps, object: configMap('kube-root-ca.crt', { 'ca.crt': pki.caPem }) },
    { path: '/api/v1/namespaces/default/pods', object: pod },
  ]);
  await cluster.whenRunning('node-1', 'default', 'api-client');
}

const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'api-client', namespace: 'default' },
  spec: {
    nodeName: 'node-1',
    serviceAccountName: 'api-client',
    containers: [
      {
        name: 'client',
        image: 'midplane/shell',
        stdin: true,
        volumeMounts: [{ name: 'api-access', mountPath: MOUNT, readOnly: true }],
      },
    ],
    volumes: [
      {
        name: 'api-access',
        projected: {
          sources: [
            { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          ],
        },
      },
    ],
  },
};
