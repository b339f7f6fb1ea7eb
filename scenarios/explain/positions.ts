import type { Page } from './page';
import { controlPlaneToNode, kubeletClient, kubeletServer } from './sources';

const nodeRestriction = 'kubernetes/kubernetes, plugin/pkg/admission/noderestriction/admission.go';

/** How traffic comes to an attacker, what that takes, and what can be seen of it. */
export const positionPages = {
  arp: {
    title: 'arp: the neighbour that answers for everybody',
    body: [
      'On one segment machines find each other by asking who has an address (ARP; for IPv6, neighbour discovery). Nobody proves anything: the last answer that was heard counts. The attacker answers for the next hop, with its own hardware address, and packets for the victim’s peer arrive at it with their genuine destination.',
      '**Needs.** A machine on the segment of the one that dials: another node, a forgotten VM, a pod with `hostNetwork` or with `NET_RAW` on a bridged network. Clouds that answer ARP themselves leave no room for it.',
      '**On the wire.** The victim’s connection goes to the right address and the wrong machine. The attacker either forwards it (`tap`) or redirects it to a listener of its own.',
      '**How you would notice.** `ip neigh show` on the machine that dials: the peer’s address has another `lladdr` than yesterday, and the same `lladdr` as a third machine. `ip monitor neigh` or arpwatch tell of the change itself. Kubernetes has no log line about it.',
      '**What stops it.** Static entries, dynamic ARP inspection in the switch, a network that is routed down to the machine. And a client that verifies: then it does not matter who answers.',
      'Try: `midplane run --path logs --defence none --technique self-signed --position arp`',
    ],
    sources: [
      'RFC 826, "An Ethernet Address Resolution Protocol"',
      'RFC 5227 (section 2.4)',
      controlPlaneToNode,
    ],
    seeAlso: ['route', 'name', 'tap'],
  },
  route: {
    title: 'route: by way of somebody else',
    body: [
      'Whoever can change where a packet is sent next, stands on its path. A host route of 32 bits wins over the route of the network, and nobody asks who announced it.',
      '**Needs.** To be a router between the two, or to be believed as one: a BGP session of the CNI without a password, a cloud route table that a stolen role may write, an ICMP redirect, a rogue DHCP option.',
      '**On the wire.** As with `arp`, packets keep their genuine destination; one more machine decrements their TTL. Works over segments, also for pod networks.',
      '**How you would notice.** `ip route get 10.0.0.11` on the machine that dials names another next hop; `ip route show` has a line more, longer than its neighbours. `ip monitor route` tells when. In the cloud it is the audit log of the provider, and in no log of Kubernetes.',
      '**What stops it.** Authenticated routing sessions with filters for what may be announced, `net.ipv4.conf.all.accept_redirects=0`, few who may write route tables. And verification, with which the path does not matter.',
      'In the lab in containers the attacker is the router between the networks from the beginning.',
      'Try: `midplane matrix --path exec,pod-proxy-https --position route`',
    ],
    sources: ['RFC 1812 (section 5.2.4.3, longest match)', 'RFC 4271, BGP-4 (section 6)', controlPlaneToNode],
    seeAlso: ['arp', 'name', 'relay'],
  },
  name: {
    title: 'name: a DNS answer that is not true',
    body: [
      'The client asks where a name is, and is told the attacker’s address. It then dials the attacker of its own accord: nothing has to be taken from the network any more.',
      '**Needs.** To answer in place of the resolver, or to write what it says: ARP between a pod and CoreDNS, write access to the ConfigMap `coredns`, a stolen account at the DNS provider. And a client that dials by name: pods (`kubernetes.default.svc`), kubeconfigs with a name as server, scrapers, and an apiserver whose `--kubelet-preferred-address-types` begins with `Hostname`, which is its own default. kubeadm’s begins with `InternalIP`. Pods and endpoints are always dialled by address.',
      '**On the wire.** The connection goes to the attacker’s own address; under TLS the name stands in the ClientHello, and is what the certificate is verified for.',
      '**How you would notice.** `dig +short node-1` at two resolvers; `ss -tn` on the machine that dials shows a peer that is no machine of the cluster; the audit log tells who wrote the ConfigMap.',
      '**What stops it.** A client that verifies: the attacker has no certificate for the name. Addresses in place of names only change which position is needed.',
      'Try: `midplane run --path pod-api --defence client-insecure --technique replay --position name`',
    ],
    sources: [
      kubeletClient,
      'kubernetes/kubernetes, cmd/kube-apiserver/app/options/options.go (KubeletConfig)',
      'RFC 3833, "Threat Analysis of the Domain Name System"',
    ],
    seeAlso: ['arp', 'node-address', 'replay', 'pod-api'],
  },
  'node-address': {
    title: 'node-address: the node says that it lives elsewhere',
    body: [
      'Where a kubelet is, it writes itself into `status.addresses` of its Node. NodeRestriction checks whose Node is written, not what address is claimed. With one node’s credentials the attacker writes its own address there, and the apiserver takes it logs, exec, attach, port-forward and the node proxy for that node; so does whoever finds kubelets by the API, a scraper for example.',
      '**Needs.** The client certificate and key of that node. No place on the network between the two.',
      '**On the wire.** The apiserver dials the attacker, at the false address. Pods are found by their own address, and clients find the apiserver otherwise: neither is touched.',
      '**How you would notice.** `kubectl get nodes -o wide -w` shows the address change; `kubectl get node node-1 -o yaml --show-managed-fields` shows who wrote `f:addresses` last (a name that the thief chooses); in the audit log a patch of `nodes/status` by `system:node:node-1` has a `sourceIPs` that is not the node’s.',
      '**What stops it.** `kubelet-ca`: a certificate for the old address is not one for the new one. Not if an approver signs whatever a node asks for. The kubelet writes its own address back every five minutes.',
      'Try: `midplane run --path exec --defence none --technique self-signed --position node-address`',
    ],
    sources: [nodeRestriction, kubeletClient, 'kubernetes/kubernetes#113757 (CVE-2022-3294)'],
    seeAlso: ['kubelet-ca', 'compromised-node', 'metrics-scrape'],
  },
  'compromised-node': {
    title: 'compromised-node: root where the connection ends or begins',
    body: [
      'The attacker is not between the two but at one end. It turns aside, on the node itself, what comes in for its kubelet and pods and what its programs and pods send.',
      '**Needs.** Root on the node: an escape from a container, a stolen SSH key, a supply chain. It brings the node’s serving key, and so `stolen` needs nothing more here.',
      '**On the wire.** Nothing that was not there before. Connections reach the right machine; a NAT rule of its own hands them to another process.',
      '**What it gets.** What ends on the node, whatever is verified: the key that proves the node is on the node. `kubelet-ca` does not help against the node itself. What it does not get: connections that neither begin nor end here, and what other nodes hold (`midplane run root-on-a-node`).',
      '**How you would notice.** From outside hardly: `nft list ruleset` and `conntrack -L` are asked of a machine that may lie. Look at what does not depend on it: audit events of `system:node:node-1` that its kubelet does not send, requests from pods’ accounts at odd hours.',
      '**What limits it.** The Node authorizer and NodeRestriction, pods without tokens they do not need, small roles; rotating what was on the node.',
      'Try: `midplane matrix --path exec,logs --position compromised-node --technique self-signed,stolen`',
    ],
    sources: [
      nodeRestriction,
      kubeletServer,
      'kubernetes/kubernetes, plugin/pkg/auth/authorizer/node/node_authorizer.go',
    ],
    seeAlso: ['stolen', 'kubelet-ca', 'node-address'],
  },
} satisfies Record<string, Page>;
