import { MidplaneError } from '../error';
import { nearestNames } from '../nearest';
import { checkSettings, defaultSettings, type KubeletSettings } from './settings';

/** The kubelet's command line by its real flag names. Source: cmd/kubelet/app/options/options.go. */

type Change = (settings: KubeletSettings) => KubeletSettings;

interface Flag {
  readonly takes: 'string' | 'boolean' | 'number';
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
  ['address', { takes: 'string', set: text('address') }],
  [
    'anonymous-auth',
    {
      takes: 'boolean',
      set: authentication((value, was) => ({ ...was, anonymous: { enabled: value === 'true' } })),
    },
  ],
  [
    'authentication-token-webhook',
    {
      takes: 'boolean',
      set: authentication((value, was) => ({
        ...was,
        webhook: { ...was.webhook, enabled: value === 'true' },
      })),
    },
  ],
  ['authorization-mode', { takes: 'string', set: authorizationMode }],
  ['cert-dir', { takes: 'string', set: text('certDir') }],
  [
    'client-ca-file',
    { takes: 'string', set: authentication((value, was) => ({ ...was, x509: { clientCAFile: value } })) },
  ],
  ['config', { takes: 'string', set: () => (settings) => settings }],
  ['healthz-port', { takes: 'number', set: number('healthzPort') }],
  ['hostname-override', { takes: 'string', set: text('hostnameOverride') }],
  ['kubeconfig', { takes: 'string', set: text('kubeconfig') }],
  ['node-ip', { takes: 'string', set: text('nodeIp') }],
  ['port', { takes: 'number', set: number('port') }],
  ['read-only-port', { takes: 'number', set: number('readOnlyPort') }],
  [
    'rotate-server-certificates',
    {
      takes: 'boolean',
      set: (value) => (settings) => ({ ...settings, serverTLSBootstrap: value === 'true' }),
    },
  ],
  ['tls-cert-file', { takes: 'string', set: text('tlsCertFile') }],
  ['tls-private-key-file', { takes: 'string', set: text('tlsPrivateKeyFile') }],
  ['v', { takes: 'number', set: number('verbosity') }],
]);

export const KUBELET_FLAG_NAMES: readonly string[] = [...FLAGS.keys()].map((name) => `--${name}`);

/** The file that --config names, if it is given: it must be read before the flags can be applied. */
export function configFileOf(argv: readonly string[]): string | null {
  return parseFlags(argv).findLast(({ name }) => name === 'config')?.value ?? null;
}

/**
 * The settings that flags make of a configuration file, or of the flag defaults without one. A flag wins over the file.
 * Throws MidplaneError: USAGE for the command line itself, CONFIG_INVALID for settings that contradict each other.
 */
export function applyKubeletFlags(
  argv: readonly string[],
  fromFile: KubeletSettings | null = null,
): KubeletSettings {
  let settings = fromFile ?? defaultSettings('flags-only');
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
