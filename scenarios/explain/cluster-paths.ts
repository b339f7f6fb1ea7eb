import type { Page } from './page';
import { bypassRisks, clientTransport, controlPlaneToNode, kubeletAuth, tlsBootstrapping } from './sources';

/** The other direction, cluster to apiserver: secure by default, open when a client skips verification. */
export const clusterPathPages = {
  'kubelet-api': {
    title: 'kubelet-api: a kubelet calls the apiserver',
    body: [
      'A kubelet registers its node, lists and watches `/api/v1/pods` with the field selector `spec.nodeName=NODE`, fetches the Secrets and ConfigMaps of those pods, and reports status. It shows the certificate `CN=system:node:NODE` and verifies the apiserver with the CA of its kubeconfig.',
      '**Why it is closed.** Every tool that writes a kubeconfig puts `certificate-authority-data` into it. It opens when somebody puts `insecure-skip-tls-verify: true` there instead, often in the bootstrap kubeconfig, from which the kubelet copies it into the final one.',
      '**What an attacker gets.** The node. Whoever plays the apiserver says which pods run there, privileged ones included, and which Secrets they are given; a kubelet that asks it about callers of port 10250 hears that all of them may do everything. Genuine Secrets it does not get: the certificate is shown without its key, so a relay arrives as `system:anonymous` and reads 403.',
      '**How to notice.** The node turns NotReady, since its lease is renewed with the attacker; a pod runs on the node that the cluster does not know; under a relay the audit log has `system:anonymous` on `nodes`.',
      '**What closes it.** The CA. The kubelet then logs `Post "https://…/api/v1/nodes": tls: failed to verify certificate: x509: …`, and nothing was sent.',
      'Try: `midplane run --path kubelet-api --defence client-insecure --technique relay`',
    ],
    sources: [
      controlPlaneToNode,
      clientTransport,
      'kubernetes/kubernetes, pkg/kubelet/kubelet_node_status.go and pkg/kubelet/config/apiserver.go',
    ],
    seeAlso: ['kubelet-bootstrap', 'client-insecure', 'client-ca', 'impersonated'],
  },
  'kubelet-bootstrap': {
    title: 'kubelet-bootstrap: joining with a token',
    body: [
      'A machine without a certificate uses the bootstrap kubeconfig: it posts a CertificateSigningRequest for `O=system:nodes, CN=system:node:NODE` with the token in the Authorization header, and watches that request until it is approved and signed. Then it writes a kubeconfig of its own. Its key never leaves it.',
      '**Why it is closed.** `kubeadm join` fetches CA and server without verification, but checks them against a signature keyed by the token and against `--discovery-token-ca-cert-hash`. Only then is the token sent, over verified TLS. It opens with `insecure-skip-tls-verify: true` in the bootstrap kubeconfig, and the kubelet copies that into the final one.',
      '**What an attacker gets.** The token, which is good until it expires, 24 hours with kubeadm: whoever has it is `system:bootstrap:ID` and may ask for certificates. With kubeadm’s automatic approval that means the certificate of any node, existing ones included. In the middle it can also put a request of its own in the place of the node’s, or hand the node a certificate and the life of a foreign cluster.',
      '**How to notice.** A request by `system:bootstrap:ID` for a node that already exists, or two for one node.',
      '**What closes it.** The CA with the pinned hash; a short life of the token; approval by hand.',
      'Try: `midplane run --path kubelet-bootstrap --defence client-insecure --technique replay`',
    ],
    sources: [
      tlsBootstrapping,
      'kubernetes/kubernetes, pkg/kubelet/certificate/bootstrap/bootstrap.go',
      'Kubernetes documentation, "kubeadm join": kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-join/',
    ],
    seeAlso: ['kubelet-api', 'client-insecure', 'replay', 'hijacked'],
  },
  'kube-proxy-api': {
    title: 'kube-proxy-api: kube-proxy calls the apiserver',
    body: [
      'kube-proxy lists and watches Services, EndpointSlices and its own Node, and turns them into the rules of the node. It writes nothing but events. kubeadm runs it with the token of the service account `kube-system/kube-proxy` and a kubeconfig from a ConfigMap that names the control-plane endpoint and the `ca.crt` beside the token; other installers give it the certificate `CN=system:kube-proxy`.',
      '**Why it is closed.** The CA is in that kubeconfig. It opens where somebody writes `insecure-skip-tls-verify: true` into the ConfigMap, and then on every node at once.',
      '**What an attacker gets.** The service network of the node. An invented EndpointSlice leads each connection to a ClusterIP wherever the attacker likes, DNS included, and no pod can see it. TLS between pods that is really verified still holds; plain HTTP does not. A token comes on top, and its role, `system:node-proxier`, reads nodes, services and endpoint slices, no Secrets. From a certificate nothing more follows.',
      '**How to notice.** Compare: `iptables-save` or `nft list ruleset` on the node names addresses that are in no EndpointSlice.',
      '**What closes it.** The CA, in the one ConfigMap that holds for all nodes.',
      'Try: `midplane run --path kube-proxy-api --defence client-insecure --technique relay`',
    ],
    sources: [
      controlPlaneToNode,
      'kubernetes/kubernetes, cmd/kubeadm/app/phases/addons/proxy/manifests.go',
      'kubernetes/kubernetes, plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go (system:node-proxier)',
    ],
    seeAlso: ['kubelet-api', 'pod-api', 'client-insecure', 'hijacked'],
  },
  'pod-api': {
    title: 'pod-api: a pod calls the apiserver',
    body: [
      'A pod finds the address in `KUBERNETES_SERVICE_HOST`, and `token` and `ca.crt` under `/var/run/secrets/kubernetes.io/serviceaccount`. Client libraries use all three: they dial the ClusterIP, kube-proxy leads the connection to an apiserver, and its certificate has the ClusterIP and `kubernetes.default.svc` among its SANs.',
      '**Why it is closed.** The file with the CA is mounted beside the token. What opens it is code: `curl -k`, a library that was told to skip verification, a script that never learned of the file.',
      '**What an attacker gets.** The token, with the first request. It acts as that service account from anywhere, with all that RBAC grants it. The kubelet renews it before an hour is over, but the server may have signed it for a year; it is bound to the pod and dies with it. Requests and answers pass in clear and can be changed.',
      '**How to notice.** One `authentication.kubernetes.io/credential-id` in the audit log from the pod’s address and from another.',
      '**What closes it.** `ca.crt`. And for pods that call nobody, `automountServiceAccountToken: false`: a token that is not there cannot be lost. Delete the pod, and a stolen one ends.',
      'Try: `midplane run --path pod-api --defence client-insecure --technique replay`',
    ],
    sources: [
      'Kubernetes documentation, "Accessing the Kubernetes API from a Pod": kubernetes.io/docs/tasks/run-application/access-api-from-pod/',
      'Kubernetes documentation, "Managing Service Accounts": kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/',
      bypassRisks,
    ],
    seeAlso: ['replay', 'hijacked', 'client-insecure', 'kube-proxy-api'],
  },
  'controller-manager-api': {
    title: 'controller-manager-api: the control loops call the apiserver',
    body: [
      'kube-controller-manager takes the lease `kube-system/kube-controller-manager`, watches almost every kind of object and writes what its loops decide. Its kubeconfig holds the CA and the certificate `CN=system:kube-controller-manager`.',
      '**Why it is closed.** The CA verifies the apiserver, and where both sit on one machine there is no wire to stand on. With several control-plane machines behind a load balancer there is one, and the CA is all there is. `insecure-skip-tls-verify: true` gives it up.',
      '**What an attacker gets.** A leader of its own: the impostor says that the lease is free, and the loops work on whatever objects it shows. What they write goes to the impostor, not into the cluster, for the certificate cannot be passed on. The exception is what the process knows itself. The signing loop signs any request that it is shown as approved, with the key of the cluster CA, and writes the certificate back. A certificate is good wherever it is used. The attacker of this lab stops before that; it shows one namespace and reads the lease.',
      '**How to notice.** The lease expires, or changes hands for no reason.',
      '**What closes it.** The CA, and a controller-manager that talks to the apiserver of its own machine.',
      'Try: `midplane run --path controller-manager-api --defence client-insecure --technique self-signed`',
    ],
    sources: [
      clientTransport,
      'kubernetes/kubernetes, cmd/kube-controller-manager/app/controllermanager.go',
      'kubernetes/kubernetes, pkg/controller/certificates/signer/signer.go',
    ],
    seeAlso: ['scheduler-api', 'client-insecure', 'impersonated'],
  },
  'scheduler-api': {
    title: 'scheduler-api: the scheduler calls the apiserver',
    body: [
      'kube-scheduler takes the lease `kube-system/kube-scheduler`, watches pods and nodes, and writes its choice with `POST …/pods/POD/binding`. It shows the certificate `CN=system:kube-scheduler` and verifies the apiserver with the CA of its kubeconfig.',
      '**Why it is closed.** For the reason that holds for every component: the kubeconfig that kubeadm writes contains the CA. Only `insecure-skip-tls-verify: true` opens it, and only to somebody who stands between the scheduler and the address in that kubeconfig.',
      '**What an attacker gets.** It reads what the scheduler sends, its lease and its bindings, and writes all that the scheduler sees. It does not get to place a pod: a binding that reaches the impostor ends there, and one that is relayed arrives without a certificate and reads 403. What remains is to starve: a scheduler that believes it leads in a cluster of invented pods schedules nothing in the real one.',
      '**How to notice.** Pods stay Pending and nobody writes an event about it; the lease in the cluster is not renewed; `scheduler_pending_pods` of the process disagrees with the cluster.',
      '**What closes it.** The CA. A second scheduler on another machine takes over the lease, unless the attacker stands on its way as well.',
      'Try: `midplane run --path scheduler-api --defence client-insecure --technique relay`',
    ],
    sources: [
      clientTransport,
      'kubernetes/kubernetes, cmd/kube-scheduler/app/server.go',
      'kubernetes/client-go, tools/leaderelection/leaderelection.go',
    ],
    seeAlso: ['controller-manager-api', 'client-insecure', 'denied', 'impersonated'],
  },
  'kubectl-api': {
    title: 'kubectl-api: a user calls the apiserver',
    body: [
      'kubectl takes server, CA and credential from a kubeconfig. It verifies first and speaks afterwards: with a CA that does not fit, neither token nor certificate leaves the machine.',
      '**What opens it.** `insecure-skip-tls-verify: true`, or the flag `--insecure-skip-tls-verify`, usually added when a load balancer’s name was missing in the certificate; `tls-server-name` would have been the repair. In one kubeconfig, a CA and the insecure setting are an error; the flag silently drops the CA.',
      '**What an attacker gets.** Every request, manifests with their Secrets included, and the say over every answer: “applied” for what was never applied. It depends on the credential whether it gets more. A client certificate, as in this lab and in the `admin.conf` of kubeadm, is shown without its key; relayed, the request arrives as `system:anonymous`. A bearer token, from OIDC, a cloud’s exec plugin or a service account, is in the first request, and is good for whoever holds it.',
      '**How to notice.** What kubectl says is not in the cluster, and the audit log has no event. For a token: two source addresses with one user.',
      '**What closes it.** The CA. Then you read `Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority`.',
      'Try: `midplane run --path kubectl-api --defence client-insecure --technique self-signed`',
    ],
    sources: [clientTransport, 'kubernetes/client-go, tools/clientcmd/client_config.go', controlPlaneToNode],
    seeAlso: ['client-insecure', 'client-ca', 'replay', 'impersonated'],
  },
  'metrics-scrape': {
    title: 'metrics-scrape: a scraper calls a kubelet with a token',
    body: [
      'Prometheus and metrics-server ask every kubelet, as in `GET https://NODE:10250/metrics/resource`, with the token of a service account. The kubelet has it checked by the apiserver (TokenReview) and asks whether that user may (SubjectAccessReview on `nodes/metrics`).',
      '**Why it is open so often.** A stock kubelet signs its own certificate, so a scraper that verifies gets nowhere; under `none` this path is `broken`. The quick repair is `insecure_skip_verify: true` in Prometheus, `--kubelet-insecure-tls` in metrics-server.',
      '**What an attacker gets.** The metrics, true ones by relay or invented ones, and the token itself, in the first request. The review names no audience of the kubelet’s own, so the token is one for the apiserver. Of this lab’s scraper it may read metrics and list nodes, services, endpoints and pods. Many charts grant `nodes/proxy` as well, and that is command execution in every pod.',
      '**How to notice.** One token, two source addresses: the audit log has its id in `authentication.kubernetes.io/credential-id`. The kubelet has no audit log.',
      '**What closes it.** Serving certificates (`serverTLSBootstrap`), and the CA in the scraper’s configuration. A client certificate instead of the token cannot be captured.',
      'Try: `midplane run --path metrics-scrape --defence client-insecure --technique replay`',
    ],
    sources: [
      kubeletAuth,
      'kubernetes-sigs/metrics-server#418',
      'Prometheus documentation, "Configuration" (tls_config): prometheus.io/docs/prometheus/latest/configuration/configuration/',
    ],
    seeAlso: ['replay', 'hijacked', 'client-ca', 'broken'],
  },
} satisfies Record<string, Page>;
