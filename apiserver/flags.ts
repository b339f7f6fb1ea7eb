import { isIP } from 'node:net';
import type { NodeAddressType } from '../api/objects';
import { MidplaneError } from '../error';
import { nearestNames } from '../nearest';
import { chooseAdmissionPlugins } from './admission/admission-plugins';
import { type ApiserverFlags, type AuthorizationMode, apiserverFlagTable, type FlagRow } from './flag-table';

export type { ApiserverFlags, AuthorizationMode } from './flag-table';

const addressTypes: readonly NodeAddressType[] = [
  'Hostname',
  'InternalDNS',
  'InternalIP',
  'ExternalDNS',
  'ExternalIP',
];
const authorizationModes: readonly AuthorizationMode[] = ['AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC'];

/** Defaults that differ from kube-apiserver's own. */
export type OtherDefaults = Readonly<Partial<Record<keyof ApiserverFlags, string>>>;

/** Throws MidplaneError USAGE for a bad flag or value, CONFIG_INVALID for flags that contradict each other. */
export function parseApiserverFlags(argv: readonly string[], defaults: OtherDefaults = {}): ApiserverFlags {
  const values = readValues(argv, defaults);
  const text = (key: keyof ApiserverFlags): string => values.get(key) ?? '';
  const list = (key: keyof ApiserverFlags): string[] => splitList(text(key));
  const flags: ApiserverFlags = {
    advertiseAddress: text('advertiseAddress'),
    anonymousAuth: text('anonymousAuth') === 'true',
    apiAudiences:
      text('apiAudiences') === '' ? list('serviceAccountIssuer').slice(0, 1) : list('apiAudiences'),
    auditLogFormat: text('auditLogFormat'),
    auditLogPath: text('auditLogPath'),
    auditPolicyFile: text('auditPolicyFile'),
    authorizationMode: readModes(text('authorizationMode')),
    bindAddress: text('bindAddress'),
    clientCaFile: text('clientCaFile'),
    dataDir: text('dataDir'),
    disableAdmissionPlugins: list('disableAdmissionPlugins'),
    enableAdmissionPlugins: list('enableAdmissionPlugins'),
    enableBootstrapTokenAuth: text('enableBootstrapTokenAuth') === 'true',
    kubeletCertificateAuthority: text('kubeletCertificateAuthority'),
    kubeletClientCertificate: text('kubeletClientCertificate'),
    kubeletClientKey: text('kubeletClientKey'),
    kubeletPort: Number(text('kubeletPort')),
    kubeletPreferredAddressTypes: readAddressTypes(text('kubeletPreferredAddressTypes')),
    kubeletTimeout: text('kubeletTimeout'),
    requestheaderAllowedNames: list('requestheaderAllowedNames'),
    requestheaderClientCaFile: text('requestheaderClientCaFile'),
    requestheaderExtraHeadersPrefix: list('requestheaderExtraHeadersPrefix'),
    requestheaderGroupHeaders: list('requestheaderGroupHeaders'),
    requestheaderUidHeaders: list('requestheaderUidHeaders'),
    requestheaderUsernameHeaders: list('requestheaderUsernameHeaders'),
    securePort: Number(text('securePort')),
    serviceAccountExtendTokenExpiration: text('serviceAccountExtendTokenExpiration') === 'true',
    serviceAccountIssuer: list('serviceAccountIssuer'),
    serviceAccountKeyFile: list('serviceAccountKeyFile'),
    serviceAccountMaxTokenExpirationSeconds: secondsOf(text('serviceAccountMaxTokenExpirationSeconds')),
    serviceAccountSigningKeyFile: text('serviceAccountSigningKeyFile'),
    serviceClusterIpRange: text('serviceClusterIpRange'),
    tlsCertFile: text('tlsCertFile'),
    tlsPrivateKeyFile: text('tlsPrivateKeyFile'),
    tokenAuthFile: text('tokenAuthFile'),
    v: Number(text('v')),
  };
  refuseContradictions(flags);
  return flags;
}

