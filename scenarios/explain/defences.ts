import type { Page } from './page';
import {
  anpServer,
  bypassRisks,
  clientTransport,
  controlPlaneToNode,
  egressSelector,
  goVerify,
  kep4872,
  konnectivitySetup,
  kubeadmCerts,
  kubeletAuth,
  kubeletClient,
  signers,
  tlsBootstrapping,
} from './sources';

const notRun = '**Not run by this release**; the word is reserved.';

export const defencePages = {
  none: {
    title: 'none: a stock cluster',
    body: [
      'This is what you have when nobody thought about the matter, and also what kubeadm builds: `--kubelet-client-certificate` and its key are set, `--kubelet-certificate-authority` is not. The kubelet runs from a `KubeletConfiguration` file with its safe defaults: anonymous off, Webhook authentication and authorization, read-only port closed.',
      '**So trust runs one way.** The kubelet knows for certain that kube-apiserver is calling. The apiserver does not know who answered: TLS is spoken, and the certificate it receives is checked by nobody. The client side of Go’s TLS is told to skip verification, so any key on the right address will do.',
      '**What that means in the matrix.** All kubelet paths can be impersonated: forged logs, a false shell that keeps what you type. None of them can be relayed, because the genuine kubelet asks for a certificate the attacker cannot use. The proxy paths are worse: those can be relayed or simply read.',
      '**When it is acceptable.** When the network between control plane and nodes is itself trusted, encrypted and authenticated. The documentation says plainly that these connections are not safe over untrusted or public networks.',
      'Try: `midplane matrix --defence none`',
    ],
    sources: [
      controlPlaneToNode,
      'kubernetes/kubernetes, cmd/kubeadm/app/phases/controlplane/manifests.go',
      'kubernetes/kubelet, config/v1beta1/types.go (defaults)',
    ],
    seeAlso: ['kubelet-ca', 'kubelet-open', 'self-signed'],
  },
  'kubelet-ca': {
    title: 'kubelet-ca: the apiserver verifies kubelets',
    body: [
      '`--kubelet-certificate-authority=FILE` gives the kubelet transport a bundle of roots, and from then on Go’s verification runs before a request byte or the apiserver’s own certificate is sent. Checked are dates, the dialled address against the SANs, the chain, and the serverAuth usage. The common name is not looked at.',
      '**It needs the other half.** A stock kubelet signs its own certificate, with its hostname as the only SAN; set the flag alone and logs and exec break for everybody. Set `serverTLSBootstrap: true` as well, approve the `kubernetes.io/kubelet-serving` requests (nothing does so by default), and make the first of `--kubelet-preferred-address-types` a kind of address that the SANs contain.',
      '**What it closes.** logs, exec, attach, port-forward, and node proxy to the kubelet port.',
      '**What stays open.** A log request that asks to skip verification; proxies to pods, services and other node ports; and anyone with a certificate from that CA for the right address: a thief of the node’s key, or a `neighbour`.',
      '**What it costs.** An approver that compares SANs, renewal that must not fail unnoticed, and a restart when the bundle changes: the apiserver reads it once.',
      'Try: `midplane matrix --defence kubelet-ca --all`',
    ],
    sources: [controlPlaneToNode, kubeletClient, kubeadmCerts, signers],
    seeAlso: ['none', 'logs-skip-verify', 'neighbour', 'kubelet-ca-self-signed', 'refused'],
  },
  'kubelet-ca-self-signed': {
    title: 'kubelet-ca-self-signed: half a migration',
    body: [
      '`--kubelet-certificate-authority` is set while kubelets still show the certificate that they signed themselves. Nobody attacks and everything on the kubelet transport fails: logs, exec, attach, port-forward and node proxy to the kubelet port. The lesson is the order of the migration: certificates first, then the flag.',
      "**What the user reads.** Where addresses are dialled, as kubeadm sets it up: `x509: cannot validate certificate for 10.0.0.11 because it doesn't contain any IP SANs`, for a kubelet's own certificate has its host name and nothing else. Where host names are dialled, the apiserver's own default: `x509: certificate signed by unknown authority`. Go looks at the name before the chain, so the first hides the second.",
      '**In the matrix.** These paths are `broken`, which is no protection: their control runs, without an attacker, already fail. What the flag does not cover works and stays open: `logs-skip-verify` and the proxies to pods, services and other ports. People in a hurry find the first one, and leave it in their scripts.',
      '**The way back** is to take the flag out and restart the apiserver; nothing on the nodes has to be undone. **The way on** is `midplane drill kubelet-ca`, which takes a lab through the steps and shows each usual failure with its words; `midplane diagnose` knows them too (docs/migration.md).',
      'Try: `midplane run --path logs --defence kubelet-ca-self-signed --technique tap`',
    ],
    sources: [kubeadmCerts, goVerify, 'kubernetes/kubernetes, pkg/kubelet/certificate/kubelet.go'],
    seeAlso: ['kubelet-ca', 'broken', 'logs-skip-verify'],
  },
  'kubelet-ca-cn': {
    title: 'kubelet-ca-cn: the certificate must name the node',
    body: [
      '**In no release of Kubernetes.** KEP-4872 proposes that the apiserver compare the common name of a kubelet’s serving certificate with `system:node:NAME`, the node that it meant to reach; its alpha has moved from release to release. midplane runs it as the KEP describes it, so that one can see what it would close; no cluster of yours can be told to.',
      '**Flags.** `--feature-gates=KubeletCertCNValidation=true` alone compares and counts: `kube_apiserver_validation_kubelet_cert_cn_total`, by success and failure, and a line in the log that names the node. `--enable-kubelet-cert-cn-validation` makes another name a refusal. It is an error without the gate, and without `--kubelet-certificate-authority`: what is not verified has no name to compare. The KEP leaves the refusal’s words open; midplane says `x509: certificate has common name "system:node:node-2", not "system:node:node-1"`.',
      '**What it closes** beyond `kubelet-ca`: `neighbour`. Another node’s certificate that happens to carry this address, because an address was used again or an approver did not compare SANs, is valid in every other respect.',
      '**What stays open.** `stolen`, the node’s own key. A log request with `insecureSkipTLSVerifyBackend` is compared with nothing. Scrapers and other clients of kubelets do not take part, nor do proxies to pods, services and other ports.',
      '**What it costs.** Certificates from elsewhere than the kubernetes.io/kubelet-serving signer seldom carry that name: count failures with the gate alone before the flag is set.',
      'Try: `midplane matrix --defence kubelet-ca,kubelet-ca-cn --path logs,exec --technique neighbour,stolen`',
    ],
    sources: [kep4872, kubeletClient, signers],
    seeAlso: ['neighbour', 'kubelet-ca', 'stolen', 'logs-skip-verify'],
  },
  'ssh-tunnel': {
    title: 'ssh-tunnel: the old tunnel that checked no host key',
    body: [
      'Until 1.22 the apiserver could reach nodes through SSH tunnels (`--ssh-user`, `--ssh-keyfile`). The client accepted every host key, so whoever answered on port 22 received the traffic. The session could not be passed on, since the client’s signature is bound to its own key exchange, but unverified TLS inside was open again.',
      notRun,
    ],
    sources: ['kubernetes/kubernetes, pkg/ssh/ssh.go (before 1.22)', controlPlaneToNode],
    seeAlso: ['ssh-tunnel-known-hosts', 'konnectivity'],
  },
  'ssh-tunnel-known-hosts': {
    title: 'ssh-tunnel-known-hosts: the tunnel as it should have been',
    body: [
      'The same tunnel with pinned host keys. Upstream never had such a setting; the lab offers it for comparison: an attacker on the way to port 22 is turned away, while the node at the far end of the tunnel sees as much as before.',
      notRun,
    ],
    sources: ['RFC 4253, section 8', 'kubernetes/kubernetes, pkg/ssh/ssh.go (before 1.22)'],
    seeAlso: ['ssh-tunnel', 'konnectivity'],
  },
  konnectivity: {
    title: 'konnectivity: another way there, the same trust at the end',
    body: [
      'With `--egress-selector-config-file` the apiserver sends everything for nodes, pods and services through a proxy server: `CONNECT 10.0.0.11:10250` over TLS, both ends verified. Agents inside the cluster have dialled out to that server before (gRPC; the server verified, the agent by token or certificate), and one of them dials the address in plain TCP.',
      '**What it protects.** `--side control-plane`: between apiserver and server every technique is `refused`, and a tap is `sealed`, plain HTTP included. The agent’s own connection is verified too, and its token is for audience `system:konnectivity-server`: the apiserver does not take it.',
      '**What it does not.** `--side node`: behind the agent all is as under `none`. In TLS to the kubelet nobody is verified; pods and services are read in clear. The agent itself, or whoever has its token, sits there as well.',
      '**Who is an agent.** ID and identifiers are what the agent says of itself. Under `destHost` whoever claims `ipv4=` of a node first gets its traffic: `midplane run konnectivity-rogue-agent`.',
      '**How you would notice.** Two agents with one identifier, an agent nobody deployed (`agentID` in the server’s log), kubelet requests that come from another address than the agents’.',
      '**In the lab** the server has a machine of its own, and the one agent is on node-2, so that it has a wire to node-1.',
      'Try: `midplane matrix --defence none,konnectivity --side node`',
    ],
    sources: [konnectivitySetup, anpServer, egressSelector],
    seeAlso: ['konnectivity-kubelet-ca', 'kubelet-ca', 'ssh-tunnel', 'none'],
  },
  'konnectivity-kubelet-ca': {
    title: 'konnectivity-kubelet-ca: the tunnel and the verification',
    body: [
      'Konnectivity carries the bytes, `--kubelet-certificate-authority` decides whom to believe at the end. The apiserver’s TLS to the kubelet runs through the tunnel from end to end: server and agent see ciphertext, and nothing in between can answer for the kubelet.',
      '**What it closes.** On either side, and on both: logs, exec, attach, port-forward and node proxy to the kubelet port are `refused`. A rogue agent that draws the traffic of a node to itself gets addresses, sizes and timing, and can drop it; it can neither read nor forge.',
      '**What stays open**, behind the agent: proxies to pods, services and other node ports, which nobody verifies with any flag, and a log request that asks to skip verification. On the control plane’s side these are protected by the tunnel alone.',
      '**What it needs.** All that `kubelet-ca` needs: serving certificates with the address that the apiserver dials. The agent changes nothing about that, for the name that is verified is the one in the CONNECT and never the agent’s.',
      '**How you would notice** an attempt: `x509:` in answers and in the apiserver’s log with the node’s address, while the proxy server counts the connection as established.',
      'Try: `midplane matrix --defence konnectivity,konnectivity-kubelet-ca --side both`',
    ],
    sources: [anpServer, egressSelector, controlPlaneToNode],
    seeAlso: ['konnectivity', 'kubelet-ca', 'logs-skip-verify'],
  },
  'kubelet-open': {
    title: 'kubelet-open: kubelet defaults without a configuration file',
    body: [
      'A kubelet started with flags alone keeps its oldest defaults: anonymous requests allowed, bearer tokens looked up nowhere, authorization AlwaysAllow, port 10255 open in clear. A `KubeletConfiguration` file, even an empty one, turns all four around.',
      '**What it adds on the path.** Under `none` the genuine kubelet refuses a `relay`: the apiserver shows its client certificate to the attacker, who cannot use it, and whoever shows none is answered 401. Here the attacker is `system:anonymous`, and `system:anonymous` may do everything: the shell, the log and the forwarded port are the real ones, read and changed on their way. The apiserver’s certificate no longer protects anybody.',
      '**What it adds elsewhere.** Nobody needs a place on the path: reaching 10250 is enough for `/run`, `/exec` and `/containerLogs` in every pod of the node, and 10255 shows every pod spec, environment included, without TLS. None of it passes the apiserver, so none of it is in the audit log and no admission plugin sees it.',
      '**What closes it.** `authentication.anonymous.enabled: false` answers 401; `authorization.mode: Webhook` alone answers 403, `Forbidden (user=system:anonymous, …)`; `readOnlyPort: 0` closes the third door. Verifying kubelets (`kubelet-ca`) stops the relay of the apiserver’s requests, and does nothing against a caller of his own.',
      'Try: `midplane matrix --defence none,kubelet-open`, it is not part of the matrix unless asked for.',
    ],
    sources: [kubeletAuth, bypassRisks, 'kubernetes/kubernetes, cmd/kubelet/app/options/options.go'],
    seeAlso: ['relay', 'relayed', 'none'],
  },
  'client-insecure': {
    title: 'client-insecure: kubeconfigs that believe anybody',
    body: [
      '`insecure-skip-tls-verify: true` in the kubeconfigs of kubelets, control loops and people, and its like in the configuration of a scraper. Go’s client then skips verification as kube-apiserver does towards kubelets by default: any key on the right address will do.',
      '**Where it comes from.** Not from a default. Somebody met a certificate that did not fit (a load balancer’s name, a rebuilt CA, a kubelet that signs its own) and silenced the message. It outlives the reason, and a kubelet that joins with it copies it into its final kubeconfig.',
      '**What stays protected.** A client certificate and what it opens. The attacker is shown it, cannot sign with it, and arrives at the genuine server as `system:anonymous`. So the rows of components end at `impersonated`: they are read and lied to, and nothing genuine is fetched.',
      '**What does not.** Bearer tokens. They are in the first request, can be relayed within the session and used afterwards from anywhere: `kubelet-bootstrap`, `kube-proxy-api`, `pod-api` and `metrics-scrape` end at `hijacked`.',
      '**How to find it.** `grep -r insecure-skip-tls-verify /etc/kubernetes /var/lib/kubelet ~/.kube`, and `insecure_skip_verify` or `--kubelet-insecure-tls` in the manifests of what scrapes.',
      'Try: `midplane matrix --defence client-ca,client-insecure`',
    ],
    sources: [clientTransport, tlsBootstrapping, 'kubernetes-sigs/metrics-server#418'],
    seeAlso: ['client-ca', 'kubectl-api', 'metrics-scrape', 'replay'],
  },
  'client-ca': {
    title: 'client-ca: kubeconfigs that verify the apiserver',
    body: [
      '`certificate-authority-data` in every kubeconfig, and nothing that skips it: what kubeadm writes, and what a pod finds beside its token. The bundle is the only root; the roots of the system are not consulted. Dates, the dialled address against the SANs, the chain and serverAuth are checked before a request or a credential is sent.',
      '**Why this direction is the safe one.** The apiserver has had a certificate from the cluster CA since the cluster was made, with every address under which it is dialled. The kubelet has not, which is the whole difference to `none`. Scrapers are the exception, because they dial kubelets: for them this preset also has the kubelets’ certificates signed by the cluster CA.',
      '**What it closes.** An impostor without a certificate of that CA is refused on all these paths. It can still cut the connection: the node turns NotReady, the loops stand still.',
      '**What stays open.** A thief of the apiserver’s key, and a certificate that carries an address which was not its owner’s (`stolen`, `neighbour`). kubeadm uses one CA for everything, so every issuer of serving certificates can make such a one.',
      '**What it costs.** Nothing until the CA is replaced: then every kubeconfig needs both bundles for a while.',
      'Try: `midplane run --path kubelet-api --defence client-ca --technique rogue-ca`',
    ],
    sources: [
      clientTransport,
      goVerify,
      'Kubernetes documentation, "PKI certificates and requirements": kubernetes.io/docs/setup/best-practices/certificates/',
    ],
    seeAlso: ['client-insecure', 'kubectl-api', 'refused', 'neighbour'],
  },
} satisfies Record<string, Page>;
