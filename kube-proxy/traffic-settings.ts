/** What the rules of a node depend on besides services: of its configuration, and of its Node. */
export interface TrafficSettings {
  /** --cluster-cidr: where pods are; what comes from elsewhere to a cluster IP is masqueraded. Empty: nothing is known of that. */
  readonly clusterCidrs: readonly string[];
  readonly masqueradeAll: boolean;
  /** The bit of the packet mark that says so. */
  readonly masqueradeBit: number;
  /** The node's own addresses at which node ports are taken. */
  readonly nodePortAddresses: readonly string[];
  /** The address that the node is known by; '' when it is not known yet. */
  readonly nodeIp: string;
}
