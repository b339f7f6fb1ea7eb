import { expect, test } from '@jest/globals';
import { bootstrapTokenAuthenticator } from './bootstrap-token';

const good = {
  'token-id': 'abcdef',
  'token-secret': '0123456789abcdef',
  'usage-bootstrap-authentication': 'true',
  'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token',
};

test.each<[string, Record<string, string>, boolean]>([
  ['as kubeadm makes it', {}, true],
  ['that has expired', { expiration: '2025-05-01T00:00:00Z' }, false],
  ['with an expiration nobody can read', { expiration: 'soon' }, false],
  ['with another secret', { 'token-secret': '0123456789abcdee' }, false],
  ['that is not for authentication', { 'usage-bootstrap-authentication': 'false' }, false],
  ['that gives away another group', { 'auth-extra-groups': 'system:masters' }, false],
])('a bootstrap token %s', (_how, over, accepted) => {
  const entries = Object.entries({ ...good, ...over });
  const data = Object.fromEntries(entries.map(([k, v]) => [k, Buffer.from(v).toString('base64')]));
  const verdict = bootstrapTokenAuthenticator({
    apiAudiences: ['api'],
    now: () => new Date('2025-06-01T00:00:00Z'),
    findSecret: (namespace, name) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      type: 'bootstrap.kubernetes.io/token',
      data,
    }),
  })('abcdef.0123456789abcdef', ['api']);
  expect(verdict).toEqual(
    accepted
      ? {
          kind: 'user',
          user: {
            name: 'system:bootstrap:abcdef',
            groups: ['system:bootstrappers', 'system:bootstrappers:kubeadm:default-node-token'],
          },
          audiences: ['api'],
        }
      : { kind: 'none' },
  );
});
