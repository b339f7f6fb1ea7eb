import { MidplaneError } from '../error';
import { nearestNames } from '../nearest';
import { ANY_ADDRESS, checkSettings, defaultSettings, type KubeletSettings } from './settings';

/** The kubelet's command line by its real flag names. Source: cmd/kubelet/app/options/options.go. */

type Change = (settings: KubeletSettings) => KubeletSettings;

interface Flag {
  readonly takes: 'string' | 'boolean' | 'number';
  readonly help: string;
  readonly set: (value: string) => Change;
}

const text =
  (
    field:
      | 'address'
      | 'tlsCertFile'
      | 'tlsPrivateKeyFile'
      | 'hostnameOverride'
      | 'nodeIp'
      | 'kubeconfig'
      | 'bootstrapKubeconfig'
      | 'certDir',
  ) =>
  (value: string): Change =>
  (settings) => ({ ...settings, [field]: value });

const number =
  (field: 'port' | 'readOnlyPort' | 'healthzPort' | 'verbosity') =>
  (value: string): Change =>
  (settings) => ({ ...settings, [field]: Number(value) });

const authentication =
  (change: (value: string, was: KubeletSettings['authentication']) => KubeletSettings['authentication']) =>
  (value: string): Change =>
  (settings) => ({ ...settings, authentication: change(value, settings.authentication) });

const FLAGS: ReadonlyMap<string, Flag> = new Map<string, Flag>([
  [
    'address',
    {
      takes: 'string',
      help: 'address to listen on for --port and --read-only-port; 0.0.0.0 is every address of this machine',
      set: text('address'),
    },
  ],
  [
    'anonymous-auth',
    {
      takes: 'boolean',
      help: 'let requests without credentials through to authorization, as system:anonymous',
      set: authentication((value, was) => ({ ...was, anonymous: { enabled: value === 'true' } })),
    },
  ],
  [
    'authentication-token-webhook',
    {
      takes: 'boolean',
      help: 'have the apiserver say whose a bearer token is (TokenReview)',
      set: authentication((value, was) => ({
        ...was,
        webhook: { ...was.webhook, enabled: value === 'true' },
      })),
    },
  ],
  [
    'authorization-mode',
    {
      takes: 'string',
      help: 'AlwaysAllow, or Webhook: the apiserver decides (SubjectAccessReview)',
      set: authorizationMode,
    },
  ],
  [
    'bootstrap-kubeconfig',
    {
      takes: 'string',
      help: 'kubeconfig to ask for a client certificate with while that of --kubeconfig is missing or no good any more',
      set: text('bootstrapKubeconfig'),
    },
  ],
  [
    'cert-dir',
    {
      takes: 'string',
      help: 'folder of the certificates that the kubelet gets and makes. Without it, pki beside --kubeconfig for those that the cluster gives, and its own is kept in memory',
      set: text('certDir'),
    },
  ],
  [
    'client-ca-file',
    {
      takes: 'string',
      help: 'PEM bundle; a client certificate signed by one of it logs its common name in, with its organizations as groups',
      set: authentication((value, was) => ({ ...was, x509: { clientCAFile: value } })),
    },
  ],
  [
    'config',
    {
      takes: 'string',
      help: 'KubeletConfiguration file (YAML or JSON); changes the defaults to those of a file, flags win over it',
      set: () => (settings) => settings,
    },
  ],
  [
    'healthz-port',
    { takes: 'number', help: 'port of /healthz on the loopback; 0 is none', set: number('healthzPort') },
  ],
  [
    'hostname-override',
    {
      takes: 'string',
      help: "name of the node instead of this machine's own; a lowercase RFC 1123 subdomain",
      set: text('hostnameOverride'),
    },
  ],
  [
    'kubeconfig',
    {
      takes: 'string',
      help: 'kubeconfig of the apiserver to register with, or the one to be written; without it the kubelet asks nobody',
      set: text('kubeconfig'),
    },
  ],
  [
    'node-ip',
    {
      takes: 'string',
      help: 'address of the node that its Node object tells; where to listen is --address',
      set: text('nodeIp'),
    },
  ],
  [
    'node-labels',
    {
      takes: 'string',
      help: 'labels that the Node is registered with, key=value, comma-separated',
      set: nodeLabels,
    },
  ],
  ['port', { takes: 'number', help: 'port to serve the kubelet API on, with TLS', set: number('port') }],
  [
    'read-only-port',
    {
      takes: 'number',
      help: 'port to serve the read-only API on, in clear and for anybody; 0 is none',
      set: number('readOnlyPort'),
    },
  ],
  [
    'rotate-certificates',
    {
      takes: 'boolean',
      help: 'have the client certificate renewed before its end',
      set: (value) => (settings) => ({ ...settings, rotateCertificates: value === 'true' }),
    },
  ],
  [
    'rotate-server-certificates',
    {
      takes: 'boolean',
      help: 'have no serving certificate until the cluster signs one',
      set: (value) => (settings) => ({ ...settings, serverTLSBootstrap: value === 'true' }),
    },
  ],
  [
    'tls-cert-file',
    {
      takes: 'string',
      help: 'serving certificate, followed by its intermediates; needs --tls-private-key-file. Without both a self-signed one is made',
      set: text('tlsCertFile'),
    },
  ],
  [
    'tls-private-key-file',
    { takes: 'string', help: 'key of --tls-cert-file', set: text('tlsPrivateKeyFile') },
  ],
  ['v', { takes: 'number', help: 'number for the log level verbosity', set: number('verbosity') }],
]);

