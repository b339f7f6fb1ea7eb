import { type Fields, fieldsAt, fieldsOf, itemsOf } from '../../api/fields';
import { defaultContainer, requestLimits } from './containers';
import { defaultVolume } from './volumes';

/** SetDefaults_Pod and SetDefaults_PodSpec of pkg/apis/core/v1/defaults.go. */
export function defaultPod(pod: Fields): void {
  const spec = fieldsAt(pod, 'spec');
  defaultPodSpec(spec);
  for (const container of [...itemsOf(spec['containers']), ...itemsOf(spec['initContainers'])]) {
    requestLimits(container);
    if (spec['hostNetwork'] === true)
      for (const port of itemsOf(container['ports'])) port['hostPort'] ||= port['containerPort'];
  }
  spec['enableServiceLinks'] ??= true;
}

/** A template inside a Deployment or a ReplicaSet. Go has no way to leave a zero time out. */
export function defaultPodTemplate(template: Fields): void {
  const metadata = fieldsOf(template['metadata']);
  template['metadata'] = { creationTimestamp: null, ...metadata };
  defaultPodSpec(fieldsAt(template, 'spec'));
}

function defaultPodSpec(spec: Fields): void {
  for (const volume of itemsOf(spec['volumes'])) defaultVolume(volume);
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'])
    for (const container of itemsOf(spec[list])) defaultContainer(container);
  spec['restartPolicy'] ||= 'Always';
  spec['terminationGracePeriodSeconds'] ??= 30;
  spec['dnsPolicy'] ||= 'ClusterFirst';
  spec['securityContext'] ??= {};
  spec['schedulerName'] ||= 'default-scheduler';
  mirrorServiceAccount(spec);
}

/** `serviceAccount` is the old name of `serviceAccountName`; both are shown (conversion.go, PodSpec). */
function mirrorServiceAccount(spec: Fields): void {
  const name = spec['serviceAccountName'] || spec['serviceAccount'];
  if (!name) return;
  spec['serviceAccountName'] = name;
  spec['serviceAccount'] = name;
}
