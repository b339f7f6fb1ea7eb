import { expect, test } from '@jest/globals';
import { isFailure } from '../../api/failures';
import type { KubeObject } from '../../api/objects';
import type { Cluster, ObjectPart, WriteOptions } from '../place';
import { kindOf } from '../registry';
import { createObject, updateObject } from '../resources';
import { testingCluster } from '../testing-cluster';
import { type AdmissionPlugin, chooseAdmissionPlugins } from './admission-plugins';
import { ofMaster, ofNode1, signingRequest } from './certificate-requests.test.fixtures';

const kind = kindOf('certificatesigningrequests');
const place = { kind, namespace: '', name: 'csr-1' };
const client = 'kubernetes.io/kube-apiserver-client';
const serving = 'kubernetes.io/kubelet-serving';

function without(...plugins: AdmissionPlugin[]): Cluster {
  return { ...testingCluster(), admission: chooseAdmissionPlugins([], plugins) };
}

function messageOf(outcome: KubeObject): string | null {
  return isFailure(outcome) ? (outcome.message ?? '') : null;
}

test.each([
  [
    ofMaster,
    client,
    without(),
    `certificatesigningrequests.certificates.k8s.io "csr-1" is forbidden: use of ${client} signer with system:masters group is not allowed`,
  ],
  [ofMaster, client, without('CertificateSubjectRestriction'), null],
  [ofNode1, client, without(), null],
  // That signer would refuse it later.
  [ofMaster, serving, without(), null],
])('nobody asks for a certificate of system:masters (%#)', (pem, signerName, cluster, message) => {
  const outcome = createObject(cluster, place, signingRequest(pem, signerName), { dryRun: false });
  expect(messageOf(outcome as KubeObject)).toBe(message);
});

const approved = { type: 'Approved', status: 'True', reason: 'Test' };
const failed = { type: 'Failed', status: 'True', reason: 'Test' };
const may =
  (verb: string, name: string): NonNullable<WriteOptions['allows']> =>
  (asked) =>
    asked.verb === verb && asked.name === name && asked.resource === 'signers';
const nothing = (): boolean => false;
const refused = (verb: string): string =>
  `certificatesigningrequests.certificates.k8s.io "csr-1" is forbidden: user not permitted to ${verb} requests with signerName "${serving}"`;

test.each<[ObjectPart, object, NonNullable<WriteOptions['allows']>, Cluster, string | null]>([
  ['approval', { conditions: [approved] }, nothing, without(), refused('approve')],
  ['approval', { conditions: [approved] }, may('sign', serving), without(), refused('approve')],
  ['approval', { conditions: [approved] }, may('approve', client), without(), refused('approve')],
  ['approval', { conditions: [approved] }, may('approve', serving), without(), null],
  ['approval', { conditions: [approved] }, may('approve', 'kubernetes.io/*'), without(), null],
  ['approval', { conditions: [approved] }, nothing, without('CertificateApproval'), null],
  ['status', { conditions: [failed] }, nothing, without(), refused('sign')],
  ['status', { conditions: [failed] }, may('approve', serving), without(), refused('sign')],
  ['status', { conditions: [failed] }, may('sign', serving), without(), null],
  ['status', { conditions: [failed] }, may('sign', 'kubernetes.io/*'), without(), null],
  ['status', { conditions: [failed] }, nothing, without('CertificateSigning'), null],
  ['status', { conditions: [{ ...failed, type: 'example.com/Seen' }] }, nothing, without(), refused('sign')],
  ['status', {}, nothing, without(), null],
  // Its metadata.
  ['', {}, nothing, without(), null],
])(
  'who approves or signs may do it for that signer: part %j, %j (%#)',
  (part, status, allows, cluster, message) => {
    const request = signingRequest(ofNode1, serving, ['server auth']);
    const object = createObject(cluster, place, request, { dryRun: false }) as KubeObject;
    const written = { ...object, status };
    const outcome = updateObject(cluster, { ...place, subresource: part }, written, {
      dryRun: false,
      allows,
    });
    expect(messageOf(outcome as KubeObject)).toBe(message);
  },
);
