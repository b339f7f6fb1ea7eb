import type { TypeTable } from '../type-table';

/** k8s.io/api core/v1/types.go. */
export const coreServiceTypes: TypeTable = {
  package: 'io.k8s.api.core.v1',
  apiVersion: 'v1',
  types: `
kind Service ServiceList: A name and an address that stand for a set of pods, as long as it exists.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 spec ServiceSpec: What is wanted.
  3 status ServiceStatus: What is, as last observed. Set by the system, read-only.

ServiceSpec: What is wanted of a service.
  1 ports []ServicePort listType=map listMapKey=port,protocol patchStrategy=merge patchMergeKey=port: The ports of the service.
  2 selector map[string]string mapType=atomic: Labels of the pods that traffic goes to. Without, somebody else manages the endpoints.
  3 clusterIP string: The address of the service, usually assigned. None is a headless service: names lead to the pods themselves.
  18 clusterIPs []string listType=atomic: Addresses of the service, one for each family; the first is clusterIP.
  4 type ServiceType: How the service can be reached. ClusterIP, the default: within the cluster. NodePort: at a port of every node as well. LoadBalancer: by a load balancer as well. ExternalName: it is another name for something outside.
  5 externalIPs []string listType=atomic: Addresses for which nodes take traffic too. Kubernetes does not manage them, and does not ask whose they are.
  7 sessionAffinity ServiceAffinity: ClientIP sends a client to the same pod again. None is the default.
  8 loadBalancerIP string: Deprecated. The address that is wished for from the load balancer.
  9 loadBalancerSourceRanges []string listType=atomic: Where clients of the load balancer may come from.
  10 externalName string: The name that an ExternalName service stands for.
  11 externalTrafficPolicy ServiceExternalTrafficPolicy: Where traffic from outside goes: Cluster, the default, or Local, to pods of the node that it came to.
  12 healthCheckNodePort int32: The port at which load balancers ask for the health of a node.
  13 publishNotReadyAddresses bool: Whether pods that are not ready are published too.
  14 sessionAffinityConfig *SessionAffinityConfig: Settings of session affinity, such as how long it lasts.
  19 ipFamilies []IPFamily listType=atomic: The families of addresses: IPv4, IPv6.
  17 ipFamilyPolicy *IPFamilyPolicy: Whether one or two families are wanted.
  20 allocateLoadBalancerNodePorts *bool: Whether a LoadBalancer service gets ports of nodes.
  21 loadBalancerClass *string: The kind of load balancer that is meant.
  22 internalTrafficPolicy *ServiceInternalTrafficPolicy: Where traffic from within goes: Cluster, the default, or Local.
  23 trafficDistribution *string: A preference for which endpoints traffic goes to.

ServicePort: A port of a service.
  1 name string: Name of the port, a DNS label; needed when there are several.
  2 protocol Protocol default="TCP": The protocol of the port. TCP by default.
  6 appProtocol *string: The protocol that the application speaks, as a hint.
  3 port int32 required: The port of the service.
  4 targetPort IntOrString: Number or name of the port of the pods. The service's own port by default.
  5 nodePort int32: The port of every node that leads here, usually assigned.

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
  1 loadBalancer LoadBalancerStatus: The state of the load balancer.
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

kind Endpoints EndpointsList: Addresses and ports that a service leads to. EndpointSlices have come in its place.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  2 subsets []EndpointSubset listType=atomic: All endpoints, as sets of addresses with the ports that they share.

EndpointSubset
  1 addresses []EndpointAddress listType=atomic: Addresses that are ready.
  2 notReadyAddresses []EndpointAddress listType=atomic: Addresses that are not ready yet.
  3 ports []EndpointPort listType=atomic: Ports that are available at these addresses.

EndpointAddress structType=atomic
  1 ip string required: The address.
  3 hostname string: Name of the endpoint.
  4 nodeName *string: The node that it is on.
  2 targetRef *ObjectReference: The object that it stands for.

EndpointPort structType=atomic
  1 name string
  2 port int32 required
  3 protocol Protocol
  4 appProtocol *string
`,
};
