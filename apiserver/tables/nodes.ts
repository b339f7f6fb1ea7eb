import { fieldsOf, itemsOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { ageColumn, column, documented, nameColumn, type Printer, wide } from './column';
import { age } from './human-duration';

/** printNode. */
export const nodes: Printer = {
  columns: [
    nameColumn,
    column('Status', 'The status of the node'),
    column('Roles', 'The roles of the node'),
    ageColumn,
    column('Version', documented('core.v1.NodeSystemInfo', 'kubeletVersion')),
    wide('Internal-IP', documented('core.v1.NodeStatus', 'addresses')),
    wide('External-IP', documented('core.v1.NodeStatus', 'addresses')),
    wide('OS-Image', documented('core.v1.NodeSystemInfo', 'osImage')),
    wide('Kernel-Version', documented('core.v1.NodeSystemInfo', 'kernelVersion')),
    wide('Container-Runtime', documented('core.v1.NodeSystemInfo', 'containerRuntimeVersion')),
  ],
  cells: (node, now) => {
    const status = fieldsOf(node['status']);
    const info = fieldsOf(status['nodeInfo']);
    const address = (type: string) =>
      textOf(itemsOf(status['addresses']).find((one) => one['type'] === type)?.['address']) || '<none>';
    return [
      node.metadata.name,
      nodeStatus(node),
      rolesOf(node).join(',') || '<none>',
      age(node.metadata.creationTimestamp, now),
      textOf(info['kubeletVersion']),
      address('InternalIP'),
      address('ExternalIP'),
      textOf(info['osImage']) || '<unknown>',
      textOf(info['kernelVersion']) || '<unknown>',
      textOf(info['containerRuntimeVersion']) || '<unknown>',
    ];
  },
};

function nodeStatus(node: KubeObject): string {
  const ready = itemsOf(fieldsOf(node['status'])['conditions']).find(({ type }) => type === 'Ready');
  const word = ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return fieldsOf(node['spec'])['unschedulable'] === true ? `${word},SchedulingDisabled` : word;
}

const rolePrefix = 'node-role.kubernetes.io/';

/** `node-role.kubernetes.io/<role>` whatever its value, and the old `kubernetes.io/role`. */
function rolesOf(node: KubeObject): string[] {
  const roles = Object.entries(node.metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix)) return [key.slice(rolePrefix.length)].filter((role) => role !== '');
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return [...new Set(roles)].sort();
}
