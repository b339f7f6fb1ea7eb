import { type ComponentFlag, usage } from '../pflag';

/** What both components take; `port` is where upstream serves /healthz. */
export function clientFlags(program: string, port: number): readonly ComponentFlag[] {
  const serving = 'k8s.io/apiserver pkg/server/options/serving.go';
  const options = `cmd/${program}/app/options/options.go`;
  return [
    {
      name: 'authentication-kubeconfig',
      type: 'string',
      default: '',
      help: 'accepted and ignored: /healthz is all that is served, and open to everybody as in upstream',
      source: 'k8s.io/apiserver pkg/server/options/authentication.go',
    },
    {
      name: 'authorization-kubeconfig',
      type: 'string',
      default: '',
      help: 'accepted and ignored, for the same reason',
      source: 'k8s.io/apiserver pkg/server/options/authorization.go',
    },
    {
      name: 'bind-address',
      type: 'ip',
      default: '127.0.0.1',
      help: "address to listen on for --secure-port (upstream's own default is 0.0.0.0)",
      source: serving,
    },
    {
      name: 'kubeconfig',
      type: 'string',
      default: '',
      help: 'kubeconfig of the apiserver, with a client certificate and an authority; needed',
      source: options,
    },
    {
      name: 'leader-elect',
      type: 'bool',
      default: 'true',
      help: `wait until the lease ${program} in kube-system is free, and hold it while this runs`,
      source: 'k8s.io/component-base config/options/leaderelectionconfig.go',
    },
    {
      name: 'secure-port',
      type: 'int',
      default: String(port),
      help: 'port to serve /healthz on, with TLS and a self-signed certificate; 0 is none',
      source: serving,
    },
    {
      name: 'v',
      type: 'int',
      default: '0',
      help: 'number for the log level verbosity; accepted and ignored',
      source: 'k8s.io/klog',
    },
  ];
}

export interface ClientFlags {
  readonly bindAddress: string;
  readonly kubeconfig: string;
  readonly leaderElect: boolean;
  readonly securePort: number;
}

/** The values of `clientFlags`. Throws MidplaneError USAGE for what cannot be worked with. */
export function readClientFlags(program: string, values: ReadonlyMap<string, string>): ClientFlags {
  const text = (name: string): string => values.get(name) ?? '';
  const securePort = Number(text('secure-port'));
  if (securePort < 0 || securePort > 65535) {
    throw usage(
      `--secure-port ${securePort} must be between 0 and 65535, inclusive. 0 for turning off secure port`,
    );
  }
  if (text('kubeconfig') === '') {
    // Upstream then takes the service account of the pod that it runs in; here it never runs in one.
    throw usage(
      `${program} needs --kubeconfig`,
      'name a kubeconfig with client-certificate, client-key and certificate-authority',
    );
  }
  return {
    bindAddress: text('bind-address'),
    kubeconfig: text('kubeconfig'),
    leaderElect: text('leader-elect') === 'true',
    securePort,
  };
}
