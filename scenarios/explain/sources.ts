/** Upstream sources that several pages cite, written once. */
export const controlPlaneToNode =
  'Kubernetes documentation, "Communication between Nodes and the Control Plane": kubernetes.io/docs/concepts/architecture/control-plane-node-communication/';
export const kubeletClient = 'kubernetes/kubernetes, pkg/kubelet/client/kubelet_client.go';
export const podStrategy = 'kubernetes/kubernetes, pkg/registry/core/pod/strategy.go';
export const nodeStrategy = 'kubernetes/kubernetes, pkg/registry/core/node/strategy.go';
export const serviceStorage = 'kubernetes/kubernetes, pkg/registry/core/service/storage/storage.go';
export const proxyTransport =
  'kubernetes/kubernetes, cmd/kube-apiserver/app/server.go (CreateProxyTransport)';
export const kubeletAuth =
  'Kubernetes documentation, "Kubelet authentication/authorization": kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/';
export const tlsBootstrapping =
  'Kubernetes documentation, "TLS bootstrapping": kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/';
export const kubeadmCerts =
  'Kubernetes documentation, "Certificate Management with kubeadm": kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-certs/';
export const bypassRisks =
  'Kubernetes documentation, "Kubernetes API Server Bypass Risks": kubernetes.io/docs/concepts/security/api-server-bypass-risks/';
export const accessServices =
  'Kubernetes documentation, "Access Services Running on Clusters": kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/';
export const signers =
  'Kubernetes documentation, "Certificates and Certificate Signing Requests": kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/';
export const upgradeAware =
  'kubernetes/kubernetes, staging/src/k8s.io/apimachinery/pkg/util/proxy/upgradeaware.go';
export const streamTranslator =
  'kubernetes/kubernetes, staging/src/k8s.io/apiserver/pkg/util/proxy/streamtranslator.go';
export const streamTunnel =
  'kubernetes/kubernetes, staging/src/k8s.io/apiserver/pkg/util/proxy/streamtunnel.go';
export const kubeletServer = 'kubernetes/kubernetes, pkg/kubelet/server/server.go and auth.go';
export const goVerify = 'Go, src/crypto/x509/verify.go';
export const goHandshake = 'Go, src/crypto/tls/handshake_client.go';
export const tls13 = 'RFC 8446, "The Transport Layer Security (TLS) Protocol Version 1.3"';
export const kep4872 = 'KEP-4872, "Harden Kubelet Serving Certificate Validation in Kube-API server"';
export const clientTransport = 'kubernetes/client-go, transport/transport.go (TLSConfigFor)';
export const konnectivitySetup =
  'Kubernetes documentation, "Set up Konnectivity service": kubernetes.io/docs/tasks/extend-kubernetes/setup-konnectivity/';
export const anpServer =
  'kubernetes-sigs/apiserver-network-proxy, pkg/server/server.go and pkg/agent/client.go';
export const egressSelector =
  'kubernetes/kubernetes, staging/src/k8s.io/apiserver/pkg/server/egressselector/egress_selector.go';
export const sshTunnels = 'kubernetes/kubernetes, pkg/ssh/ssh.go (before 1.22)';
