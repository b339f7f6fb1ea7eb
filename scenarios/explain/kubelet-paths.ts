import type { Page } from './page';
import {
  controlPlaneToNode,
  kubeletClient,
  kubeletServer,
  nodeStrategy,
  podStrategy,
  streamTranslator,
  streamTunnel,
  upgradeAware,
} from './sources';

/** The paths of kube-apiserver's kubelet transport: the ones that --kubelet-certificate-authority is about. */
export const kubeletPathPages = {
  logs: {
    title: 'logs: kube-apiserver fetches container logs from a kubelet',
    body: [
      '`kubectl logs` ends at kube-apiserver. For the bytes the apiserver opens a connection of its own to the node, `GET https://NODE:10250/containerLogs/NAMESPACE/POD/CONTAINER`, and streams the answer back. The request is written from scratch: nothing of yours travels along, no token, no user name. The kubelet sees one client, the apiserver, by the certificate of `--kubelet-client-certificate`.',
      '**Why it is open.** `--kubelet-certificate-authority` is empty unless somebody sets it, and empty means that the kubelet is not verified at all; system roots are not a fallback. kubeadm leaves it empty, because a stock kubelet signs its own certificate.',
      '**What an attacker gets.** Whoever answers on the address of the node writes the log you read. It can ask for the client certificate and is shown it, but never its key: a kubelet that checks its clients gives it no real lines. Logs are forged, not stolen.',
      '**What closes it.** The flag, and serving certificates from that CA. A stranger then gets alert bad_certificate, and the user reads `Error from server: Get "https://…": tls: failed to verify certificate: x509: …`.',
      '**How to notice.** A log request in the audit log that the kubelet never received. With the flag set, watch `kube_apiserver_pod_logs_backend_tls_failure_total`.',
      'Try: `midplane run --path logs --defence none --technique self-signed`',
    ],
    sources: [controlPlaneToNode, kubeletClient, podStrategy],
    seeAlso: ['logs-skip-verify', 'kubelet-ca', 'self-signed', 'impersonated'],
  },
  'logs-skip-verify': {
    title: 'logs-skip-verify: one query parameter switches verification off',
    body: [
      '`kubectl logs --insecure-skip-tls-verify-backend` adds `insecureSkipTLSVerifyBackend=true` to the log request. For that one request kube-apiserver takes a second transport, a copy of the kubelet transport without the CA and with verification off. It still offers the apiserver’s client certificate.',
      '**Why it exists.** When kubelet certificates expire or their CA is replaced, logs are what you need most. The API documentation of the field states the bargain: the text may come from an impostor, but an impostor cannot fetch the true log from a kubelet that verifies its clients.',
      '**What an attacker gets.** Everything it gets on `logs` without any flag: it forges the lines and is shown the certificate. And the attacker has help from the people it wants to fool, because a refused connection is exactly what makes somebody add the option.',
      '**What closes it.** No server switch does; the feature gate is gone since 1.23. Anyone who may `get pods/log` may set the parameter, and RBAC cannot see query parameters. There is no counterpart for exec, attach or port-forward.',
      '**How to notice.** `kube_apiserver_pod_logs_insecure_backend_total{usage="skip_tls_allowed"}` counts such requests, and the audit log keeps the parameter in the request URI.',
      'Try: `midplane run --path logs-skip-verify --defence kubelet-ca --technique self-signed`',
    ],
    sources: [
      'KEP-1295 (skipping kubelet verification for logs)',
      `${podStrategy} (LogLocation)`,
      'kubernetes/api, core/v1/types.go (PodLogOptions)',
    ],
    seeAlso: ['logs', 'kubelet-ca', 'impersonated'],
  },
  exec: {
    title: 'exec: a shell that runs through two TLS connections',
    body: [
      '`kubectl exec` since 1.30 speaks WebSocket to kube-apiserver, with subprotocol `v5.channel.k8s.io`. The apiserver accepts that upgrade first, and only then dials the kubelet and posts SPDY/3.1 to `/exec/NAMESPACE/POD/CONTAINER`. It ties the streams of both legs together: stdin, stdout, stderr, resize, and one for the exit status.',
      '**What an attacker gets** without verification: the command line, all of stdin, and the say over what appears on your screen. A false prompt that asks for a password is enough. It does not get a shell in the real container, since the kubelet wants the apiserver’s key, and a signature from one handshake is worthless in another.',
      '**What closes it.** `--kubelet-certificate-authority`. The TLS client inside the apiserver refuses the certificate before it sends the request, so stdin never leaves. The error comes back over the open WebSocket: `error: Internal error occurred: error sending request: Post "https://…": tls: failed to verify certificate: x509: …`. Nothing like the skip option of logs exists here.',
      '**How to notice.** The audit log has `create` or `get` on `pods/exec`; the runtime on the node has no matching exec.',
      'Try: `midplane run --path exec --defence none --technique self-signed`, then once more with `--defence kubelet-ca`.',
    ],
    sources: [
      controlPlaneToNode,
      streamTranslator,
      kubeletClient,
      'KEP-4006, "Transition from SPDY to Websockets"',
    ],
    seeAlso: ['attach', 'relay', 'kubelet-ca', 'impersonated'],
  },
  attach: {
    title: 'attach: joining a process that already runs',
    body: [
      '`kubectl attach` connects you to the main process of a container instead of starting a new one. On the wire it is exec without a command: WebSocket v5 up to kube-apiserver, then SPDY/3.1 to `https://NODE:10250/attach/NAMESPACE/POD/CONTAINER`, by the same kubelet transport. `kubectl run -i` and `kubectl debug` finish in the same call.',
      '**Why it is open.** For the same reason as `exec`: with no `--kubelet-certificate-authority` the kubelet transport accepts whatever certificate the node’s address presents.',
      '**What an attacker gets.** What you type, and control over what you read. Debug sessions make this worth its while: people paste tokens and connection strings into them. With `kubectl debug node/…` you believe you stand on the host, and nothing on the screen contradicts it. The real process hears nothing of what you typed.',
      '**What closes it.** The flag, exactly as for exec, with the same error text on the error channel of the WebSocket. Restricting `pods/attach` in RBAC decides who can be fooled, not whether.',
      '**How to notice.** The node’s runtime has no attach session for the `pods/attach` event in the audit log.',
      'Try: `midplane run --path attach --defence none --technique rogue-ca`',
    ],
    sources: [controlPlaneToNode, streamTranslator, kubeletServer],
    seeAlso: ['exec', 'logs', 'kubelet-ca'],
  },
  'port-forward': {
    title: 'port-forward: raw TCP through the apiserver',
    body: [
      '`kubectl port-forward` listens on your machine and carries each accepted connection as a pair of SPDY streams, data and error, to kube-apiserver and on to `https://NODE:10250/portForward/NAMESPACE/POD`. Since 1.31 the first leg hides SPDY in a WebSocket. Unlike exec, the apiserver dials the kubelet **before** it answers your upgrade.',
      '**What an attacker gets** without verification: every forwarded byte in clear, and the power to answer as the database behind the port. If the forwarded protocol brings its own verified TLS, that layer holds: the attacker sits between apiserver and kubelet, and sees ciphertext inside the plaintext it opened.',
      '**What closes it.** `--kubelet-certificate-authority`. The refusal reads `error: error upgrading connection: error dialing backend: tls: failed to verify certificate: x509: …`, and the node sees two attempts: kubectl takes any failed WebSocket handshake as a reason to try plain SPDY. The client of this lab makes one.',
      '**A useful consequence.** With the flag set, port-forward plus TLS of the application is the one verified way to reach a pod through the apiserver; the pod and service proxies have none.',
      '**How to notice.** `pods/portforward` in the audit log without a session on the node.',
      'Try: `midplane run --path port-forward --defence none --technique self-signed`',
    ],
    sources: [controlPlaneToNode, streamTunnel, upgradeAware, kubeletServer],
    seeAlso: ['pod-proxy-https', 'exec', 'kubelet-ca'],
  },
  'node-proxy': {
    title: 'node-proxy: the kubelet API through nodes/NAME/proxy',
    body: [
      '`kubectl get --raw /api/v1/nodes/NODE/proxy/metrics` asks kube-apiserver to pass an HTTP request on to the kubelet. When the port is the one the node published for its kubelet, the request travels by the **kubelet transport**: always https, whatever scheme you spelled, with the apiserver’s client certificate, and verified if and only if `--kubelet-certificate-authority` is set.',
      '**What an attacker gets** without the flag: request bodies, your cookies and custom headers, and full control of the answer. Your bearer token is taken off before forwarding, but an answer of 302 makes client-go follow and add the token again, so a redirect to the attacker’s own server delivers it.',
      '**What closes it.** The flag. The refusal differs in wording from logs and exec: `Error from server (ServiceUnavailable): error trying to reach service: tls: failed to verify certificate: x509: …`.',
      '**The permission behind it.** `get` on `nodes/proxy` is not a read permission: the kubelet runs commands for a WebSocket GET on `/exec`. Treat it like root on every node.',
      '**Where it leads** is what the Node object says, address and port. Loopback, link-local and multicast are refused (`address not allowed`; on the kubelet’s port only since CVE-2022-3294), private ranges are not: a Node at the apiserver’s own address makes the apiserver ask itself, in the name of its kubelet client (`midplane run node-address-in-control-plane`).',
      '**How to notice.** Audit events on `nodes/proxy` that the kubelet has no record of.',
      'Try: `midplane run --path node-proxy --defence kubelet-ca --technique rogue-ca`',
    ],
    sources: [
      controlPlaneToNode,
      nodeStrategy,
      'kubernetes/kubernetes, pkg/registry/core/node/rest/proxy.go',
      'kubernetes/website#54191 (nodes/proxy and command execution)',
    ],
    seeAlso: ['node-proxy-https', 'redirect', 'kubelet-ca', 'refused'],
  },
} satisfies Record<string, Page>;
