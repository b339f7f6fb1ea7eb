import type { NodeAddressType } from '../api/objects';
import type { ComponentFlag } from '../pflag';
import { emulatedCves } from './emulated-cves';
import type { FeatureGate } from './feature-gates';

/**
 * kube-apiserver's flags by their real names: one table, from which parsing, defaults and `--help` are made.
 * Spelling as with Go's pflag: `--flag=value`, `--flag value`, a boolean flag alone means true.
 */
export type AuthorizationMode = 'Node' | 'RBAC' | 'AlwaysAllow' | 'AlwaysDeny';

export interface ApiserverFlags {
  readonly advertiseAddress: string;
  readonly anonymousAuth: boolean;
  /** Never empty: without the flag it is the first issuer. */
  readonly apiAudiences: readonly string[];
  readonly auditLogFormat: string;
  readonly auditLogPath: string;
  readonly auditPolicyFile: string;
  readonly authorizationMode: readonly AuthorizationMode[];
  readonly bindAddress: string;
  readonly clientCaFile: string;
  readonly dataDir: string;
  readonly disableAdmissionPlugins: readonly string[];
  readonly egressSelectorConfigFile: string;
  readonly enableAdmissionPlugins: readonly string[];
  readonly enableBootstrapTokenAuth: boolean;
  /** KEP-4872's: no release of Kubernetes has it. */
  readonly enableKubeletCertCnValidation: boolean;
  readonly featureGates: Readonly<Record<FeatureGate, boolean>>;
  readonly kubeletCertificateAuthority: string;
  readonly kubeletClientCertificate: string;
  readonly kubeletClientKey: string;
  readonly kubeletPort: number;
  readonly kubeletPreferredAddressTypes: readonly NodeAddressType[];
  readonly kubeletTimeout: string;
  readonly midplaneEmulateCve: readonly string[];
  readonly midplaneSshKnownHosts: string;
  readonly requestheaderAllowedNames: readonly string[];
  readonly requestheaderClientCaFile: string;
  readonly requestheaderExtraHeadersPrefix: readonly string[];
  readonly requestheaderGroupHeaders: readonly string[];
  readonly requestheaderUidHeaders: readonly string[];
  readonly requestheaderUsernameHeaders: readonly string[];
  readonly securePort: number;
  readonly serviceAccountExtendTokenExpiration: boolean;
  readonly serviceAccountIssuer: readonly string[];
  readonly serviceAccountJwksUri: string;
  readonly serviceAccountKeyFile: readonly string[];
  readonly serviceAccountMaxTokenExpirationSeconds: number;
  readonly serviceAccountSigningKeyFile: string;
  readonly serviceClusterIpRange: string;
  readonly sshKeyfile: string;
  readonly sshUser: string;
  readonly tlsCertFile: string;
  readonly tlsPrivateKeyFile: string;
  readonly tokenAuthFile: string;
  readonly v: number;
}

export interface FlagRow extends ComponentFlag {
  readonly key: keyof ApiserverFlags;
}

const serving = 'k8s.io/apiserver pkg/server/options/serving.go';
const options = 'cmd/kube-apiserver/app/options/options.go';
const authentication = 'pkg/kubeapiserver/options/authentication.go';