const KUBELET_FLAG_NAMES: readonly string[] = [...FLAGS.keys()].map((name) => `--${name}`);

/** The text of `--help`: every flag with its type and its meaning; `defaultAddress` as for applyKubeletFlags. */
export function renderKubeletHelp(defaultAddress: string = ANY_ADDRESS): string {
  const lines = ["Flags (kubelet's names):", ''];
  for (const [name, { takes, help }] of FLAGS) {
    const dashes = name.length === 1 ? '-' : '--';
    const type = { string: ' string', boolean: '', number: ' int' }[takes];
    const fallback = name === 'address' ? addressDefault(defaultAddress) : '';
    lines.push(`  ${dashes}${name}${type}`, `        ${help}${fallback}`);
  }
  lines.push(
    '',
    'Without --config everything is open, as in upstream: anonymous requests are allowed everything,',
  );
  lines.push('and the read-only port is 10255. With it the defaults are those of a KubeletConfiguration.');
  return `${lines.join('\n')}\n`;
}

function addressDefault(address: string): string {
  if (address === ANY_ADDRESS) return ` (default ${address})`;
  return ` (default ${address}, unless --config names one; the kubelet's own is ${ANY_ADDRESS})`;
}

/** The file that --config names, if it is given: it must be read before the flags can be applied. */
export function configFileOf(argv: readonly string[]): string | null {
  return parseFlags(argv).findLast(({ name }) => name === 'config')?.value ?? null;
}

/**
 * The settings that flags make of a configuration file, or of the flag defaults without one. A flag wins over the file.
 * Throws MidplaneError: USAGE for the command line itself, CONFIG_INVALID for settings that contradict each other.
 *
 * @param defaultAddress where to listen when neither file nor flag says; the kubelet's own default when absent
 */
export function applyKubeletFlags(
  argv: readonly string[],
  fromFile: KubeletSettings | null = null,
  defaultAddress?: string,
): KubeletSettings {
  let settings = fromFile ?? defaultSettings('flags-only', defaultAddress);
  for (const { name, value } of parseFlags(argv)) {
    settings = FLAGS.get(name)?.set(value)(settings) ?? settings;
  }
  return checkSettings(settings);
}

/** As pflag reads them: `--name=value`, `--name value`, `--switch`, and one dash for a single letter. */
function parseFlags(argv: readonly string[]): { name: string; value: string }[] {
  const parsed: { name: string; value: string }[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const match = /^(?:--([^=]+)|-([a-z]))(?:=(.*))?$/s.exec(word);
    if (match === null) {
      throw new MidplaneError('USAGE', `unknown command "${word}" for "kubelet"`, {
        hint: 'the kubelet takes flags only, each beginning with --',
      });
    }
    const name = match[1] ?? match[2] ?? '';
    const flag = FLAGS.get(name);
    if (flag === undefined) throw unknownFlag(name);
    const value = match[3] ?? (flag.takes === 'boolean' ? 'true' : rest.shift());
    if (value === undefined) {
      throw new MidplaneError('USAGE', `flag needs an argument: --${name}`, {
        hint: `write --${name}=VALUE`,
      });
    }
    checkValue(name, flag, value);
    parsed.push({ name, value });
  }
  return parsed;
}

function unknownFlag(name: string): MidplaneError {
  const [nearest] = nearestNames(name, [...FLAGS.keys()]);
  return new MidplaneError('USAGE', `unknown flag: --${name}`, {
    hint:
      nearest === undefined ? `known flags: ${KUBELET_FLAG_NAMES.join(' ')}` : `did you mean --${nearest}?`,
  });
}

function checkValue(name: string, flag: Flag, value: string): void {
  const fits = { string: /^/, boolean: /^(true|false)$/, number: /^\d{1,9}$/ }[flag.takes].test(value);
  if (fits) return;
  const wanted = flag.takes === 'boolean' ? 'true or false' : 'a whole number';
  throw new MidplaneError('USAGE', `invalid argument "${value}" for "--${name}" flag`, {
    hint: `--${name} takes ${wanted}`,
  });
}

/** Later ones are added. Source: k8s.io/component-base cli/flag/map_string_string.go. */
function nodeLabels(value: string): Change {
  const pairs = value.split(',').filter((it) => it !== '');
  for (const pair of pairs) {
    if (pair.includes('=')) continue;
    throw new MidplaneError(
      'USAGE',
      `invalid argument "${value}" for "--node-labels" flag: malformed pair, expect string=string`,
      { hint: 'write --node-labels=key=value' },
    );
  }
  const labels = Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1).trim()]),
  );
  return (settings) => ({ ...settings, nodeLabels: { ...settings.nodeLabels, ...labels } });
}

function authorizationMode(value: string): Change {
  if (value !== 'AlwaysAllow' && value !== 'Webhook') {
    throw new MidplaneError(
      'USAGE',
      `unknown authorization mode "${value}" for "--authorization-mode" flag`,
      {
        hint: 'use AlwaysAllow or Webhook',
      },
    );
  }
  return (settings) => ({ ...settings, authorization: { ...settings.authorization, mode: value } });
}
