import { type Fields, fieldsAt } from '../../api/fields';
import { defaultPodTemplate } from './pod';

/** pkg/apis/apps/v1/defaults.go. */
export function defaultDeployment(deployment: Fields): void {
  const spec = fieldsAt(deployment, 'spec');
  spec['replicas'] ??= 1;
  const strategy = fieldsAt(spec, 'strategy');
  strategy['type'] ||= 'RollingUpdate';
  if (strategy['type'] === 'RollingUpdate') {
    const rolling = fieldsAt(strategy, 'rollingUpdate');
    rolling['maxUnavailable'] ??= '25%';
    rolling['maxSurge'] ??= '25%';
  }
  spec['revisionHistoryLimit'] ??= 10;
  spec['progressDeadlineSeconds'] ??= 600;
  defaultPodTemplate(fieldsAt(spec, 'template'));
}

export function defaultReplicaSet(replicaSet: Fields): void {
  const spec = fieldsAt(replicaSet, 'spec');
  spec['replicas'] ??= 1;
  defaultPodTemplate(fieldsAt(spec, 'template'));
}
