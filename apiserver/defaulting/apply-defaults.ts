import type { Container, KubeNode, KubeObject, Pod, Service } from '../../api/objects';
import type { ResourceKind } from '../registry';

/**
 * Fills in what upstream fills in before an object is stored. Clients rely on it: kubectl reads
 * `spec.securityContext` of a pod without looking whether it is there.
 * Source: pkg/apis/core/v1/defaults.go. Takes a private copy and completes it in place.
 */
export function applyDefaults(kind: ResourceKind, object: KubeObject): void {
  switch (kind.kind) {
    case 'Namespace':
      defaultNamespace(object);
      return;
    case 'Node':
      defaultNode(object as KubeNode);
      return;
    case 'Pod':
      defaultPod(object as Pod);
      return;
    case 'Secret':
      defaultSecret(object);
      return;
    case 'Service':
      defaultService(object as Service);
      return;
  }
}

function defaultNamespace(object: KubeObject): void {
  object.metadata.labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name };
  object['spec'] ??= { finalizers: ['kubernetes'] };
  object['status'] ??= { phase: 'Active' };
}

function defaultNode(node: KubeNode): void {
  node.spec ??= {};
  node.status ??= {};
}

function defaultPod(pod: Pod): void {
  const spec = pod.spec;
  Object.assign(spec, {
    restartPolicy: spec.restartPolicy ?? 'Always',
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
    dnsPolicy: 'dnsPolicy' in spec ? spec.dnsPolicy : 'ClusterFirst',
    securityContext: spec.securityContext ?? {},
    schedulerName: 'schedulerName' in spec ? spec.schedulerName : 'default-scheduler',
    enableServiceLinks: 'enableServiceLinks' in spec ? spec.enableServiceLinks : true,
  });
  const containers = [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
  for (const container of containers) defaultContainer(container, spec.hostNetwork === true);
  pod.status ??= {};
  pod.status.phase ??= 'Pending';
  pod.status.qosClass ??= 'BestEffort';
}

function defaultContainer(container: Container, hostNetwork: boolean): void {
  container.imagePullPolicy ??=
    /:[^/]+$/.test(container.image) && !container.image.endsWith(':latest') ? 'IfNotPresent' : 'Always';
  container.resources ??= {};
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  for (const port of container.ports ?? []) {
    port.protocol ??= 'TCP';
    if (hostNetwork) Object.assign(port, { hostPort: port.containerPort });
  }
}

function defaultSecret(object: KubeObject): void {
  object['type'] ??= 'Opaque';
  const plain = object['stringData'];
  if (typeof plain !== 'object' || plain === null) return;
  const encoded = Object.entries(plain).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  object['data'] = { ...(object['data'] as object | undefined), ...Object.fromEntries(encoded) };
  delete object['stringData'];
}

function defaultService(service: Service): void {
  const spec = service.spec;
  Object.assign(spec, {
    type: spec.type ?? 'ClusterIP',
    sessionAffinity: 'sessionAffinity' in spec ? spec.sessionAffinity : 'None',
  });
  if (spec.type !== 'ExternalName') {
    Object.assign(spec, {
      internalTrafficPolicy: 'internalTrafficPolicy' in spec ? spec.internalTrafficPolicy : 'Cluster',
      ipFamilies: 'ipFamilies' in spec ? spec.ipFamilies : ['IPv4'],
      ipFamilyPolicy: 'ipFamilyPolicy' in spec ? spec.ipFamilyPolicy : 'SingleStack',
    });
  }
  for (const port of spec.ports ?? []) {
    port.protocol ??= 'TCP';
    port.targetPort ??= port.port;
  }
  service['status'] ??= { loadBalancer: {} };
}