export const apiserverFlagTable: readonly FlagRow[] = [
  {
    name: 'advertise-address',
    key: 'advertiseAddress',
    type: 'ip',
    default: '',
    help: 'address under which members of the cluster reach this apiserver; empty: the bind address, or the first of this machine',
    source: 'k8s.io/apiserver pkg/server/options/server_run_options.go',
  },
  {
    name: 'anonymous-auth',
    key: 'anonymousAuth',
    type: 'bool',
    default: 'true',
    help: 'let requests without credentials through to authorization, as system:anonymous',
    source: authentication,
  },
  {
    name: 'api-audiences',
    key: 'apiAudiences',
    type: 'strings',
    default: '',
    help: 'identifiers of the API that service-account tokens must name; empty: the first --service-account-issuer',
    source: authentication,
  },
  {
    name: 'audit-log-format',
    key: 'auditLogFormat',
    type: 'string',
    default: 'json',
    help: 'format of audit events; only json is known',
    source: 'k8s.io/apiserver pkg/server/options/audit.go',
  },
  {
    name: 'audit-log-path',
    key: 'auditLogPath',
    type: 'string',
    default: '',
    help: 'file that gets a line per audit event; - is the standard output. Without --audit-policy-file every request is told at level Metadata (upstream then tells none)',
    source: 'k8s.io/apiserver pkg/server/options/audit.go',
  },
  {
    name: 'audit-policy-file',
    key: 'auditPolicyFile',
    type: 'string',
    default: '',
    help: 'YAML file, an audit.k8s.io/v1 Policy, that says how much of which request is told',
    source: 'k8s.io/apiserver pkg/server/options/audit.go',
  },
  {
    name: 'authorization-mode',
    key: 'authorizationMode',
    type: 'strings',
    default: 'AlwaysAllow',
    help: 'ordered list of authorizers: AlwaysAllow, AlwaysDeny, Node, RBAC',
    source: 'pkg/kubeapiserver/options/authorization.go',
  },
  {
    name: 'bind-address',
    key: 'bindAddress',
    type: 'ip',
    default: '0.0.0.0',
    help: 'address to listen on for --secure-port; 0.0.0.0 is every address of this machine',
    source: serving,
  },
  {
    name: 'client-ca-file',
    key: 'clientCaFile',
    type: 'string',
    default: '',
    help: 'PEM bundle; a client certificate signed by one of it logs its common name in, with its organizations as groups',
    source: authentication,
  },
  {
    name: 'data-dir',
    key: 'dataDir',
    type: 'string',
    default: '',
    help: 'directory that keeps all objects across restarts and crashes; empty: they are kept in memory only',
    source: 'none: in the place of --etcd-servers',
  },
  {
    name: 'disable-admission-plugins',
    key: 'disableAdmissionPlugins',
    type: 'strings',
    default: '',
    help: 'admission plugins to leave out, of those that are on by default',
    source: 'k8s.io/apiserver pkg/server/options/admission.go',
  },
  {
    name: 'egress-selector-config-file',
    key: 'egressSelectorConfigFile',
    type: 'string',
    default: '',
    help: 'EgressSelectorConfiguration (apiserver.k8s.io/v1beta1) that says through what kubelets, nodes, pods and services are dialled: directly or by HTTPConnect over tcp (upstream also GRPC and uds)',
    source: 'k8s.io/apiserver pkg/server/options/egress_selector.go',
  },
  {
    name: 'enable-admission-plugins',
    key: 'enableAdmissionPlugins',
    type: 'strings',
    default: '',
    help: 'admission plugins to have besides those that are on by default; their order does not matter',
    source: 'k8s.io/apiserver pkg/server/options/admission.go',
  },
  {
    name: 'enable-bootstrap-token-auth',
    key: 'enableBootstrapTokenAuth',
    type: 'bool',
    default: 'false',
    help: 'accept Secrets of type bootstrap.kubernetes.io/token in kube-system as tokens',
    source: authentication,
  },
  {
    name: 'enable-kubelet-cert-cn-validation',
    key: 'enableKubeletCertCnValidation',
    type: 'bool',
    default: 'false',
    help: 'refuse kubelets whose serving certificate has another common name than system:node:NODE; needs --feature-gates=KubeletCertCNValidation=true and --kubelet-certificate-authority. IN NO RELEASE of Kubernetes',
    source: 'none: KEP-4872',
  },
  {
    name: 'feature-gates',
    key: 'featureGates',
    type: 'strings',
    default: '',
    help: 'GATE=true or false, separated by commas. KubeletCertCNValidation (ALPHA - default=false, KEP-4872, IN NO RELEASE of Kubernetes): count common names of kubelets in kube_apiserver_validation_kubelet_cert_cn_total; AllAlpha, AllBeta',
    source: 'k8s.io/apiserver pkg/server/options/server_run_options.go',
  },
  {
    name: 'kubelet-certificate-authority',
    key: 'kubeletCertificateAuthority',
    type: 'string',
    default: '',
    help: 'PEM bundle that the serving certificates of kubelets must chain to; empty: kubelets are NOT verified',
    source: options,
  },
  {
    name: 'kubelet-client-certificate',
    key: 'kubeletClientCertificate',
    type: 'string',
    default: '',
    help: 'client certificate to show to kubelets; needs --kubelet-client-key',
    source: options,
  },
  {
    name: 'kubelet-client-key',
    key: 'kubeletClientKey',
    type: 'string',
    default: '',
    help: 'key of --kubelet-client-certificate',
    source: options,
  },
  {
    name: 'kubelet-port',
    key: 'kubeletPort',
    type: 'int',
    default: '10250',
    help: 'DEPRECATED: port of kubelets whose Node object does not tell it',
    source: options,
  },
  {
    name: 'kubelet-preferred-address-types',
    key: 'kubeletPreferredAddressTypes',
    type: 'strings',
    default: 'Hostname,InternalDNS,InternalIP,ExternalDNS,ExternalIP',
    help: "which of a node's addresses to dial, the first kind that it has",
    source: options,
  },
  {
    name: 'kubelet-timeout',
    key: 'kubeletTimeout',
    type: 'duration',
    default: '5s',
    help: 'accepted and ignored, as upstream ignores it: no transport to kubelets applies it',
    source: options,
  },
  {
    name: 'midplane-emulate-cve',
    key: 'midplaneEmulateCve',
    type: 'strings',
    default: '',
    help: `bugs of old releases to have again, for teaching: ${emulatedCves.map(({ id }) => id).join(', ')}`,
    source: "none: midplane's own",
  },
  {
    name: 'midplane-ssh-known-hosts',
    key: 'midplaneSshKnownHosts',
    type: 'string',
    default: '',
    help: 'known_hosts file with the only host keys that SSH tunnels to nodes believe; empty: any host key. In no release of Kubernetes',
    source: 'none: tunnels of upstream always used InsecureIgnoreHostKey',
  },
  {
    name: 'requestheader-allowed-names',
    key: 'requestheaderAllowedNames',
    type: 'strings',
    default: '',
    help: 'common names that an authenticating proxy may have; empty: any that --requestheader-client-ca-file signed',
    source: authentication,
  },
  {
    name: 'requestheader-client-ca-file',
    key: 'requestheaderClientCaFile',
    type: 'string',
    default: '',
    help: 'PEM bundle; who shows a certificate of it is an authenticating proxy, and names users in headers',
    source: authentication,
  },
  {
    name: 'requestheader-extra-headers-prefix',
    key: 'requestheaderExtraHeadersPrefix',
    type: 'strings',
    default: '',
    help: 'prefixes of headers with extra information on the user; X-Remote-Extra- is suggested',
    source: authentication,
  },
  {
    name: 'requestheader-group-headers',
    key: 'requestheaderGroupHeaders',
    type: 'strings',
    default: '',
    help: 'headers with groups; X-Remote-Group is suggested',
    source: authentication,
  },
  {
    name: 'requestheader-uid-headers',
    key: 'requestheaderUidHeaders',
    type: 'strings',
    default: '',
    help: 'headers with the UID; X-Remote-Uid is suggested',
    source: authentication,
  },
  {
    name: 'requestheader-username-headers',
    key: 'requestheaderUsernameHeaders',
    type: 'strings',
    default: '',
    help: 'headers with the user name; X-Remote-User is common',
    source: authentication,
  },
  {
    name: 'secure-port',
    key: 'securePort',
    type: 'int',
    default: '6443',
    help: 'port to serve HTTPS on; cannot be turned off with 0',
    source: serving,
  },
  {
    name: 'service-account-extend-token-expiration',
    key: 'serviceAccountExtendTokenExpiration',
    type: 'bool',
    default: 'true',
    help: 'tokens that pods were given live for a year, and are only noted after the hour they asked for',
    source: authentication,
  },
  {
    name: 'service-account-issuer',
    key: 'serviceAccountIssuer',
    type: 'strings',
    default: 'https://kubernetes.default.svc.cluster.local',
    help: "issuer of service-account tokens; given again, further ones are accepted (the default is kubeadm's; upstream has none)",
    source: authentication,
  },
  {
    name: 'service-account-jwks-uri',
    key: 'serviceAccountJwksUri',
    type: 'string',
    default: '',
    help: "https URL of the keys that /.well-known/openid-configuration names; empty: this apiserver's own /openid/v1/jwks",
    source: authentication,
  },
  {
    name: 'service-account-key-file',
    key: 'serviceAccountKeyFile',
    type: 'strings',
    default: '',
    help: 'PEM keys, public or private, that may have signed service-account tokens; may be given again. Empty: the public part of the signing key',
    source: authentication,
  },
  {
    name: 'service-account-max-token-expiration',
    key: 'serviceAccountMaxTokenExpirationSeconds',
    type: 'duration',
    default: '0s',
    help: 'longest life of a token, at least 1h; 0 for no limit',
    source: authentication,
  },
  {
    name: 'service-account-signing-key-file',
    key: 'serviceAccountSigningKeyFile',
    type: 'string',
    default: '',
    help: 'PEM private key that signs service-account tokens; empty: a P-256 key is made at every start (upstream needs the flag)',
    source: 'cmd/kube-apiserver/app/options/options.go',
  },
  {
    name: 'service-cluster-ip-range',
    key: 'serviceClusterIpRange',
    type: 'string',
    default: '10.96.0.0/12',
    help: "IPv4 range that cluster IPs of services come from (kubeadm's value; upstream's own default is 10.0.0.0/24)",
    source: 'cmd/kube-apiserver/app/options/options.go',
  },
  {
    name: 'ssh-keyfile',
    key: 'sshKeyfile',
    type: 'string',
    default: '',
    help: 'private key that --ssh-user logs in to nodes with; an RSA pair is made there when <file>.pub does not exist. Upstream removed it in 1.22',
    source: 'cmd/kube-apiserver/app/options/options.go of 1.21',
  },
  {
    name: 'ssh-user',
    key: 'sshUser',
    type: 'string',
    default: '',
    help: 'reach kubelets, nodes, pods and services through SSH tunnels to the nodes, as this user. Upstream removed it in 1.22',
    source: 'cmd/kube-apiserver/app/options/options.go of 1.21',
  },
  {
    name: 'tls-cert-file',
    key: 'tlsCertFile',
    type: 'string',
    default: '',
    help: 'serving certificate, followed by its intermediates; needs --tls-private-key-file. Without both a self-signed one is made',
    source: serving,
  },
  {
    name: 'tls-private-key-file',
    key: 'tlsPrivateKeyFile',
    type: 'string',
    default: '',
    help: 'key of --tls-cert-file',
    source: serving,
  },
  {
    name: 'token-auth-file',
    key: 'tokenAuthFile',
    type: 'string',
    default: '',
    help: 'CSV file of static tokens: token,user,uid,"group1,group2"',
    source: authentication,
  },
  {
    name: 'v',
    key: 'v',
    type: 'int',
    default: '0',
    help: 'number for the log level verbosity',
    source: 'k8s.io/klog',
  },
];
