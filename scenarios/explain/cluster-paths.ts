import type { Page } from './page';
import { bypassRisks, controlPlaneToNode, kubeletAuth, tlsBootstrapping } from './sources';

const notRun = '**Not run by this release**; the word is reserved.';

/** The other direction, cluster to apiserver: secure by default, open when a client skips verification. */
export const clusterPathPages = {
  'kubelet-api': {
    title: 'kubelet-api: a kubelet calls the apiserver',
    body: [
      'A kubelet watches its pods, reports status and fetches Secrets with a client certificate, and it verifies the apiserver against the CA in its kubeconfig. This direction is safe by default. It opens when the kubeconfig says `insecure-skip-tls-verify: true`: whoever plays the apiserver then decides which pods the node runs. A client certificate cannot be stolen this way, but every Secret the node receives can be forged.',
      notRun,
    ],
    sources: [controlPlaneToNode, 'kubernetes/kubernetes, cmd/kubelet/app/server.go'],
    seeAlso: ['kubelet-bootstrap', 'client-insecure', 'client-ca'],
  },
  'kubelet-bootstrap': {
    title: 'kubelet-bootstrap: joining with a token',
    body: [
      'A new node has no certificate yet; it uses a bootstrap token to ask for one. The token is a bearer credential: whoever terminates that TLS connection owns it. kubeadm protects the first contact with a signature keyed by the token and, if you give `--discovery-token-ca-cert-hash`, with the pinned CA key. An insecure bootstrap stays insecure: the setting is copied into the final kubeconfig.',
      notRun,
    ],
    sources: [tlsBootstrapping, 'kubernetes/kubernetes, pkg/kubelet/certificate/bootstrap/bootstrap.go'],
    seeAlso: ['kubelet-api', 'replay'],
  },
  'kube-proxy-api': {
    title: 'kube-proxy-api: kube-proxy calls the apiserver',
    body: [
      'kube-proxy watches Services and EndpointSlices and programs the node accordingly. kubeadm runs it with a service account token and the cluster CA from its ConfigMap. With verification skipped, an impostor learns the token and, by inventing endpoints, leads the traffic of every service on that node wherever it likes.',
      notRun,
    ],
    sources: [controlPlaneToNode],
    seeAlso: ['kubelet-api', 'client-insecure'],
  },
  'pod-api': {
    title: 'pod-api: a pod calls the apiserver',
    body: [
      'A pod finds `ca.crt` and a bound token in its service account volume, and client libraries use both by default. Code that ignores the CA (`curl -k`, a library told to skip verification) hands the token to whoever answers on the service address. The token works against the real apiserver until it expires or its pod is deleted.',
      notRun,
    ],
    sources: [controlPlaneToNode, bypassRisks],
    seeAlso: ['replay', 'client-insecure'],
  },
  'controller-manager-api': {
    title: 'controller-manager-api: the control loops call the apiserver',
    body: [
      'kube-controller-manager authenticates with a client certificate from its kubeconfig and verifies the apiserver with the CA written there. On most clusters both sit on one machine, which keeps strangers off the path. Remote or load-balanced control planes lose that comfort and depend on the CA alone. The service account signing key is in its hands, so an impostor that feeds it false objects steers powerful loops.',
      notRun,
    ],
    sources: [controlPlaneToNode],
    seeAlso: ['scheduler-api', 'client-insecure'],
  },
  'scheduler-api': {
    title: 'scheduler-api: the scheduler calls the apiserver',
    body: [
      'kube-scheduler watches unbound pods and writes bindings, with a client certificate and the CA of its kubeconfig. Its credentials are worth less than those of the controller manager, but an impostor can starve the cluster or, by false node objects, gather pods on a machine of its choice. Verified by default; open only if the kubeconfig skips verification.',
      notRun,
    ],
    sources: [controlPlaneToNode],
    seeAlso: ['controller-manager-api', 'client-insecure'],
  },
  'kubectl-api': {
    title: 'kubectl-api: a user calls the apiserver',
    body: [
      'A kubeconfig with `certificate-authority-data` verifies the apiserver; one with `insecure-skip-tls-verify: true` believes anybody and sends its bearer token with the first request. Tokens can be replayed, client certificates cannot. Over `http://` kubectl sends no credential at all.',
      notRun,
    ],
    sources: ['kubernetes/client-go, transport/transport.go (TLSConfigFor)', controlPlaneToNode],
    seeAlso: ['client-insecure', 'client-ca', 'replay'],
  },
  'metrics-scrape': {
    title: 'metrics-scrape: a scraper calls a kubelet with a token',
    body: [
      'metrics-server with `--kubelet-insecure-tls`, or Prometheus with `insecure_skip_verify`, presents a service account token to every kubelet it scrapes, and to whoever stands in for one. A kubelet’s token review names no audience of its own, so the captured token is good for the apiserver too. Here the credential itself is the prize, unlike on the paths of the apiserver.',
      notRun,
    ],
    sources: [kubeletAuth, 'kubernetes-sigs/metrics-server#418'],
    seeAlso: ['replay', 'hijacked'],
  },
} satisfies Record<string, Page>;
