import { describe, expect, test } from '@jest/globals';
import { isFailure } from '../../api/failures';
import type { KubeObject } from '../../api/objects';
import { kindOf } from '../registry';
import { createObject, updateObject } from '../resources';
import { testingCluster } from '../testing-cluster';

/** Made by `openssl req -new -newkey ed25519 -subj /O=dev/CN=jane`. */
const pem = `-----BEGIN CERTIFICATE REQUEST-----
MIHDMHcCAQAwHTEMMAoGA1UECgwDZGV2MQ0wCwYDVQQDDARqYW5lMCowBQYDK2Vw
AyEAVkr5cd+kYwaxnVb4UfwZzPaeH4VcojtR7wCXo/IMcRygJzAlBgkqhkiG9w0B
CQ4xGDAWMBQGA1UdEQQNMAuCCWEuZXhhbXBsZTAFBgMrZXADQQC/eQE2x80YSr0P
Bh6fFZa+DzFT3afz9k9PNZX0wwyK+h/EIYJ9EYTju/q8/wkgjMndBoC/24x4Ymqi
c292ji8J
-----END CERTIFICATE REQUEST-----
`;

const user = { name: 'jane', groups: ['dev', 'system:authenticated'], extra: { team: ['a'] } };
const kind = kindOf('certificatesigningrequests');

function request(spec: object = {}): KubeObject {
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'jane' },
    spec: {
      request: Buffer.from(pem).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
      ...spec,
    },
  };
}

function created(cluster = testingCluster()) {
  const place = { kind, namespace: '', name: 'jane' };
  const object = createObject(cluster, place, request(), { dryRun: false, user });
  if (isFailure(object)) throw new Error(object.message);
  return { cluster, place, object };
}

function withConditions(object: KubeObject, ...conditions: object[]): KubeObject {
  return { ...object, status: { conditions } };
}

const approved = { type: 'Approved', status: 'True', reason: 'KubectlApprove' };
const denied = { type: 'Denied', status: 'True', reason: 'KubectlDeny' };

describe('a certificate signing request', () => {
  test('says who asked, whatever its body says', () => {
    const body = request({ username: 'admin', groups: ['system:masters'] });
    const place = { kind, namespace: '', name: 'jane' };
    expect(createObject(testingCluster(), place, body, { dryRun: false, user })).toMatchObject({
      spec: { username: 'jane', groups: ['dev', 'system:authenticated'], extra: { team: ['a'] } },
      status: {},
    });
  });

  test.each([
    [{ usages: [] }, 'spec.usages: Required value'],
    [{ usages: ['client auth', 'client auth'] }, 'spec.usages[1]: Duplicate value: "client auth"'],
    [{ signerName: '' }, 'spec.signerName: Required value'],
    [
      { signerName: 'nodot/x' },
      'spec.signerName: Invalid value: "nodot": should be a domain with at least two segments separated by dots',
    ],
    [
      { signerName: 'example.com' },
      'spec.signerName: Invalid value: "example.com": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
    ],
    [
      { signerName: 'kubernetes.io/legacy-unknown' },
      'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
    ],
    [
      { expirationSeconds: 599 },
      'spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)',
    ],
    [
      { request: 'aGk=' },
      'spec.request: Invalid value: []byte{0x68, 0x69}: PEM block type must be CERTIFICATE REQUEST',
    ],
  ])('with %j is refused', (spec, why) => {
    const place = { kind, namespace: '', name: 'jane' };
    const refused = createObject(testingCluster(), place, request(spec), { dryRun: false, user });
    expect(refused).toMatchObject({
      code: 422,
      message: `CertificateSigningRequest.certificates.k8s.io "jane" is invalid: ${why}`,
    });
  });

  test('is approved through its subresource, and the certificate comes through the other', () => {
    const { cluster, place, object } = created();
    const options = { dryRun: false, user, allows: () => true };
    const given = { ...withConditions(object, approved), spec: { usages: ['any'] } };
    const outcome = updateObject(cluster, { ...place, subresource: 'approval' }, given, options);
    expect(outcome).toMatchObject({
      spec: object['spec'],
      status: {
        conditions: [
          { ...approved, lastUpdateTime: '2025-06-01T12:00:00Z', lastTransitionTime: '2025-06-01T12:00:00Z' },
        ],
      },
    });
  });

  test.each([
    [
      'approval',
      [approved, denied],
      422,
      'status.conditions[1].type: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
    ],
    [
      'approval',
      [{ ...approved, status: 'False' }],
      422,
      'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
    ],
    [
      'status',
      [approved],
      422,
      'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
    ],
  ] as const)('refuses %s of %j', (part, conditions, code, why) => {
    const { cluster, place, object } = created();
    const options = { dryRun: false, user, allows: () => true };
    const refused = updateObject(
      cluster,
      { ...place, subresource: part },
      withConditions(object, ...conditions),
      options,
    );
    expect(refused).toMatchObject({
      code,
      message: `CertificateSigningRequest.certificates.k8s.io "jane" is invalid: ${why}`,
    });
  });

  test('cannot be un-approved', () => {
    const { cluster, place, object } = created();
    const options = { dryRun: false, user, allows: () => true };
    const approval = { ...place, subresource: 'approval' } as const;
    updateObject(cluster, approval, withConditions(object, approved), options);
    const fresh = { ...object, metadata: { name: 'jane' } };
    expect(updateObject(cluster, approval, withConditions(fresh), options)).toMatchObject({
      code: 422,
      message: expect.stringContaining('updates may not remove a condition of type "Approved"') as unknown,
    });
  });

  test('is approved only by who may approve for its signer, or for its domain', () => {
    for (const [name, code] of [
      ['kubernetes.io/other', 403],
      ['kubernetes.io/*', undefined],
      ['kubernetes.io/kube-apiserver-client', undefined],
    ] as const) {
      const { cluster, place, object } = created();
      const allows = (asked: { verb: string; name: string }) =>
        asked.verb === 'approve' && asked.name === name;
      const outcome = updateObject(
        cluster,
        { ...place, subresource: 'approval' },
        withConditions(object, approved),
        { dryRun: false, user, allows },
      );
      expect('code' in outcome ? outcome['code'] : undefined).toBe(code);
    }
  });
});
