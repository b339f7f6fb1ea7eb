import { describe, expect, test } from '@jest/globals';
import { clusterSettings } from './cluster-settings';
import { stockCluster } from './scenario-file';

describe('what a file says of a cluster', () => {
  test('is a stock cluster when it says nothing', () => {
    expect(clusterSettings(stockCluster)).toMatchObject({
      apiserver: [],
      kubelet: {},
      insteadOf: {},
      kubeletServing: 'self-signed',
      clientTrust: 'cluster-authority',
    });
  });

  test('stands over what its preset says', () => {
    const said = { ...stockCluster, defence: 'kubelet-open', kubelet: { readOnlyPort: 0 } } as const;
    expect(clusterSettings(said).kubelet).toMatchObject({
      readOnlyPort: 0,
      authorization: { mode: 'AlwaysAllow' },
    });
  });

  test.each([
    ['none', true, 'cluster-authority'],
    ['kubelet-ca', false, 'self-signed'],
  ] as const)(
    'under %s, serverTLSBootstrap: %s makes kubelets serve with certificates that are %s',
    (defence, serverTLSBootstrap, serving) => {
      const said = { ...stockCluster, defence, kubelet: { serverTLSBootstrap } };
      expect(clusterSettings(said).kubeletServing).toBe(serving);
    },
  );
});