/** The text of `--help`: every flag with its type, default, meaning and upstream home. */
export function renderApiserverHelp(defaults: OtherDefaults = {}): string {
  const lines = ["Flags (kube-apiserver's names):", ''];
  for (const row of apiserverFlagTable) {
    const type = row.type === 'bool' ? '' : ` ${row.type}`;
    const own = defaults[row.key];
    const fallback =
      own !== undefined
        ? ` (default ${own}; kube-apiserver's own is ${row.default})`
        : row.default === ''
          ? ''
          : ` (default ${row.default})`;
    lines.push(`  --${row.name}${type}`, `        ${row.help}${fallback}`, `        upstream: ${row.source}`);
  }
  return `${lines.join('\n')}\n`;
}

function readValues(argv: readonly string[], defaults: OtherDefaults): Map<keyof ApiserverFlags, string> {
  const values = new Map<keyof ApiserverFlags, string>();
  for (const row of apiserverFlagTable) values.set(row.key, defaults[row.key] ?? row.default);
  const repeated = new Map<keyof ApiserverFlags, string[]>();
  let at = 0;
  while (at < argv.length) {
    const word = argv[at] ?? '';
    at += 1;
    const match = /^(?:--|-(?=v(?:$|=|\d)))([^=]*?)(?:=([\s\S]*))?$/.exec(word);
    if (match === null)
      throw usage(`kube-apiserver does not take any arguments, got ${JSON.stringify(word)}`);
    const row = findRow(match[1] ?? '');
    let value = match[2];
    if (value === undefined && row.type === 'bool') value = 'true';
    if (value === undefined) {
      value = argv[at];
      at += 1;
    }
    if (value === undefined) throw usage(`flag needs an argument: --${row.name}`);
    const checked = checkValue(row, value);
    if (row.type === 'strings') {
      // An empty value adds no word (pflag string_slice.go, readAsCSV).
      const all = [...(repeated.get(row.key) ?? []), ...(checked === '' ? [] : [checked])];
      repeated.set(row.key, all);
      values.set(row.key, all.join(','));
    } else {
      values.set(row.key, checked);
    }
  }
  return values;
}

function findRow(name: string): FlagRow {
  const row = apiserverFlagTable.find((candidate) => candidate.name === name);
  if (row !== undefined) return row;
  const [near] = nearestNames(
    name,
    apiserverFlagTable.map((candidate) => candidate.name),
  );
  throw usage(
    `unknown flag: --${name}`,
    near === undefined
      ? 'kube-apiserver flags this lab knows: see --help'
      : `did you mean --${near}? See --help for all`,
  );
}

