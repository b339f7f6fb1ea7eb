import { type Fields, fieldsAt, fieldsOf, itemsOf, textOf, textsOf } from '../../api/fields';

/** SetDefaults_Service of pkg/apis/core/v1/defaults.go, and the families that pkg/registry/core/service/storage/alloc.go fills in. */
export function defaultService(service: Fields): void {
  const spec = fieldsAt(service, 'spec');
  spec['type'] ||= 'ClusterIP';
  spec['sessionAffinity'] ||= 'None';
  if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig'];
  if (spec['sessionAffinity'] === 'ClientIP') {
    const client = fieldsAt(fieldsAt(spec, 'sessionAffinityConfig'), 'clientIP');
    client['timeoutSeconds'] ??= 10_800;
  }
  for (const port of itemsOf(spec['ports'])) {
    port['protocol'] ||= 'TCP';
    port['targetPort'] ||= port['port'];
  }
  const type = textOf(spec['type']);
  if (type === 'NodePort' || type === 'LoadBalancer') spec['externalTrafficPolicy'] ||= 'Cluster';
  if (type !== 'ExternalName') spec['internalTrafficPolicy'] ||= 'Cluster';
  if (type === 'LoadBalancer') spec['allocateLoadBalancerNodePorts'] ??= true;
  if (type !== 'ExternalName') defaultFamilies(spec);
}

/** The cluster has IPv4 alone; what is headless and selects nothing may have addresses of both families. */
function defaultFamilies(spec: Fields): void {
  const headless = spec['clusterIP'] === 'None' || textsOf(spec['clusterIPs'])[0] === 'None';
  const selects = Object.keys(fieldsOf(spec['selector'])).length > 0;
  if (headless && !selects && spec['ipFamilyPolicy'] !== 'SingleStack') {
    spec['ipFamilies'] ??= ['IPv4', 'IPv6'];
    spec['ipFamilyPolicy'] ??= 'RequireDualStack';
    return;
  }
  spec['ipFamilies'] ??= ['IPv4'];
  spec['ipFamilyPolicy'] ??= 'SingleStack';
}
