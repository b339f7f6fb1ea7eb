import type { TypeTable } from '../type-table';

/** k8s.io/api discovery/v1/types.go. */
export const discoveryTypes: TypeTable = {
  package: 'io.k8s.api.discovery.v1',
  apiVersion: 'discovery.k8s.io/v1',
  types: `
kind EndpointSlice EndpointSliceList
  1 metadata meta.ObjectMeta
  4 addressType AddressType required
  2 endpoints []Endpoint required listType=atomic
  3 ports []EndpointPort always listType=atomic

AddressType = string (IPv4 | IPv6 | FQDN)

Endpoint
  1 addresses []string required listType=set
  2 conditions EndpointConditions
  3 hostname *string
  4 targetRef *core.ObjectReference
  5 deprecatedTopology map[string]string
  6 nodeName *string
  7 zone *string
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
