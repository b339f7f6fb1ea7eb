import type { Page } from './page';
import {
  accessServices,
  controlPlaneToNode,
  nodeStrategy,
  podStrategy,
  proxyTransport,
  serviceStorage,
} from './sources';

/** The paths of kube-apiserver's proxy transport, which verifies nobody whatever the flags. */
export const proxyPathPages = {
  'node-proxy-http': {
    title: 'node-proxy-http: another port of a node, in clear',
    body: [
      '`/api/v1/nodes/NODE:9100/proxy/metrics` looks like node-proxy, but the port is not the kubelet’s, and that changes everything. kube-apiserver compares the port in the URL with the one the node published; when they differ it takes the **proxy transport** instead of the kubelet transport: no client certificate, no verification, and plain http unless the name begins with `https:`.',
      '**What an attacker gets.** A copy of everything that passes, without doing anything but listening. If it also changes what passes, neither side can tell. There is no TLS to defeat and no certificate to forge, so `tap` is already enough.',
      '**Why no flag helps.** `--kubelet-certificate-authority` belongs to the kubelet transport and has no influence here. Nothing configures the proxy transport.',
      '**What does help.** Spelling `https:` stops listeners, though not impostors. To stop both, do not carry the traffic this way: reach the port by a connection that verifies its end, encrypt the network between control plane and nodes, and keep `nodes/proxy` out of roles.',
      '**How to notice.** The name with its port, `NODE:9100`, is the resource name of the audit event.',
      'Try: `midplane run --path node-proxy-http --defence kubelet-ca --technique tap`',
    ],
    sources: [controlPlaneToNode, nodeStrategy, proxyTransport],
    seeAlso: ['node-proxy-https', 'node-proxy', 'tap', 'plaintext'],
  },
  'node-proxy-https': {
    title: 'node-proxy-https: another port of a node, encrypted to whoever answers',
    body: [
      '`/api/v1/nodes/https:NODE:9443/proxy/` goes to a port that is not the kubelet’s, over TLS. It needs all three parts: `NODE:443` alone means http to port 443. The proxy transport does the handshake with verification switched off in the source, and it offers no client certificate, not even when asked.',
      '**What an attacker gets.** With any certificate it becomes the endpoint: it reads requests, forges answers, and, because there is no client certificate that the real endpoint could insist on, it can connect there itself and pass everything on. That is `relayed`: real answers, read and changed on the way, with nothing for the user to notice.',
      '**Why it is so.** The target is an address taken from the node object, and upstream found no name to compare a certificate with. So this TLS resists a passive listener and nobody else.',
      '**Why the flag does not help.** It configures the other transport. In the matrix this row stays red under `kubelet-ca`.',
      '**What does help.** A backend that asks for a credential of its own stops the relay, but not the impostor. Verified paths, such as `port-forward` under `kubelet-ca` with TLS inside, stop both.',
      'Try: `midplane run --path node-proxy-https --defence kubelet-ca --technique relay`',
    ],
    sources: [controlPlaneToNode, nodeStrategy, proxyTransport],
    seeAlso: ['node-proxy-http', 'pod-proxy-https', 'relay', 'relayed'],
  },
  'pod-proxy-http': {
    title: 'pod-proxy-http: the apiserver as a web proxy to a pod',
    body: [
      '`/api/v1/namespaces/NS/pods/POD:8080/proxy/` makes kube-apiserver fetch a page from the pod’s own address. The kubelet has no part in it: the connection goes straight to the pod IP, by the proxy transport, and without `https:` in the name it is plain HTTP. If you leave the port out, the first declared container port is taken.',
      '**What an attacker gets.** Both directions, by listening. Your token is removed before the request leaves, cookies and custom headers are not: a dashboard behind the proxy that keeps a session cookie shows it on every request.',
      '**Why no flag helps.** `--kubelet-certificate-authority` is for kubelets. Pod traffic crosses the pod network, often from the control plane into an overlay that the cloud’s firewall rules do not cover.',
      '**What does help.** Encryption below (WireGuard or IPsec of the network plugin, if the control plane takes part in it), or another way in: an ingress with TLS, or `kubectl port-forward` under `kubelet-ca`, which crosses the network inside verified TLS and enters the pod from its own node.',
      '**How to notice.** Audit events on `pods/proxy`; few clusters need any.',
      'Try: `midplane run --path pod-proxy-http --defence kubelet-ca --technique tap`',
    ],
    sources: [controlPlaneToNode, podStrategy, proxyTransport, accessServices],
    seeAlso: ['pod-proxy-https', 'port-forward', 'plaintext'],
  },
  'pod-proxy-https': {
    title: 'pod-proxy-https: https that verifies nobody',
    body: [
      '`/api/v1/namespaces/NS/pods/https:POD:8443/proxy/` looks safe because of five letters. kube-apiserver does speak TLS to the pod, and the pod may have an excellent certificate, but nobody looks at it: the proxy transport is built with verification off, and no flag turns it on.',
      '**Why it is so.** The apiserver dials the pod by IP address. Upstream’s reason is that there is no name to check, and no bundle that all workloads would share. The documentation says it in one sentence: the connection is encrypted, but gives no guarantee of integrity.',
      '**What an attacker gets.** Any certificate will do. It then opens its own connection to the genuine pod, and since the apiserver offers no client certificate on this transport, the pod cannot tell the two apart. Both directions are read, both can be changed: `relayed`, the worst an on-path attacker reaches with TLS in use.',
      '**What does help.** A pod that demands a credential of its own, such as mutual TLS, breaks the relay and the proxy with it. Otherwise use `port-forward` under `kubelet-ca` and let your own client verify the pod.',
      '**How to notice.** The pod sees its requests from an unusual source address.',
      'Try: `midplane run --path pod-proxy-https --defence kubelet-ca --technique relay`',
    ],
    sources: [controlPlaneToNode, podStrategy, proxyTransport],
    seeAlso: ['service-proxy-https', 'pod-proxy-http', 'relay', 'port-forward'],
  },
  'service-proxy-http': {
    title: 'service-proxy-http: a service by name, a pod by address',
    body: [
      '`/api/v1/namespaces/NS/services/SVC:80/proxy/` is the classic way to a dashboard. kube-apiserver looks the service up, picks one of its endpoints at random and connects to that **pod’s** address and port. The ClusterIP and kube-proxy have no part in it, and neither have network rules that were written for the service address.',
      '**What an attacker gets.** This is plain HTTP, so a listener anywhere between control plane and pod reads both directions. Which pod is asked is chance: an attacker on the way to one node sees its share of the requests. One that may write endpoints need not be on the way at all, but an address that it adds must come with a reference to an existing pod of the namespace with that IP.',
      '**A trap in the name.** `SVC:443` is http to port 443. Only three parts, `https:SVC:443`, make it TLS, and RBAC `resourceNames` must be spelled the same way, colons included.',
      '**Why no flag helps.** This is the proxy transport: `--kubelet-certificate-authority` is not consulted.',
      '**What does help.** An ingress or gateway with TLS; encryption of the pod network; no `services/proxy` in roles that do not need it.',
      'Try: `midplane run --path service-proxy-http --defence kubelet-ca --technique tap`',
    ],
    sources: [serviceStorage, proxyTransport, accessServices],
    seeAlso: ['service-proxy-https', 'pod-proxy-http', 'tap'],
  },
  'service-proxy-https': {
    title: 'service-proxy-https: TLS to a random endpoint, believed unseen',
    body: [
      '`/api/v1/namespaces/NS/services/https:SVC:443/proxy/` makes kube-apiserver speak TLS to one endpoint of the service. The certificate may name the service perfectly, `SVC.NS.svc`, and still it is not read: the proxy transport dials the pod’s address and skips verification, on every cluster, under every flag.',
      '**What an attacker gets.** It presents any certificate, connects to the genuine pod itself, and passes requests and answers on as it likes. No client certificate is offered on this transport, so nothing prevents the relay. The answers are real, which makes this harder to notice than a plain impostor.',
      '**Do not confuse it** with aggregated APIs and webhooks, which also reach services: those have a `caBundle` of their own and verify the service’s DNS name, unless `insecureSkipTLSVerify` says otherwise. This path has neither setting.',
      '**What does help.** Make the backend ask for its own credential, or go round: an ingress that verifies its upstream, or `port-forward` under `kubelet-ca` with a client that checks the certificate.',
      '**How to notice.** Audit events on `services/proxy` with a name that starts with `https:`.',
      'Try: `midplane run --path service-proxy-https --defence none --technique relay`',
    ],
    sources: [serviceStorage, proxyTransport, controlPlaneToNode],
    seeAlso: ['service-proxy-http', 'pod-proxy-https', 'relayed'],
  },
} satisfies Record<string, Page>;
