import { fieldsOf, itemsOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { ageColumn, column, documented, nameColumn, type Printer, wide } from './column';
import { age, humanDuration } from './human-duration';

/** printRoleBinding and printClusterRoleBinding. */
export function bindings(kind: 'RoleBinding' | 'ClusterRoleBinding'): Printer {
  const it = `${kind.charAt(0).toLowerCase()}${kind.slice(1)}`;
  return {
    columns: [
      nameColumn,
      column('Role', documented(`rbac.v1.${kind}`, 'roleRef')),
      ageColumn,
      wide('Users', `Users in the ${it}`),
      wide('Groups', `Groups in the ${it}`),
      wide('ServiceAccounts', `ServiceAccounts in the ${it}`),
    ],
    cells: (object, now) => {
      const role = fieldsOf(object['roleRef']);
      return [
        object.metadata.name,
        `${textOf(role['kind'])}/${textOf(role['name'])}`,
        age(object.metadata.creationTimestamp, now),
        subjects(object, 'User'),
        subjects(object, 'Group'),
        subjects(object, 'ServiceAccount'),
      ];
    },
  };
}

/** rbac.SubjectsStrings. */
function subjects(object: KubeObject, kind: string): string {
  return itemsOf(object['subjects'])
    .filter((subject) => subject['kind'] === kind)
    .map(({ namespace, name }) => (kind === 'ServiceAccount' ? `${textOf(namespace)}/${name}` : textOf(name)))
    .join(', ');
}

/** printCertificateSigningRequest. */
export const certificateSigningRequests: Printer = {
  columns: [
    nameColumn,
    ageColumn,
    column('SignerName', documented('certificates.v1.CertificateSigningRequestSpec', 'signerName')),
    column('Requestor', documented('certificates.v1.CertificateSigningRequestSpec', 'request')),
    column(
      'RequestedDuration',
      documented('certificates.v1.CertificateSigningRequestSpec', 'expirationSeconds'),
    ),
    column('Condition', documented('certificates.v1.CertificateSigningRequestStatus', 'conditions')),
  ],
  cells: (object, now) => {
    const spec = fieldsOf(object['spec']);
    const seconds = spec['expirationSeconds'];
    return [
      object.metadata.name,
      age(object.metadata.creationTimestamp, now),
      textOf(spec['signerName']) || '<none>',
      textOf(spec['username']),
      typeof seconds === 'number' ? humanDuration(seconds * 1000) : '<none>',
      requestCondition(object),
    ];
  },
};

/** extractCSRStatus. */
function requestCondition(object: KubeObject): string {
  const status = fieldsOf(object['status']);
  const types = itemsOf(status['conditions']).map(({ type }) => type);
  const word = types.includes('Denied') ? 'Denied' : types.includes('Approved') ? 'Approved' : 'Pending';
  const failed = types.includes('Failed') ? ',Failed' : '';
  return `${word}${failed}${textOf(status['certificate']) === '' ? '' : ',Issued'}`;
}

/** printLease. */
export const leases: Printer = {
  columns: [
    nameColumn,
    column('Holder', documented('coordination.v1.LeaseSpec', 'holderIdentity')),
    ageColumn,
  ],
  cells: (object, now) => [
    object.metadata.name,
    textOf(fieldsOf(object['spec'])['holderIdentity']),
    age(object.metadata.creationTimestamp, now),
  ],
};
