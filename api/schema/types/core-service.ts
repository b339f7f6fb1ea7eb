import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const coreServiceTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
kind Service ServiceList
  1 metadata meta.ObjectMeta
  2 spec ServiceSpec
  3 status ServiceStatus

ServiceSpec
  1 ports []ServicePort listType=map listMapKey=port,protocol patchStrategy=merge patchMergeKey=port
  2 selector map[string]string mapType=atomic
  3 clusterIP string
  18 clusterIPs []string listType=atomic
  4 type ServiceType
  5 externalIPs []string listType=atomic
  7 sessionAffinity ServiceAffinity
  8 loadBalancerIP string
  9 loadBalancerSourceRanges []string listType=atomic
  10 externalName string
  11 externalTrafficPolicy ServiceExternalTrafficPolicy
  12 healthCheckNodePort int32
  13 publishNotReadyAddresses bool
  14 sessionAffinityConfig *SessionAffinityConfig
  19 ipFamilies []IPFamily listType=atomic
  17 ipFamilyPolicy *IPFamilyPolicy
  20 allocateLoadBalancerNodePorts *bool
  21 loadBalancerClass *string
  22 internalTrafficPolicy *ServiceInternalTrafficPolicy
  23 trafficDistribution *string

ServicePort
  1 name string
  2 protocol Protocol default="TCP"
  6 appProtocol *string
  3 port int32 required
  4 targetPort IntOrString
  5 nodePort int32

ServiceType = string (ClusterIP | NodePort | LoadBalancer | ExternalName)
ServiceAffinity = string (ClientIP | None)
ServiceExternalTrafficPolicy = string (Cluster | Local)

SessionAffinityConfig
  1 clientIP *ClientIPConfig

ClientIPConfig
  1 timeoutSeconds *int32

IPFamily = string (IPv4 | IPv6 | )
IPFamilyPolicy = string (SingleStack | PreferDualStack | RequireDualStack)
ServiceInternalTrafficPolicy = string (Cluster | Local)

ServiceStatus
  1 loadBalancer LoadBalancerStatus
  2 conditions []meta.Condition listType=map listMapKey=type patchStrategy=merge patchMergeKey=type

LoadBalancerStatus
  1 ingress []LoadBalancerIngress listType=atomic

LoadBalancerIngress
  1 ip string
  2 hostname string
  3 ipMode *LoadBalancerIPMode
  4 ports []PortStatus listType=atomic

LoadBalancerIPMode = string

PortStatus
  1 port int32 required
  2 protocol Protocol required
  3 error *string

kind Endpoints EndpointsList
  1 metadata meta.ObjectMeta
  2 subsets []EndpointSubset listType=atomic

EndpointSubset
  1 addresses []EndpointAddress listType=atomic
  2 notReadyAddresses []EndpointAddress listType=atomic
  3 ports []EndpointPort listType=atomic

EndpointAddress structType=atomic
  1 ip string required
  3 hostname string
  4 nodeName *string
  2 targetRef *ObjectReference

EndpointPort structType=atomic
  1 name string
  2 port int32 required
  3 protocol Protocol
  4 appProtocol *string
`,
};
