import { isIP } from 'node:net';
import { MidplaneError } from '../error';

/**
 * What a kubelet is told to do, by the names of KubeletConfiguration v1beta1, and the two sets of defaults it starts
 * from. Source: cmd/kubelet/app/options/options.go (applyLegacyDefaults), kubelet/config/v1beta1/types.go and
 * pkg/kubelet/apis/config/validation.
 */
export interface KubeletSettings {
  readonly address: string;
  readonly port: number;
  /** 0: none. */
  readonly readOnlyPort: number;
  /** 0: none. */
  readonly healthzPort: number;
  readonly healthzBindAddress: string;
  readonly authentication: {
    readonly anonymous: { readonly enabled: boolean };
    readonly webhook: { readonly enabled: boolean; readonly cacheTtlMs: number };
    /** Empty: no client certificate is asked for. */
    readonly x509: { readonly clientCAFile: string };
  };
  readonly authorization: {
    readonly mode: AuthorizationMode;
    readonly webhook: { readonly cacheAuthorizedTtlMs: number; readonly cacheUnauthorizedTtlMs: number };
  };
  readonly tlsCertFile: string;
  readonly tlsPrivateKeyFile: string;
  readonly tlsMinVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly serverTLSBootstrap: boolean;
  readonly rotateCertificates: boolean;
  readonly enableServer: boolean;
  readonly enableDebuggingHandlers: boolean;
  readonly enableSystemLogHandler: boolean;
  readonly enableProfilingHandler: boolean;
  readonly enableDebugFlagsHandler: boolean;
  /** The feature gate: nodes/pods, nodes/healthz and nodes/configz are asked for before nodes/proxy. */
  readonly fineGrainedAuthorization: boolean;
  /** The fields of a file that the lab has no use for, kept for /configz. */
  readonly other: Readonly<Record<string, unknown>>;
  // What only flags can say.
  readonly hostnameOverride: string;
  readonly nodeIp: string;
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly kubeconfig: string;
  readonly bootstrapKubeconfig: string;
  /** Empty: `pki` beside the kubeconfig, and nothing is written that nobody needs again. */
  readonly certDir: string;
  readonly verbosity: number;
}

export type AuthorizationMode = 'AlwaysAllow' | 'Webhook';

/** The kubelet's own default; whoever starts one may have another. */
export const ANY_ADDRESS = '0.0.0.0';

const CONFIG_FILE_DEFAULTS: KubeletSettings = {
  address: ANY_ADDRESS,
  port: 10250,
  readOnlyPort: 0,
  healthzPort: 10248,
  healthzBindAddress: '127.0.0.1',
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true, cacheTtlMs: 120_000 },
    x509: { clientCAFile: '' },
  },
  authorization: {
    mode: 'Webhook',
    webhook: { cacheAuthorizedTtlMs: 300_000, cacheUnauthorizedTtlMs: 30_000 },
  },
  tlsCertFile: '',
  tlsPrivateKeyFile: '',
  tlsMinVersion: 'TLSv1.2',
  serverTLSBootstrap: false,
  rotateCertificates: false,
  enableServer: true,
  enableDebuggingHandlers: true,
  enableSystemLogHandler: true,
  enableProfilingHandler: true,
  enableDebugFlagsHandler: true,
  fineGrainedAuthorization: true,
  other: {},
  hostnameOverride: '',
  nodeIp: '',
  nodeLabels: {},
  kubeconfig: '',
  bootstrapKubeconfig: '',
  certDir: '',
  verbosity: 0,
};

/**
 * `flags-only` is a kubelet started without --config: open to anybody, unless flags say otherwise. The address is the
 * one to listen on when nothing names any.
 */
export function defaultSettings(
  origin: 'config-file' | 'flags-only',
  address: string = ANY_ADDRESS,
): KubeletSettings {
  if (origin === 'config-file') return { ...CONFIG_FILE_DEFAULTS, address };
  const { authentication, authorization } = CONFIG_FILE_DEFAULTS;
  return {
    ...CONFIG_FILE_DEFAULTS,
    address,
    readOnlyPort: 10255,
    authentication: {
      ...authentication,
      anonymous: { enabled: true },
      webhook: { ...authentication.webhook, enabled: false },
    },
    authorization: { ...authorization, mode: 'AlwaysAllow' },
  };
}

/** Refuses what contradicts itself, in upstream's words where it has some. */
export function checkSettings(settings: KubeletSettings): KubeletSettings {
  checkPort('port', '--port', settings.port, 1);
  checkPort('readOnlyPort', '--read-only-port', settings.readOnlyPort, 0);
  checkPort('healthzPort', '--healthz-port', settings.healthzPort, 0);
  if (settings.readOnlyPort === settings.port) {
    throw invalid(
      `port (--port) and readOnlyPort (--read-only-port) are both ${settings.port}`,
      'give the read-only port another number, or 0 for none',
    );
  }
  if (isIP(settings.address) === 0) {
    throw invalid(
      `address (--address) "${settings.address}" is not an IP address`,
      'use 0.0.0.0 for all addresses',
    );
  }
  if (settings.nodeIp !== '' && isIP(settings.nodeIp) === 0) {
    throw invalid(
      `--node-ip "${settings.nodeIp}" is not an IP address`,
      'leave the flag out to use the first address',
    );
  }
  if ((settings.tlsCertFile === '') !== (settings.tlsPrivateKeyFile === '')) {
    const [given, missing] =
      settings.tlsCertFile === ''
        ? ['tlsPrivateKeyFile', 'tlsCertFile']
        : ['tlsCertFile', 'tlsPrivateKeyFile'];
    throw invalid(`${given} is set without ${missing}`, 'set both, or none for a self-signed certificate');
  }
  if (settings.serverTLSBootstrap && settings.tlsCertFile !== '') {
    throw invalid(
      'serverTLSBootstrap is set together with tlsCertFile',
      'either bring a certificate or ask the cluster for one',
    );
  }
  if (settings.bootstrapKubeconfig !== '' && settings.kubeconfig === '') {
    throw invalid(
      '--bootstrap-kubeconfig is set without --kubeconfig',
      '--kubeconfig names the file that the kubelet writes once it has a certificate',
    );
  }
  const { anonymous, webhook, x509 } = settings.authentication;
  if (!anonymous.enabled && !webhook.enabled && x509.clientCAFile === '') {
    throw invalid(
      'no authentication method configured',
      'set authentication.x509.clientCAFile, authentication.webhook.enabled or authentication.anonymous.enabled',
    );
  }
  return settings;
}

function checkPort(field: string, flag: string, port: number, lowest: number): void {
  if (Number.isInteger(port) && port >= lowest && port <= 65535) return;
  throw invalid(
    `${field} (${flag}) ${port} must be between ${lowest} and 65535, inclusive`,
    lowest === 0 ? '0 turns it off' : 'the usual port is 10250',
  );
}

function invalid(what: string, hint: string): MidplaneError {
  return new MidplaneError('CONFIG_INVALID', `invalid kubelet configuration: ${what}`, { hint });
}

/** Whether the apiserver is asked who somebody is or what they may do. */
export function needsApiserver(settings: KubeletSettings): boolean {
  return settings.authentication.webhook.enabled || settings.authorization.mode === 'Webhook';
}
