import type { Diagnosis, Observed } from './diagnose';

/**
 * Which words mean what. The words are Go's and Kubernetes' own (crypto/x509 verify.go, pkg/registry/core/pod); the first
 * rule that fits is the only one, so those that quote others come first.
 */
export interface Rule {
  readonly says: RegExp;
  readonly causes: (observed: Observed, found: readonly string[]) => readonly Diagnosis[];
}

const bootstrap =
  'set serverTLSBootstrap: true on the kubelet, restart it, approve its kubernetes.io/kubelet-serving request; until then leave --kubelet-certificate-authority out';

function selfSigned(): Diagnosis {
  return {
    id: 'self-signed',
    line: '--kubelet-certificate-authority is set, but the kubelet still shows the certificate that it signed itself, with its host name and no address in it.',
    mend: bootstrap,
  };
}

function addressType(dialled: string, kind: 'an IP address' | 'a name'): Diagnosis {
  const [first, wanted] =
    kind === 'an IP address' ? (['Hostname', 'IP'] as const) : (['InternalIP', 'DNS'] as const);
  return {
    id: 'address-type',
    line: `The apiserver dials ${kind} (${dialled}), and the kubelet's certificate has none of that kind: --kubelet-preferred-address-types and the certificate's SANs do not fit.`,
    mend: `issue the certificate with ${wanted}:${dialled} in it (serverTLSBootstrap takes every address of the Node), or let --kubelet-preferred-address-types begin with ${first}`,
  };
}

function wrongBundle(issuer: string | null): Diagnosis {
  const by = issuer === null ? 'an authority that is' : `"${issuer}", which is`;
  return {
    id: 'wrong-bundle',
    line: `The bundle in --kubelet-certificate-authority is the wrong one: the kubelet's certificate was signed by ${by} not in it.`,
    mend: 'put the CA that signs kubelet-serving requests into the file (the one of --cluster-signing-cert-file, kubeadm: /etc/kubernetes/pki/ca.crt) and restart the apiserver, which reads it once',
  };
}

function expired(since: string | null): Diagnosis {
  return {
    id: 'expired',
    line: `The kubelet's serving certificate ended${since === null ? '' : ` at ${since}`} and nobody renewed it.`,
    mend: 'serverTLSBootstrap: approve the pending renewal (kubectl get csr), and have an approver; tlsCertFile: put a new certificate there and restart the kubelet; then look at the clocks',
  };
}

function pending(node: string | undefined): Diagnosis {
  return {
    id: 'csr-pending',
    line: `The kubelet${node === undefined ? '' : ` of ${node}`} has no serving certificate: its kubernetes.io/kubelet-serving request waits, and nothing in Kubernetes approves those by itself.`,
    mend: 'kubectl get csr, compare the SANs of the request with the addresses of the Node, kubectl certificate approve NAME; in the long run an approver that compares them',
  };
}

function addressChanged(dialled: string, names: string): Diagnosis {
  return {
    id: 'address-changed',
    line: `The certificate is for ${names}, and the node is dialled as ${dialled} now: its address changed and the certificate is still the old one.`,
    mend: 'approve the kubelet’s new kubelet-serving request (it makes one when the Node’s addresses change); a certificate of tlsCertFile has to be issued again',
  };
}

function otherNode(owner: string, meant: string): Diagnosis {
  return {
    id: 'other-node',
    line: `Another machine answers: the certificate is ${owner}'s, and ${meant} was meant.`,
    mend: 'find out who has the address (kubectl get nodes -o wide, the neighbour table of the control plane): an address used twice, a wrong Node object, or somebody on the path',
  };
}

/** The name that a node's certificate gives its owner. */
function ownerOf({ shown }: Observed): string | null {
  return shown?.commonName.startsWith('system:node:') ? shown.commonName.slice('system:node:'.length) : null;
}

/** `node-1-ca@1767225600`: what client-go calls the throw-away authority of a kubelet's own certificate. */
function isKubeletsOwn({ shown }: Observed): boolean {
  return shown != null && /(^|CN=)[^=]*-ca@\d+$/.test(shown.issuer);
}

