import type { Page } from './page';
import {
  bypassRisks,
  controlPlaneToNode,
  goHandshake,
  goVerify,
  kubeletAuth,
  kubeletServer,
  proxyTransport,
  tls13,
} from './sources';

export const verdictPages = {
  sealed: {
    title: 'sealed: only ciphertext passed',
    body: [
      'The attacker was on the path, forwarded the bytes, and what it kept contains none of the planted secrets: neither the one the client sent nor the one the endpoint answered. The session itself worked. That is all the word says.',
      '**What it does not say.** It does not say that the client would have noticed somebody who answered instead of listening. On a stock cluster, `logs` under `tap` is sealed and `logs` under `self-signed` is impersonated: the encryption is real, but nobody asked with whom it was agreed. Read a row as a whole; the matrix shows the worst of it.',
      '**How it is proved.** Before each run midplane plants random words, one for each direction, and afterwards searches all that the attacker holds, including the raw bytes of the wire. A path that does not work without an attacker is reported as `broken`, never as sealed.',
      '**What still leaks.** Who talks to whom, how much and when; the ClientHello; and the certificates, where TLS 1.2 is spoken.',
      'Try: `midplane run --path logs --defence none --technique tap`',
    ],
    sources: [tls13, controlPlaneToNode],
    seeAlso: ['tap', 'plaintext', 'refused'],
  },
  refused: {
    title: 'refused: the client would not believe the certificate',
    body: [
      'The attacker answered the TLS handshake and the client, inside kube-apiserver or one that dials it, hung up: fatal alert bad_certificate (42), whatever the reason was, before it sent a request and before it sent its own certificate. The attacker learned the address that was dialled and the ClientHello.',
      '**What the user sees.** An error, on the way to a kubelet in one of four wordings for one cause: logs give `Error from server: Get "https://…": tls: …`, exec and attach `error: Internal error occurred: error sending request: Post "…": tls: …`, port-forward `error: error upgrading connection: error dialing backend: tls: …`, node proxy `Error from server (ServiceUnavailable): error trying to reach service: tls: …`. All end with Go’s `tls: failed to verify certificate: x509: …`, and that tail tells you what was wrong.',
      '**How it is proved.** The attacker’s side of the handshake did not complete, it received the alert, it holds no client certificate, and the user’s command failed.',
      '**A service is denied all the same.** On the path, an attacker can always stop you; refused means that this is the whole of what it can do.',
      'Try: `midplane run --path exec --defence kubelet-ca --technique self-signed`',
    ],
    sources: [goHandshake, goVerify, `${tls13} (section 6.2)`],
    seeAlso: ['kubelet-ca', 'self-signed', 'sealed'],
  },
  denied: {
    title: 'denied: the genuine endpoint sent the attacker away',
    body: [
      'The attacker reached the genuine endpoint with a connection of its own and was turned away, with `401 Unauthorized` by a kubelet that received no client certificate, with 403 for `system:anonymous` by an apiserver. It gained none of what was planted; it was shown the client certificate and read the request line. Nothing that it wrote reached the user as if it were true.',
      '**Why that is rare.** To get as far as relaying, the attacker must first have been believed by the client. It then usually holds the request, and for exec the stdin as well; so the verdict is `impersonated`, with the refusal of the kubelet recorded beside it. Denied remains where the client sends nothing worth having, or, like a scheduler that may not even read its lease, gives up before it does.',
      '**What it rests on.** A client certificate cannot be passed on: the signature that goes with it covers the handshake in which it was made. That defence belongs to the server, on a kubelet `authentication.x509.clientCAFile` with anonymous off, and works whether or not the client verifies anything.',
      '**How it is proved.** By the status and words of the genuine endpoint, which the report quotes.',
      'Try: `midplane run --path logs --defence none --technique relay`',
    ],
    sources: [`${tls13} (section 4.4.3)`, kubeletServer],
    seeAlso: ['relay', 'impersonated', 'relayed'],
  },
  impersonated: {
    title: 'impersonated: the attacker was taken for the endpoint',
    body: [
      'The client completed a handshake with the attacker and went on as if it were the genuine endpoint: kube-apiserver with a kubelet or pod, or a kubelet, a loop or kubectl with the apiserver. What it sent was read; what it received was written by the attacker; the user’s command may even have ended with exit code 0. The genuine endpoint knows nothing of it.',
      '**What that is worth.** Logs that hide an intrusion. A shell prompt that collects passwords, kubeconfigs, pasted secrets. A port-forward that ends at a database of the attacker’s making. Not included: data that only the genuine endpoint has, and the client certificate’s key, although the certificate itself is shown to an attacker who asks.',
      '**How it is proved.** The secret the client sent is found in the attacker’s loot, or the secret the attacker invented is found in the user’s output. For each cell the report says which.',
      '**How to notice.** The audit log of the apiserver and the records of the node disagree: a request here, no request there.',
      '**What ends it.** On kubelet paths `--kubelet-certificate-authority`; for those who dial the apiserver the CA in their kubeconfig. On proxy paths nothing in the apiserver.',
      'Try: `midplane run --path exec --defence none --technique rogue-ca`',
    ],
    sources: [controlPlaneToNode, goHandshake],
    seeAlso: ['self-signed', 'relayed', 'kubelet-ca'],
  },
  relayed: {
    title: 'relayed: impersonated, with true answers',
    body: [
      'The client took the attacker for the endpoint, and the genuine endpoint answered through it. Both directions passed in clear through foreign hands and could be changed there. The user sees correct results, and the endpoint sees a normal request from an unusual address.',
      '**Where it happens.** On the TLS variants of the proxy transport, `pod-proxy-https`, `service-proxy-https` and `node-proxy-https`: no verification of the server, no certificate of the client, so neither side misses anything. With a kubelet it takes one that accepts strangers.',
      '**Why it ranks above impersonated.** A false answer must be invented, and somebody may find it odd. A true one with a single changed line will not be questioned. Also the loot is real: response bodies, cookies that the backend sets, and whatever a dashboard shows.',
      '**How it is proved.** The secret planted at the genuine endpoint is found in the loot. Separately reported: whether the attacker’s change reached the user (forged) and whether it reached the endpoint (tampered).',
      '**What ends it.** A backend that demands a credential bound to the connection, such as a client certificate.',
      'Try: `midplane run --path service-proxy-https --defence kubelet-ca --technique relay`',
    ],
    sources: [proxyTransport, controlPlaneToNode],
    seeAlso: ['relay', 'impersonated', 'pod-proxy-https'],
  },
  plaintext: {
    title: 'plaintext: there was no TLS to break',
    body: [
      'The attacker read the planted secret on the wire itself. No handshake was forged and nobody was deceived; the bytes were simply there. It ranks above the TLS verdicts because it needs the least: a mirror port, a compromised switch, a capture on a shared host is enough, and nothing at either end can ever show it.',
      '**Where it happens.** On the http variants of the proxies, which are also what you get by leaving the scheme out: `nodes/N:PORT`, `pods/P:PORT`, `services/S:PORT`. `S:443` is still http. Only `https:` in front changes that, and it then stops listeners and nobody else.',
      '**What is in it.** Request and response bodies, paths with their query parameters, cookies and custom headers. Your own bearer token is not: kube-apiserver removes the Authorization header before it forwards.',
      '**How it is proved.** Both planted secrets are searched for in the raw bytes that passed the attacker, one for each direction.',
      '**What ends it.** Another way to the same backend. No flag of kube-apiserver encrypts this hop.',
      'Try: `midplane run --path service-proxy-http --defence none --technique tap`',
    ],
    sources: [proxyTransport, controlPlaneToNode],
    seeAlso: ['tap', 'sealed', 'pod-proxy-http'],
  },
  hijacked: {
    title: 'hijacked: a captured credential worked',
    body: [
      'The attacker found a bearer token in what it had captured, sent it to the genuine server from its own machine, and the server took it for the victim. It ranks above all others because it leaves the path behind: no place on the network is needed any more, no TLS of the victim is touched, and it lasts until the token expires, its pod is deleted or its service account is.',
      '**How it is proved.** By the genuine server. At least one of these must be so: the captured request, sent again, is answered with 2xx; the apiserver says who the bearer is; it, or the kubelet, says what the bearer may do. A token that is answered 401 proves nothing and the verdict stays what the session was. The cell quotes request, status, identity and rights, in JSON under `evidence.replays`.',
      '**Where it happens.** Where a client that verifies nobody sends a token: `kubelet-bootstrap`, `kube-proxy-api`, `pod-api` and `metrics-scrape` under `client-insecure`. The kubelet connections of kube-apiserver cannot lead to it; their credential is a certificate.',
      '**What ends it.** Before: verification. After: delete the pod or the service account to which the token is bound. A changed password or a closed connection is no use, and there is no list of revoked tokens.',
      'Try: `midplane run --path metrics-scrape --defence client-insecure --technique replay`',
    ],
    sources: [
      bypassRisks,
      kubeletAuth,
      'Kubernetes documentation, "Managing Service Accounts": kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/',
    ],
    seeAlso: ['replay', 'metrics-scrape', 'client-insecure', 'relayed'],
  },
  broken: {
    title: 'broken: it fails even without an attacker',
    body: [
      'Every path has a control run in the lab of a defence: the same request, and nobody on the way; techniques that follow share it. If that fails, the cell is broken, whatever the attack did or did not achieve. A path that never worked is not a protected path. The same word stands where the attacker saw no connection at all: then nothing was tested.',
      '**Why it matters.** A dead connection looks exactly like a perfect defence: nothing was read, nothing was forged. A test that only looks for damage would award it full marks, and a pipeline that relies on that test would stay green while logs and exec are down for everybody.',
      '**How you get there in real life.** `--kubelet-certificate-authority` set before the kubelets have certificates from that CA. `--kubelet-preferred-address-types` that begins with a kind of address which the SANs do not contain. A bundle with last year’s CA. A kubelet whose serving certificate was requested and never approved: it answers every handshake with alert internal_error, which reads `remote error: tls: internal error`.',
      '**What to do.** Read the words the user saw, repair the path, run again. A cell is not judged until its control run passes.',
      'Try: `midplane matrix -o wide`, which prints those words.',
    ],
    sources: [goVerify, 'kubernetes/kubernetes, pkg/kubelet/certificate/kubelet.go'],
    seeAlso: ['kubelet-ca-self-signed', 'refused', 'not-applicable'],
  },
  'not-applicable': {
    title: 'not-applicable: nothing to try here',
    body: [
      'The technique has nothing to work on in this cell, so no attack was made and nothing is claimed. The control run is made all the same, and a path that fails it is `broken` here too. The cell’s reason says why. A certificate, however forged, is of no use where the path speaks plain HTTP: nobody will ask for it.',
      '**Why it is a word of its own.** An empty cell would be read as safe. This one is neither safe nor unsafe, and it is left out when the matrix picks the worst verdict of a row: a row shows it only if no technique applied at all.',
      '**How it differs from its neighbours.** `sealed` means an attack was made and brought nothing. `broken` means the path itself failed. `not-applicable` means no attack was made; midplane says so instead of inventing a result for the sake of a full table.',
      '**In documents.** In JSON the cell is present like any other, with its verdict and reason; `works` still tells whether the control run passed. A pipeline that counts protected cells should count this word in neither column.',
      'Try: `midplane matrix --all -o wide` and look at the last column.',
    ],
    sources: [tls13, proxyTransport],
    seeAlso: ['sealed', 'broken', 'plaintext'],
  },
} satisfies Record<string, Page>;
