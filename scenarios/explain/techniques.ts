import type { Page } from './page';
import {
  controlPlaneToNode,
  goHandshake,
  goVerify,
  kubeletAuth,
  kubeletClient,
  kubeletServer,
  proxyTransport,
  tls13,
} from './sources';

/** What an attacker can do with its place on the network alone, and what later releases add to that. */
export const techniquePages = {
  tap: {
    title: 'tap: listen and touch nothing',
    body: [
      'The attacker forwards every byte untouched and keeps a copy. It is the weakest technique and the only one that cannot be noticed at either end: no certificate of its own appears, no connection is cut.',
      '**What it sees under TLS.** Addresses, ports, sizes and timing, and the ClientHello. When the apiserver dials an IP address there is no SNI in it; when it dials a name, the name of the node is there. In TLS 1.3 even the certificates are encrypted, in TLS 1.2 they pass in clear. Sizes and timing alone tell an interactive shell from a log stream.',
      '**What it sees without TLS.** Everything. `node-proxy-http`, `pod-proxy-http` and `service-proxy-http` carry plain HTTP between kube-apiserver and the backend, so both directions are read, whichever flags are set.',
      '**What stops it.** Any TLS, even unverified TLS. This is what the unverified kubelet connection really protects against, and the whole of it: a listener, but nobody who dares to answer.',
      '**How to notice.** You do not. Assume it where you do not own the wire.',
      'Try: `midplane run --path pod-proxy-http --defence kubelet-ca --technique tap`',
    ],
    sources: [tls13, proxyTransport, controlPlaneToNode],
    seeAlso: ['sealed', 'plaintext', 'relay'],
  },
  'self-signed': {
    title: 'self-signed: any certificate, straight from the attacker',
    body: [
      'The attacker brings the traffic to itself, by ARP, a route or a name, and answers the TLS handshake with a certificate it has just signed for the address it took. No authority is involved. It is the first thing to try, and on a stock cluster nothing more is needed.',
      '**Why it works.** Without `--kubelet-certificate-authority` the client inside kube-apiserver is configured with `InsecureSkipVerify`. It still checks that the server owns the key of the certificate it presents; that proves only that the attacker is the attacker.',
      '**What follows.** The attacker decodes HTTP, SPDY and the channel protocols, answers as a kubelet would, keeps what was sent, and may ask for the client certificate, which it is shown.',
      "**What stops it.** A bundle. Go checks dates, then the address, then the chain, so a careful forgery ends with `x509: certificate signed by unknown authority`, and a hurried one without IP SANs with `cannot validate certificate for 10.0.0.11 because it doesn't contain any IP SANs`. The alert is bad_certificate (42) in either case.",
      '**How to notice.** Not in the audit log: the answer was 200 as ever. The apiserver has a connection to the kubelet that the node has not: `conntrack -L -p tcp --dport 10250` on both.',
      'Try: `midplane run --path exec --defence none --technique self-signed`',
    ],
    sources: [kubeletClient, goVerify, goHandshake],
    seeAlso: ['rogue-ca', 'impersonated', 'refused'],
  },
  'rogue-ca': {
    title: 'rogue-ca: the right name with the wrong key',
    body: [
      'The attacker makes an authority that carries the same subject as the cluster CA (kubeadm calls it `CN=kubernetes`) and issues a perfect certificate from it: right address, right usages, right dates. The name is no secret; it is the issuer in every certificate the cluster shows.',
      '**Does it fool anybody?** Not Go. Names only help to find a candidate for the issuer; then the signature is checked with the **key** of the CA you trust, and fails. What changes is the message, which gains a hint: `x509: certificate signed by unknown authority (possibly because of "x509: ECDSA verification failure" while trying to verify candidate authority certificate "…")`.',
      '**Why it is in the matrix.** It fools people, and tools that compare issuer names instead of verifying. And the hint is worth knowing in a log: either somebody rebuilt the cluster CA under its old name and forgot a bundle, or somebody is standing on the path.',
      '**Where it succeeds.** Wherever nothing is verified, exactly like `self-signed`: the CA’s beautiful name adds nothing.',
      '**How to notice.** By that text, and by an audit event `pods/log` with code 500 where there was 200. Before it begins the attacker reads the CA’s name off the apiserver: one handshake from an unknown address, without a request.',
      'Try: `midplane run --path logs --defence kubelet-ca --technique rogue-ca`',
    ],
    sources: [goVerify, 'RFC 5280, section 6.1.3'],
    seeAlso: ['self-signed', 'kubelet-ca', 'refused'],
  },
  relay: {
    title: 'relay: stand in the middle and let the real endpoint answer',
    body: [
      'The attacker terminates the TLS of kube-apiserver, opens a second connection to the genuine endpoint, and carries requests and answers across, reading and changing them. If it works it is better than impersonation: the answers are true, so nobody wonders.',
      '**Where it fails.** At a kubelet that authenticates its clients. The apiserver does show its certificate to the attacker, with a signature; but that signature covers the transcript of **this** handshake, keys included, and does not fit the one between attacker and kubelet. The attacker arrives as nobody, and the kubelet answers `401 Unauthorized`, or 403 where anonymous requests are let in. What remains is to impersonate.',
      '**Where it works.** Wherever no client certificate is offered in the first place: the proxies to pods, services and other node ports. And at kubelets that ask for nothing, see `kubelet-open`.',
      '**What stops it.** Verification of the server, which ends it on the first leg, or authentication of the client, which ends it on the second. Bearer tokens do not: they can be passed on.',
      '**How to notice.** The genuine endpoint is spoken to from an address that is not the apiserver’s: `conntrack -L` there, or its own log; at an apiserver a user comes from two `sourceIPs`, or is `system:anonymous` with 403.',
      '**What it changes.** A word of its own each way, to prove that it can; or what rules say: replace in a log, type into a shell, answer a password prompt, drop, delay, cut (docs/streams.md).',
      'Try: `midplane run --path exec --defence none --technique relay`, then `--path pod-proxy-https`; `midplane run hijacked-shell`.',
    ],
    sources: [`${tls13} (section 4.4.3, CertificateVerify)`, kubeletServer, kubeletAuth],
    seeAlso: ['relayed', 'denied', 'impersonated', 'kubelet-open'],
  },
  steer: {
    title: 'steer: untouched bytes, another destination',
    body: [
      'The attacker breaks no TLS and shows no certificate. It delivers the connection, byte for byte, to another genuine endpoint: the kubelet of node-2 instead of that of node-1, the pod next door. Everything behind the handshake is sealed, for the attacker too.',
      '**Why it works.** All kubelets trust the same client CA, so any of them takes the apiserver’s certificate and carries out what it is asked. Who answers is told by nothing but the address in the server’s certificate, and stock flags do not read it.',
      '**What follows.** A command line meant for one node is read on another; metrics of one are stored under the name of another; `pod not found` is true and still a lie. Whoever owns the other node reads what was sent there, without standing on the path.',
      '**What the verdict says.** `impersonated`, with `steered: true`: somebody was taken for the endpoint who is not. The attacker reads and forges nothing, only chooses who answers. Without TLS it reads as well: `plaintext`.',
      '**What stops it.** `kubelet-ca`: `certificate is valid for 10.0.0.12, not 10.0.0.11`. Not where names are shared, see `neighbour`; and never on the proxy paths.',
      '**How to notice.** The other kubelet’s log and metrics know a request that the apiserver’s audit log has for this node.',
      'Try: `midplane run --path exec --defence none --technique steer`',
    ],
    sources: [controlPlaneToNode, kubeletClient, 'kubernetes/kubernetes#113757 (CVE-2022-3294)'],
    seeAlso: ['neighbour', 'impersonated', 'kubelet-ca'],
  },
  redirect: {
    title: 'redirect: send the client away, credential in hand',
    body: [
      'The attacker answers `302 Found` with a `Location` at its own address, and looks at who comes there with what. Everybody is sent to plain HTTP, where a token needs no trust to be read; a client that showed its certificate is sent to HTTPS, to see whether it shows it again.',
      '**On the proxy paths** kube-apiserver hands the redirect to its client. It took the bearer token out before it forwarded the request; kubectl puts it in again when it follows. Go’s http.Client drops `Authorization` on the way to another host, but client-go’s round tripper adds one to whatever request has none. The bundle of the kubeconfig does not help: there is no TLS to verify.',
      '**Logs, exec, attach and port-forward** follow nothing: `redirects forbidden`, `invalid upgrade response: status code 302`, `redirect not allowed`. Once they did: CVE-2018-1002102 and CVE-2020-8559, which `midplane up --emulate-cve` brings back.',
      '**Clients of the apiserver** follow up to ten times, if they took the attacker for the apiserver in the first place. curl does not follow without `-L`.',
      '**What stops it.** On the kubelet paths `kubelet-ca`. On the proxies to pods and services no flag: only a kubeconfig whose credential cannot be taken along, a client certificate.',
      '**How to notice.** The audit log has the request with `responseStatus.code` 302 and nothing of what follows; kubectl connects to an address that is not the apiserver’s.',
      'Try: `midplane run redirect-steals-token`, then `midplane run --path pod-proxy-http --defence kubelet-ca --technique redirect`',
    ],
    sources: [
      'kubernetes/client-go, transport/round_trippers.go',
      'kubernetes/apimachinery, pkg/util/proxy/upgradeaware.go and transport.go',
      'kubernetes/apiserver, pkg/registry/generic/rest/streamer.go (PreventRedirects)',
      'kubernetes/kubernetes#92914 (CVE-2020-8559)',
    ],
    seeAlso: ['node-proxy', 'replay', 'hijacked'],
  },
  replay: {
    title: 'replay: use what was captured',
    body: [
      'The attacker answers as with `self-signed`, keeps what it is sent, and when the client is done goes to the genuine server from its own machine. With each credential it found, eight at most, it sends a captured GET again (one that is answered without it too does not count), asks the apiserver who it is (SelfSubjectReview) and what it may do, and reads something that it may read. What carried no credential is sent again as it was, four requests at most.',
      '**Where credentials are.** In headers, WebSocket subprotocols, queries and cookies; and, where answers pass, in Secrets, TokenRequests, bootstrap tokens and kubeconfigs.',
      '**Why it works.** A bearer token is all that its holder needs: nothing in it speaks of the connection or the sender. A certificate that passed together with its key is as good.',
      '**Why a certificate alone is not.** The client signs its own handshake; the key stays at home. The apiserver shows a kubelet nothing else, so on those paths a request that is sent again gets 401, unless the kubelet asks nobody (`kubelet-open`). Pods and services behind the proxies hardly ever ask.',
      '**What limits it.** A short life; binding to a pod, with which it dies; an audience that the apiserver does not accept; small rights.',
      '**How to notice.** One `authentication.kubernetes.io/credential-id` from two addresses in the audit log, and SelfSubjectReviews, which hardly anybody asks for.',
      'Try: `midplane run secrets-in-passing`, and `midplane matrix --path metrics-scrape --technique replay -o json` for `evidence.replays`.',
    ],
    sources: [
      `${tls13} (section 4.4.3, CertificateVerify)`,
      'RFC 6750, "The OAuth 2.0 Authorization Framework: Bearer Token Usage" (section 5)',
      'kubernetes/kubernetes, pkg/serviceaccount/claims.go',
    ],
    seeAlso: ['hijacked', 'metrics-scrape', 'client-insecure', 'relay'],
  },
} satisfies Record<string, Page>;