/** pflag's checks of one value, in its words; the value comes back in its normal form. */
function checkValue(row: FlagRow, value: string): string {
  const refuse = (why: string) =>
    usage(`invalid argument ${JSON.stringify(value)} for "--${row.name}" flag: ${why}`);
  switch (row.type) {
    case 'string':
    case 'strings':
      return value;
    case 'int':
      if (!/^[+-]?\d+$/.test(value))
        throw refuse(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
      return value;
    case 'bool':
      if (/^(1|t|T|TRUE|true|True)$/.test(value)) return 'true';
      if (/^(0|f|F|FALSE|false|False)$/.test(value)) return 'false';
      throw refuse(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
    case 'duration':
      if (!/^[+-]?(0|(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+$/.test(value)) {
        throw refuse(`time: invalid duration ${JSON.stringify(value)}`);
      }
      return value;
    case 'ip':
      if (value !== '' && isIP(value) === 0) throw refuse(`failed to parse IP: ${JSON.stringify(value)}`);
      return value;
  }
  return row.type satisfies never;
}

function readModes(text: string): AuthorizationMode[] {
  const modes = splitList(text).map((word) => {
    const mode = authorizationModes.find((known) => known === word);
    if (mode !== undefined) return mode;
    throw usage(
      `authorization-mode ${JSON.stringify(word)} is not a valid mode`,
      hintOf(word, authorizationModes, '--authorization-mode'),
    );
  });
  if (modes.length === 0) throw usage('at least one authorization-mode must be passed');
  const twice = modes.find((mode, index) => modes.indexOf(mode) !== index);
  if (twice !== undefined)
    throw usage(`authorization-mode ${JSON.stringify(twice)} has mode specified more than once`);
  return modes;
}

/** Upstream takes any word here and then finds no address for it at the first request; a lab is kinder when it says so at once. */
function readAddressTypes(text: string): NodeAddressType[] {
  return splitList(text).map((word) => {
    const type = addressTypes.find((known) => known === word);
    if (type !== undefined) return type;
    throw usage(
      `invalid argument ${JSON.stringify(text)} for "--kubelet-preferred-address-types" flag: no address type is called ${JSON.stringify(word)}`,
      hintOf(word, addressTypes, '--kubelet-preferred-address-types'),
    );
  });
}

function splitList(text: string): string[] {
  return text === '' ? [] : text.split(',').map((word) => word.trim());
}

/** A Go duration in seconds; it has been checked before. */
function secondsOf(duration: string): number {
  const units: Readonly<Record<string, number>> = {
    h: 3600,
    m: 60,
    s: 1,
    ms: 1e-3,
    us: 1e-6,
    µs: 1e-6,
    ns: 1e-9,
  };
  const parts = [...duration.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)?/g)];
  const total = parts.reduce((sum, [, count, unit = 's']) => sum + Number(count) * (units[unit] ?? 1), 0);
  return duration.startsWith('-') ? -total : total;
}

function hintOf(word: string, known: readonly string[], flag: string): string {
  const [near] = nearestNames(word, known);
  const all = `${flag} takes ${known.join(', ')}`;
  return near === undefined ? all : `did you mean ${near}? ${all}`;
}

function refuseContradictions(flags: ApiserverFlags): void {
  refuseHalfPair(
    'kubelet-client-certificate',
    flags.kubeletClientCertificate,
    'kubelet-client-key',
    flags.kubeletClientKey,
  );
  refuseHalfPair('tls-cert-file', flags.tlsCertFile, 'tls-private-key-file', flags.tlsPrivateKeyFile);
  for (const [name, port] of [
    ['secure-port', flags.securePort],
    ['kubelet-port', flags.kubeletPort],
  ] as const) {
    if (port < 1 || port > 65535) {
      const off = name === 'secure-port' ? '. It cannot be turned off with 0' : '';
      throw usage(`--${name} ${port} must be between 1 and 65535, inclusive${off}`);
    }
  }
  if (flags.auditLogFormat !== 'json') {
    throw usage(`invalid audit log format ${flags.auditLogFormat}, allowed formats are "json"`);
  }
  chooseAdmissionPlugins(flags.enableAdmissionPlugins, flags.disableAdmissionPlugins);
  const longest = flags.serviceAccountMaxTokenExpirationSeconds;
  if (longest < 0 || (longest > 0 && longest < 3600)) {
    throw usage('the service-account-max-token-expiration must be between 1 hour and 2^32 seconds');
  }
  const range = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(flags.serviceClusterIpRange);
  if (range === null || isIP(range[1] ?? '') !== 4 || Number(range[2]) > 30 || Number(range[2]) < 8) {
    throw usage(
      `--service-cluster-ip-range ${JSON.stringify(flags.serviceClusterIpRange)} is not an IPv4 range of /8 to /30`,
    );
  }
}

function refuseHalfPair(certFlag: string, cert: string, keyFlag: string, key: string): void {
  if ((cert === '') === (key === '')) return;
  const [given, missing] = cert === '' ? [keyFlag, certFlag] : [certFlag, keyFlag];
  throw new MidplaneError('CONFIG_INVALID', `--${given} is set without --${missing}`, {
    hint: `a certificate and its key belong together: set --${certFlag} and --${keyFlag}, or neither`,
  });
}

function usage(message: string, hint = 'see --help for the flags and their values'): MidplaneError {
  return new MidplaneError('USAGE', message, { hint });
}
