import { type Fields, fieldsOf, itemsOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import {
  ageColumn,
  type Cell,
  column,
  documented,
  nameColumn,
  type Printer,
  type RowCondition,
  wide,
} from './column';
import { age } from './human-duration';
import { podState } from './pod-state';

/** printPod. */
export const pods: Printer = {
  columns: [
    nameColumn,
    column('Ready', 'The aggregate readiness state of this pod for accepting traffic.'),
    column('Status', 'The aggregate status of the containers in this pod.'),
    column(
      'Restarts',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    ),
    ageColumn,
    wide('IP', documented('core.v1.PodStatus', 'podIP')),
    wide('Node', documented('core.v1.PodSpec', 'nodeName')),
    wide('Nominated Node', documented('core.v1.PodStatus', 'nominatedNodeName')),
    wide('Readiness Gates', documented('core.v1.PodSpec', 'readinessGates')),
  ],
  cells: podCells,
  conditions: podConditions,
};

function podCells(pod: KubeObject, now: Date): Cell[] {
  const [spec, status] = [fieldsOf(pod['spec']), fieldsOf(pod['status'])];
  const { ready, total, reason, restarts, lastRestart } = podState(pod);
  const restarted =
    restarts !== 0 && lastRestart !== '' ? `${restarts} (${age(lastRestart, now)} ago)` : String(restarts);
  return [
    pod.metadata.name,
    `${ready}/${total}`,
    reason,
    restarted,
    age(pod.metadata.creationTimestamp, now),
    textOf(itemsOf(status['podIPs'])[0]?.['ip']) || textOf(status['podIP']) || '<none>',
    textOf(spec['nodeName']) || '<none>',
    textOf(status['nominatedNodeName']) || '<none>',
    readinessGates(itemsOf(spec['readinessGates']), itemsOf(status['conditions'])),
  ];
}

function readinessGates(gates: readonly Fields[], conditions: readonly Fields[]): string {
  if (gates.length === 0) return '<none>';
  const open = gates.filter(({ conditionType }) => {
    const condition = conditions.find(({ type }) => type === conditionType);
    return condition?.['status'] === 'True';
  });
  return `${open.length}/${gates.length}`;
}

/** Finished pods, which `kubectl get` may leave out. */
function podConditions(pod: KubeObject): RowCondition[] {
  switch (fieldsOf(pod['status'])['phase']) {
    case 'Succeeded':
      return [completed('Succeeded', 'The pod has completed successfully.')];
    case 'Failed':
      return [completed('Failed', 'The pod failed.')];
  }
  return [];
}

function completed(reason: string, message: string): RowCondition {
  return { type: 'Completed', status: 'True', reason, message };
}
