import type { Page } from './page';
import { goHandshake, goVerify, kep4872, kubeletClient, signers, tlsBootstrapping } from './sources';

/**
 * The techniques that begin with a certificate from the cluster's own CA. They ask what the verifier really looks at
 * once the chain is good.
 */
export const certificateTechniquePages = {
  'wrong-host': {
    title: 'wrong-host: a good certificate for somewhere else',
    body: [
      'The attacker holds a serving certificate that the cluster CA really signed, with its key, but for another address: that of a node it owns, say. The chain is perfect. Only the address differs from the one kube-apiserver dialled.',
      "**What is compared.** The host part of the URL, nothing else. If it is an IP address, only IP SANs count; if it is a name, only DNS SANs do. So the refusal reads `x509: certificate is valid for 10.0.0.12, not 10.0.0.11`. If it held only names, it would be `cannot validate certificate for 10.0.0.11 because it doesn't contain any IP SANs`.",
      '**Why it matters.** This check is the only thing that separates one node from another. Every kubelet has a certificate of this kind; without the check each node could stand in for all.',
      '**The trap next to it.** The same refusal appears without an attacker when `--kubelet-preferred-address-types` puts first a kind of address that the certificates do not contain. Do not answer it by verifying less.',
      '**How to notice.** The two addresses in the message: is the first a node of yours?',
      'Try: `midplane run --path logs --defence kubelet-ca --technique wrong-host`',
    ],
    sources: [goVerify, kubeletClient, 'RFC 6125 and RFC 9525 (service identity in TLS)'],
    seeAlso: ['neighbour', 'cn-only', 'kubelet-ca'],
  },
  expired: {
    title: 'expired: a good certificate whose time is over',
    body: [
      'A serving certificate of this very node, from the cluster CA, found in a backup or on a discarded disk, with its key. Everything is right about it except the date.',
      '**What happens under `kubelet-ca`.** Go looks at the dates of the leaf before it looks at anything else, so the answer is always about time, whatever else might be wrong: `x509: certificate has expired or is not yet valid: current time … is after …`. Alert bad_certificate goes out, not certificate_expired: Go sends 42 for every failed verification.',
      '**Why it matters.** Expiry is the only revocation here. kube-apiserver consults no revocation list and no OCSP for kubelets, so a lost key stays good until its last day. The signer’s default of one year is long; `--cluster-signing-duration` on the controller manager shortens it, and kubelets renew by themselves.',
      '**The other side.** When a real kubelet fails to renew, its node looks exactly like this. The tempting repair is `--insecure-skip-tls-verify-backend`, which is what an attacker hopes for.',
      '**What it costs to shorten.** More signing requests, and an approver that must always run.',
      'Try: `midplane run --path exec --defence kubelet-ca --technique expired`',
    ],
    sources: [goVerify, signers, tlsBootstrapping],
    seeAlso: ['not-yet-valid', 'stolen', 'logs-skip-verify'],
  },
  'not-yet-valid': {
    title: 'not-yet-valid: a certificate from the future',
    body: [
      'A certificate from the cluster CA for this address whose validity begins later than now. Attackers seldom hold one; clocks make them every day. A control plane whose clock runs behind rejects every freshly issued kubelet certificate in just this way.',
      '**What happens under `kubelet-ca`.** The date is the first rule of Go’s verification, so it hides all others: `x509: certificate has expired or is not yet valid: current time … is before …`. Read the word in front of the last date: `before` means too early, `after` means too late. The connection ends with alert bad_certificate before the apiserver has shown its own certificate.',
      '**What happens without a bundle.** Nothing. No date is read, and the attacker is believed like any other.',
      '**Why it is in the matrix.** To show that both ends of the validity period are enforced, to the second, on the clock of kube-apiserver; the clock of the node has no say. Whoever can move the control plane’s clock, over unauthenticated NTP for instance, moves this line as well, and can make an expired certificate valid again.',
      'Try: `midplane run --path logs --defence kubelet-ca --technique not-yet-valid`',
    ],
    sources: [goVerify, 'RFC 5280, section 4.1.2.5', 'RFC 8915, "Network Time Security for NTP"'],
    seeAlso: ['expired', 'kubelet-ca'],
  },
  'cn-only': {
    title: 'cn-only: the address in the common name, and nowhere else',
    body: [
      'A certificate from the cluster CA whose subject says `CN=10.0.0.11` and which has no subject alternative names. That is how hosts were named long ago, and hand-written openssl recipes still make such certificates.',
      '**What happens under `kubelet-ca`.** Go ignores the common name for hosts: off by default since 1.15, gone without a switch since 1.17. It recognises the case and says so: `x509: certificate relies on legacy Common Name field, use SANs instead`. The words appear only if there is no SAN extension and the name would have matched; otherwise you read that no IP SANs or no names are there.',
      '**Why it matters.** A CA that lets a requester choose its common name, because everyone knows that the SAN is what counts, would hand out addresses to a verifier that still falls back. Node.js still does so for host names, and many older clients do.',
      '**For operators.** Certificates you made by hand for kubelets must repeat the address under `subjectAltName`, as `IP:` for addresses and as `DNS:` for names.',
      'Try: `midplane run --path logs --defence kubelet-ca --technique cn-only`',
    ],
    sources: [goVerify, 'Go 1.15 release notes (crypto/x509)', 'RFC 9525, section 1.2'],
    seeAlso: ['wrong-host', 'client-cert'],
  },
  'client-cert': {
    title: 'client-cert: good for clients, used as a server',
    body: [
      'Every kubelet, controller and user of a kubeadm cluster holds a certificate from the cluster CA. Almost all of them are for clients: extended key usage clientAuth. If the kubelet bundle is that same CA, can such a holder play a kubelet?',
      '**What happens under `kubelet-ca`.** No. Go demands serverAuth, or no usage extension at all, in every certificate of the chain: `x509: certificate specifies an incompatible key usage`. The rule comes last, after dates, address and chain. The certificate in this run names the address, so the usage decides; a true kubelet client certificate has no SANs and is refused for that, two steps earlier: the chain comes between.',
      '**Why it matters.** kubeadm uses one CA for both directions, so this extension is what separates a thousand client certificates from serving ones. A signer that copies usages from the request, or leaves the extension out, removes the separation.',
      '**How to do better.** A CA for kubelet serving certificates alone, passed as `--kubelet-certificate-authority`. The price is a signer of your own for `kubernetes.io/kubelet-serving`.',
      'Try: `midplane run --path exec --defence kubelet-ca --technique client-cert`',
    ],
    sources: [goVerify, signers, 'RFC 5280, section 4.2.1.12'],
    seeAlso: ['wrong-host', 'neighbour', 'kubelet-ca'],
  },
  neighbour: {
    title: 'neighbour: another node, valid for this address',
    body: [
      'The attacker owns another node, and that node’s serving certificate carries the address of the victim. Everything verifies: chain, dates, usage, address. That its common name says `system:node:node-2` while the apiserver wanted node-1 is never compared.',
      '**How that comes about.** An address is reused: a node is deleted, its certificate lives on for months, and the next node gets its IP. Or the approver looks at the form of a request but not at whether the addresses belong to that node. Or somebody made one certificate with all nodes in it, or a wildcard.',
      '**What the attacker gets.** All that `kubelet-ca` was meant to prevent: forged logs, false shells, stdin. The verdict is `impersonated`, under the flag.',
      '**What stops it today.** An approver that compares SANs with the Node object, short lifetimes, and no reuse of addresses while old certificates live. **Tomorrow** perhaps the node-name check of KEP-4872, which is in no release.',
      '**How to notice.** Connect to the node’s port 10250 yourself and read the subject; or look for two issued certificates with the same IP SAN.',
      'Try: `midplane run --path exec --defence kubelet-ca --technique neighbour`',
    ],
    sources: [kep4872, signers, kubeletClient],
    seeAlso: ['stolen', 'wrong-host', 'kubelet-ca-cn'],
  },
  stolen: {
    title: 'stolen: this node’s own key in other hands',
    body: [
      'The attacker has the key that the genuine kubelet serves with: root on the node once, a disk image, a backup of `/var/lib/kubelet/pki`. To kube-apiserver it is the node. There is nothing left to verify.',
      '**What the attacker gets.** Impersonation on every path to that node, with `kubelet-ca` set and working as designed. The flag protects the connection from the network; it does not protect you from the node. Whoever still is on the node need not stand on the path at all.',
      '**What limits it.** The address: the key is good for this node’s SANs only. And time: kubelets rotate serving certificates when `serverTLSBootstrap` is on, but rotation does not revoke. The old pair remains acceptable until it expires, because nobody consults a revocation list.',
      '**What to do after a theft.** Deleting the Node object does not help. Give the replacement a new address and a new name, and if that is not enough, replace the CA bundle and restart the apiservers, since the bundle is read at start only.',
      '**How to notice.** Kubelet sessions in the audit log that the node itself never served.',
      'Try: `midplane run --path logs --defence kubelet-ca --technique stolen`',
    ],
    sources: [kubeletClient, tlsBootstrapping, goVerify],
    seeAlso: ['neighbour', 'expired', 'impersonated'],
  },
  'weak-key': {
    title: 'weak-key: a genuine certificate whose key was factored',
    body: [
      'The cluster CA once certified an RSA key of 768 bits for this address. A modulus of that size was factored in 2009, so whoever can read the certificate, which every handshake shows, can work out the private key. Nothing had to be stolen.',
      '**What happens under `kubelet-ca`.** The chain, the dates, the address and the usage are right, and Go finds nothing wrong with them. Only when it checks the signature that the server made in the handshake does its RSA code refuse: `tls: invalid signature by the server certificate: crypto/rsa: 768-bit keys are insecure`. The alert is decrypt_error, not bad_certificate.',
      '**What happens without a bundle.** The same. Ownership of the key is checked even where nobody is verified, so this is the one certificate that stock flags refuse as well.',
      '**Since when.** Go 1.24, which Kubernetes 1.33 is built with; before, and with `GODEBUG=rsa1024min=0`, the attacker is believed. The limit is 1024 bits: a key of exactly that size passes everywhere, although nobody should bet on it.',
      '**How to notice.** Look over what the CA has signed: the signers of Kubernetes take any key that comes in a request.',
      'Try: `midplane run --path logs --defence kubelet-ca --technique weak-key`',
    ],
    sources: [
      goHandshake,
      'Go 1.24 release notes (crypto/rsa)',
      'Kleinjung and others, "Factorization of a 768-bit RSA modulus" (2010)',
    ],
    seeAlso: ['weak-signature', 'stolen', 'kubelet-ca'],
  },
  'weak-signature': {
    title: 'weak-signature: the right authority, signing over SHA-1',
    body: [
      'A certificate for this address that really bears the signature of the cluster CA, made over a SHA-1 digest. Two certificates with one SHA-1 can be made since 2017, with chosen beginnings since 2020: whoever gets the harmless one of such a pair signed holds a signature for the other.',
      '**What happens under `kubelet-ca`.** Go does not even look whether the signature is genuine. It says `x509: certificate signed by unknown authority (possibly because of "x509: cannot verify signature: insecure algorithm ECDSA-SHA1" while trying to verify candidate authority certificate "…")`: the issuer was found, and did not count. The alert is bad_certificate.',
      '**What does not matter.** How the root signed itself: an anchor is believed because it is in the bundle, and nobody checks its signature. Nor does the digest inside a self-signed server certificate where nobody verifies.',
      '**Why it matters.** A CA from long ago that still signs this way cuts off every node at the moment the flag is set. The hint in brackets is how to tell that from an attack.',
      '**How to notice.** `openssl x509 -noout -text` shows the signature algorithm twice; both must be at least SHA-256.',
      'Try: `midplane run --path logs --defence kubelet-ca --technique weak-signature`',
    ],
    sources: [
      goVerify,
      'Go 1.18 release notes (crypto/x509: SHA-1)',
      'Leurent and Peyrin, "SHA-1 is a Shambles" (2020)',
    ],
    seeAlso: ['weak-key', 'rogue-ca', 'kubelet-ca'],
  },
  'name-constrained': {
    title: 'name-constrained: an intermediate that may not sign for this address',
    body: [
      'The attacker holds an intermediate authority that the cluster CA really made, for a team or a site, with name constraints: everything but the addresses of this node. It issues a certificate for the address all the same, and sends the intermediate along.',
      '**What happens under `kubelet-ca`.** Go compares the subjectAltNames of every certificate below with the constraints and refuses: `x509: a root or intermediate certificate is not authorized to sign for this name: IP address "10.0.0.11" is excluded by constraint "10.0.0.11/32"`. The alert is bad_certificate. Go 1.26 looks at constraints last, so there any other fault is named first.',
      '**What constraints do not reach.** The common name. A certificate without subjectAltNames passes them, and fails for another reason, see `cn-only`. Clients that still read common names would be fooled.',
      '**Why it matters.** An intermediate without constraints can speak for every node, for the apiserver where it is trusted for that too, and for as long as it lives. With them a theft stays small. Critical or not, Go honours the extension.',
      '**How to notice.** A chain of three where your nodes send one certificate; the subject of the one in the middle is in the answer of `openssl s_client -showcerts`.',
      'Try: `midplane run --path logs --defence kubelet-ca --technique name-constrained`',
    ],
    sources: [goVerify, 'RFC 5280, section 4.2.1.10'],
    seeAlso: ['path-length', 'cn-only', 'kubelet-ca'],
  },
  'path-length': {
    title: 'path-length: one intermediate more than is allowed',
    body: [
      'The cluster CA made an intermediate with a path length of zero: it may sign certificates for servers and clients, but no further authority. The attacker, who got hold of it, made one below it all the same, issues a certificate for this address from there, and sends the whole chain.',
      '**What happens under `kubelet-ca`.** Every signature is right. Go counts the authorities between the leaf and the one with the limit, finds one where none is allowed, and says `x509: too many intermediates for path length constraint`. It counts authorities that carry the same name as their issuer, too, unlike RFC 5280. The alert is bad_certificate.',
      '**Why an attacker would do it.** To hide. An authority of its own below a stolen one leaves no trace where the stolen one keeps its records, and can be handed on.',
      '**What stops it.** The limit itself, which whoever makes an intermediate has to set: without it the chain is believed, and so is any longer one. The root of kubeadm has none.',
      '**How to notice.** More certificates in the chain than you ever issued; `openssl s_client -showcerts` prints them.',
      'Try: `midplane run --path logs --defence kubelet-ca --technique path-length`',
    ],
    sources: [goVerify, 'RFC 5280, section 4.2.1.9'],
    seeAlso: ['name-constrained', 'missing-intermediate', 'kubelet-ca'],
  },
  'missing-intermediate': {
    title: 'missing-intermediate: a good certificate with half its chain',
    body: [
      'A certificate for this address from an intermediate of the cluster CA, shown without that intermediate. It is the commonest mistake of servers, and the attacker makes it here: it found leaf and key in one file, and the chain was in another.',
      '**What happens under `kubelet-ca`.** Go tries the certificates of the bundle and those that came along. None has the name that stands as issuer, so there is nothing to hint at: `x509: certificate signed by unknown authority`, and not a word more. With an authority that merely bears the right name the message goes on, see `rogue-ca`; that difference tells the two apart in a log. The alert is bad_certificate.',
      '**What does not happen.** Go fetches nothing. Browsers may follow the address in the certificate (AIA) or remember intermediates from other sites, and so show a green lock where kube-apiserver refuses.',
      '**For operators.** If your kubelets are certified by an intermediate, `--tls-cert-file` must hold the leaf and then the intermediate. Putting the intermediate into the bundle works too: Go takes it as an anchor.',
      'Try: `midplane run --path logs --defence kubelet-ca --technique missing-intermediate`',
    ],
    sources: [
      goVerify,
      'RFC 8446, section 4.4.2',
      'RFC 5280, section 4.2.2.1 (authority information access)',
    ],
    seeAlso: ['rogue-ca', 'path-length', 'kubelet-ca'],
  },
} satisfies Record<string, Page>;
