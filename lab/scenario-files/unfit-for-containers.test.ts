import { describe, expect, test } from '@jest/globals';
import { twins } from '../../report/scenario-outcome';
import { composeTunnel } from '../compose-tunnels';
import type { PlacedObject } from '../kubeadm-objects';
import { type PathsSetup, type Setup, stockCluster } from './scenario-file';
import { shippedFiles } from './shipped';
import { type PlaceUnder, unfitForContainers } from './unfit-for-containers';

const placeUnder: PlaceUnder = (defence) => composeTunnel(defence)?.position ?? 'route';
const fit: PathsSetup = {
  kind: 'paths',
  cluster: stockCluster,
  attacker: { technique: 'self-signed' },
  user: [{ path: 'logs' }],
  expect: { outcome: 'open' },
};
const deployment: PlacedObject = {
  path: '/apis/apps/v1/namespaces/default/deployments',
  object: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'shop' } },
};

const cluster = (changes: Partial<PathsSetup['cluster']>): PathsSetup => ({
  ...fit,
  cluster: { ...fit.cluster, ...changes },
});
const attacker = (
  changes: Partial<PathsSetup['attacker']>,
  defence: PathsSetup['cluster']['defence'] = 'none',
) => ({
  ...cluster({ defence }),
  attacker: { ...fit.attacker, ...changes },
});

describe('in the lab in containers', () => {
  test.each<[string, Setup]>([
    ['a file that says no more than it must', fit],
    ['where its attacker is', attacker({ position: 'route' })],
    ['the neighbour under a tunnel', attacker({ position: 'arp', side: 'node' }, 'konnectivity')],
    ['a certificate with one fault', attacker({ technique: 'expired' })],
    [
      'a certificate made by the attacker, with as many as it likes',
      attacker({ technique: 'rogue-ca--expired' }),
    ],
    ['flags of the apiserver', cluster({ apiserver: ['--anonymous-auth=false', '--v', '4'] })],
    [
      'kubelets that a bundle fits',
      cluster({
        defence: 'kubelet-ca',
        apiserver: ['--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt'],
      }),
    ],
    [
      'another flag in the place of a stock one',
      cluster({ insteadOf: { '--authorization-mode=Node,RBAC': '' } }),
    ],
    [
      'kubelets that ask for certificates, and a bundle that fits',
      cluster({
        kubelet: { serverTLSBootstrap: true },
        apiserver: ['--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt'],
      }),
    ],
    ['fields of the kubelets', cluster({ kubelet: { readOnlyPort: 10255, address: '0.0.0.0' } })],
  ])('%s is played', (_what, setup) => {
    expect(unfitForContainers(setup, placeUnder)).toBeNull();
  });

  test.each<[string, Setup]>([
    [
      'it expects something of Node node-1',
      {
        ...fit,
        expect: { outcome: 'open', object: { path: '/api/v1/nodes/node-1', what: 'Node node-1' } },
      },
    ],
    [
      'it runs "kubectl get nodes"',
      {
        ...fit,
        user: [
          { kubectl: { words: ['get', 'nodes'], command: 'kubectl get nodes', stdin: '', as: 'admin' } },
        ],
      },
    ],
    ['path "kubelet-api"', { ...fit, user: [{ path: 'logs' }, { path: 'kubelet-api' }] }],
    ['defence "client-insecure" is not run there', cluster({ defence: 'client-insecure' })],
    ['defence "kubelet-ca-self-signed" is not run there', cluster({ defence: 'kubelet-ca-self-signed' })],
    ['--secure-port says where the apiserver is', cluster({ apiserver: ['--secure-port=443'] })],
    ['the flag --bind-address says', cluster({ insteadOf: { '--bind-address=192.168.1.10': '' } })],
    ['--data-dir needs a disk', cluster({ apiserver: ['--data-dir=/tmp/x'] })],
    ['--ssh-user needs a tunnel', cluster({ apiserver: ['--ssh-user=core'] })],
    ['would not reach its own kubelets', cluster({ apiserver: ['--kubelet-certificate-authority=/x'] })],
    ['cannot stand on a line of its own', cluster({ apiserver: ['--audit-log-path=/a\n/b'] })],
    ['cannot stand on a line of its own', cluster({ apiserver: ['--api-audiences', ''] })],
    ['with address "127.0.0.1"', cluster({ kubelet: { address: '127.0.0.1' } })],
    ['with enableServer: false', cluster({ kubelet: { enableServer: false } })],
    ['with enableDebuggingHandlers: false', cluster({ kubelet: { enableDebuggingHandlers: false } })],
    ['the field port of', cluster({ kubelet: { port: 443 } as object })],
    ['its Deployment shop', cluster({ objects: [deployment] })],
    ['in position "arp", and the one there gets its traffic by route', attacker({ position: 'arp' })],
    [
      'in position "route", and the one there gets its traffic by arp',
      attacker({ position: 'route' }, 'konnectivity'),
    ],
    ['on the side "node" of ssh-tunnel', attacker({ side: 'node' }, 'ssh-tunnel')],
    ['its attacker leads elsewhere', attacker({ technique: 'steer' })],
    ['several faults ("expired--wrong-host")', attacker({ technique: 'expired--wrong-host' })],
  ])('is refused, because %s', (reason, setup) => {
    expect(unfitForContainers(setup, placeUnder)).toContain(reason);
  });

  test('most of the files that ship are played', () => {
    const played = shippedFiles().filter((file) =>
      twins.every((twin) => unfitForContainers(file[twin], placeUnder) === null),
    );
    expect(played.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'enable-kubelet-authentication-and-authorization',
        'use-the-flag',
        'https-does-not-validate',
      ]),
    );
  });
});
