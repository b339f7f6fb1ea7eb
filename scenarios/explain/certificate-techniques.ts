import type { Page } from './page';
import { goVerify, kep4872, kubeletClient, signers, tlsBootstrapping } from './sources';

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
} satisfies Record<string, Page>;