/** `certificate is valid for A, B, not C`. */
function validForOthers(observed: Observed, [names = '', dialled = '']: readonly string[]): Diagnosis[] {
  const owner = ownerOf(observed);
  const { node } = observed;
  if (isKubeletsOwn(observed)) return [selfSigned()];
  if (owner !== null && node !== undefined) {
    return owner === node ? [addressChanged(dialled, names)] : [otherNode(`node ${owner}`, `node ${node}`)];
  }
  return [addressChanged(dialled, names), otherNode(`one for ${names}`, dialled)];
}

/** The host of the kubelet's URL is quoted with most of the words. */
function dialledAddress(words: string): string | null {
  return /https:\/\/(\[[0-9a-f:.]+\]|[^\s/:"]+):\d+\//i.exec(words)?.[1] ?? null;
}

function unknownAuthority(observed: Observed, [candidate]: readonly string[]): Diagnosis[] {
  const { shown, words } = observed;
  if (isKubeletsOwn(observed)) return [selfSigned()];
  if (shown != null) return [wrongBundle(shown.issuer)];
  if (candidate !== undefined) return [wrongBundle(`another ${candidate}`)];
  const dialled = dialledAddress(words);
  // A kubelet's own certificate has no address in it: dialled by one, Go would have complained of that first.
  const byAddress = dialled !== null && /^(\[.*\]|[0-9.]+)$/.test(dialled);
  return byAddress ? [wrongBundle(null)] : [selfSigned(), wrongBundle(null)];
}

/** The kubelet has no certificate that it could show. */
function noCertificate({ requests, node }: Observed): Diagnosis[] {
  if (requests === undefined) return [pending(node), expired(null)];
  if (requests.includes('pending')) return [pending(node)];
  if (requests.includes('denied')) {
    return [
      {
        id: 'csr-denied',
        line: 'The kubelet has no serving certificate: its kubernetes.io/kubelet-serving request was denied.',
        mend: 'kubectl get csr -o yaml says why (status.conditions); the kubelet asks again by itself',
      },
    ];
  }
  if (requests.includes('approved') || requests.includes('failed')) {
    return [
      {
        id: 'csr-not-signed',
        line: 'The kubelet has no serving certificate: its request was approved and nobody signed it.',
        mend: 'does the controller-manager run, with --cluster-signing-cert-file and its key? kubectl get csr -o yaml shows a condition Failed if it refused to sign',
      },
    ];
  }
  if (requests.includes('issued')) return [expired(null)];
  return [pending(node), expired(null)];
}

function simply(cause: Diagnosis): Rule['causes'] {
  return () => [cause];
}

export const rules: readonly Rule[] = [
  {
    says: /unable to load root certificates/,
    causes: simply({
      id: 'bundle-unusable',
      line: 'The apiserver does not start: the file in --kubelet-certificate-authority holds no certificate that it can read.',
      mend: 'name a PEM file with the CA certificate (not its key, not DER), readable for the apiserver',
    }),
  },
  {
    // kubectl's own refusal of its server: no kubelet has anything to do with it.
    says: /^(?:error: )?(?:E\d{4} .*)?Unable to connect to the server: .*x509:/,
    causes: simply({
      id: 'apiserver-certificate',
      line: 'No kubelet was asked: kubectl itself does not believe the certificate of the apiserver.',
      mend: 'compare certificate-authority-data of the kubeconfig with the CA that signed the apiserver’s certificate, and its server: with the SANs',
    }),
  },
  {
    says: /certificate has common name "system:node:([^"]*)", not "system:node:([^"]*)"/,
    causes: (_observed, [owner = '', meant = '']) => [otherNode(`node ${owner}`, `node ${meant}`)],
  },
  {
    says: /cannot validate certificate for (\S+) because it doesn't contain any IP SANs/,
    causes: (observed, [dialled = '']) => {
      if (observed.shown === undefined) return [selfSigned(), addressType(dialled, 'an IP address')];
      return isKubeletsOwn(observed) ? [selfSigned()] : [addressType(dialled, 'an IP address')];
    },
  },
  {
    says: /certificate is not valid for any names, but wanted to match (\S+)/,
    causes: (_observed, [dialled = '']) => [addressType(dialled, 'a name')],
  },
  { says: /certificate is valid for (.+?), not (\S+)/, causes: validForOthers },
  {
    says: /certificate has expired or is not yet valid: current time \S+ is after (\S+)/,
    causes: (_observed, [since = '']) => [expired(since)],
  },
  {
    says: /certificate has expired or is not yet valid: current time \S+ is before (\S+)/,
    causes: (_observed, [from = '']) => [
      {
        id: 'not-yet-valid',
        line: `The kubelet's serving certificate begins only at ${from}: the clocks of its issuer and of the control plane differ.`,
        mend: 'set the clocks (NTP) of the control plane and of whoever signs',
      },
    ],
  },
  {
    says: /certificate signed by unknown authority(?: \(possibly because of .* candidate authority certificate "([^"]*)"\))?/,
    causes: unknownAuthority,
  },
  {
    says: /certificate relies on legacy Common Name field/,
    causes: simply({
      id: 'common-name-only',
      line: "The kubelet's certificate names its host in the common name only, which Go has not read since 1.17.",
      mend: 'issue it with a subjectAltName, or let the cluster do so with serverTLSBootstrap',
    }),
  },
  {
    says: /certificate specifies an incompatible key usage/,
    causes: simply({
      id: 'client-certificate',
      line: 'The kubelet serves with a certificate that is for clients only (clientAuth): its client certificate was named in tlsCertFile, or a template is wrong.',
      mend: 'issue a serving certificate (serverAuth; signer kubernetes.io/kubelet-serving)',
    }),
  },
  { says: /remote error: tls: internal error/, causes: noCertificate },
  {
    says: /the server has asked for the client to provide credentials \( pods\/log/,
    causes: simply({
      id: 'kubelet-asks-who',
      line: 'The kubelet does not know the apiserver: --kubelet-client-certificate is missing, over, or of another CA than the kubelet’s authentication.x509.clientCAFile.',
      mend: 'compare the two; kubeadm certs check-expiration shows apiserver-kubelet-client',
    }),
  },
  {
    says: /Forbidden \(user=([^,]+), verb=\w+, resource=nodes/,
    causes: (_observed, [user = '']) => [
      {
        id: 'kubelet-forbids',
        line: `The kubelet knows who calls (${user}) and does not let it: that user is not bound to what the kubelet asks for.`,
        mend: `bind ${user} (or its group) to the ClusterRole system:kubelet-api-admin`,
      },
    ],
  },
  {
    says: /no preferred addresses found; known addresses: (\[.*?\])/,
    causes: (_observed, [known = '']) => [
      {
        id: 'no-address',
        line: `The Node has no address of a kind in --kubelet-preferred-address-types; it has ${known}.`,
        mend: 'add a kind that the Node has to the flag, or let the cloud provider set the address',
      },
    ],
  },
  {
    says: /lookup (\S+?)(?: on \S+)?: no such host/,
    causes: (_observed, [name = '']) => [
      {
        id: 'no-such-name',
        line: `The apiserver dials the node by its name, and the control plane cannot resolve ${name}.`,
        mend: 'let --kubelet-preferred-address-types begin with InternalIP, or give the control plane a resolver that knows the nodes',
      },
    ],
  },
  {
    says: /server gave HTTP response to HTTPS client|first record does not look like a TLS handshake/,
    causes: simply({
      id: 'not-tls',
      line: 'What listens at the kubelet’s address and port does not speak TLS: another program, or a proxy in between.',
      mend: 'compare status.daemonEndpoints.kubeletEndpoint.Port of the Node with what listens there',
    }),
  },
  {
    says: /dial tcp (\S+?): (?:connect: )?(connection refused|no route to host|i\/o timeout)|net\/http: TLS handshake timeout/,
    causes: (_observed, [where = 'the kubelet', how = 'TLS handshake timeout']) => [
      {
        id: 'unreachable',
        line: `Nobody answers at ${where} (${how}): no certificate was looked at yet.`,
        mend: 'does the kubelet run, and do the addresses of the Node and the firewall let the control plane reach its port?',
      },
    ],
  },
];
