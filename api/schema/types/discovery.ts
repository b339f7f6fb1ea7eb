import type { TypeTable } from '../type-table';

/** k8s.io/api discovery/v1/types.go. */
export const discoveryTypes: TypeTable = {
  package: 'io.k8s.api.discovery.v1',
  apiVersion: 'discovery.k8s.io/v1',
  types: `
kind EndpointSlice EndpointSliceList: Some of the endpoints of a service.
  1 metadata meta.ObjectMeta: Standard metadata of an object.
  4 addressType AddressType required: What kind of addresses the slice has. Cannot be changed.
  2 endpoints []Endpoint required listType=atomic: The endpoints, at most 1000.
  3 ports []EndpointPort always listType=atomic: Ports of each endpoint, at most 100.

AddressType = string (IPv4 | IPv6 | FQDN)

Endpoint
  1 addresses []string required listType=set: Addresses of the endpoint; clients use the first.
  2 conditions EndpointConditions: Whether it can be used.
  3 hostname *string
  4 targetRef *core.ObjectReference: The object that it stands for.
  5 deprecatedTopology map[string]string
  6 nodeName *string: The node that it is on.
  7 zone *string: The zone that it is in.
  8 hints *EndpointHints

EndpointConditions
  1 ready *bool
  2 serving *bool
  3 terminating *bool

EndpointHints
  1 forZones []ForZone listType=atomic
  2 forNodes []ForNode listType=atomic

ForZone
  1 name string required

ForNode
  1 name string required

EndpointPort structType=atomic
  1 name *string
  2 protocol *core.Protocol
  3 port *int32
  4 appProtocol *string
`,
};
