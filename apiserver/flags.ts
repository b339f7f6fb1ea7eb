import { isIP } from 'node:net';
import type { NodeAddressType } from '../api/objects';
import { MidplaneError } from '../error';

/**
 * kube-apiserver's flags by their real names: one table, from which parsing, defaults and `--help` are made.
 * Spelling as with Go's pflag: `--flag=value`, `--flag value`, a boolean flag alone means true.
 */
export type AuthorizationMode = 'Node' | 'RBAC' | 'AlwaysAllow' | 'AlwaysDeny';

export interface ApiserverFlags {
  readonly advertiseAddress: string;
  readonly anonymousAuth: boolean;
  readonly authorizationMode: readonly AuthorizationMode[];
  readonly bindAddress: string;
  readonly clientCaFile: string;
  readonly kubeletCertificateAuthority: string;
  readonly kubeletClientCertificate: string;
  readonly kubeletClientKey: string;
  readonly kubeletPort: number;
  readonly kubeletPreferredAddressTypes: readonly NodeAddressType[];
  readonly kubeletTimeout: string;
  readonly securePort: number;
  readonly serviceClusterIpRange: string;
  readonly tlsCertFile: string;
  readonly tlsPrivateKeyFile: string;
  readonly v: number;
}

interface FlagRow {
  readonly name: string;
  readonly key: keyof ApiserverFlags;
  readonly type: 'string' | 'strings' | 'int' | 'bool' | 'duration' | 'ip';
  readonly default: string;
  readonly help: string;
  /** Where upstream declares it. */
  readonly source: string;
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
    name: 'secure-port',
    key: 'securePort',
    type: 'int',
    default: '6443',
    help: 'port to serve HTTPS on; cannot be turned off with 0',
    source: serving,
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
    name: 'v',
    key: 'v',
    type: 'int',
    default: '0',
    help: 'number for the log level verbosity',
    source: 'k8s.io/klog',
  },
];

const addressTypes: readonly NodeAddressType[] = [
  'Hostname',
  'InternalDNS',
  'InternalIP',
  'ExternalDNS',
  'ExternalIP',
];
const authorizationModes: readonly AuthorizationMode[] = ['AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC'];

/** Throws MidplaneError USAGE for a bad flag or value, CONFIG_INVALID for flags that contradict each other. */
export function parseApiserverFlags(argv: readonly string[]): ApiserverFlags {
  const values = readValues(argv);
  const text = (key: keyof ApiserverFlags): string => values.get(key) ?? '';
  const flags: ApiserverFlags = {
    advertiseAddress: text('advertiseAddress'),
    anonymousAuth: text('anonymousAuth') === 'true',
    authorizationMode: readModes(text('authorizationMode')),
    bindAddress: text('bindAddress'),
    clientCaFile: text('clientCaFile'),
    kubeletCertificateAuthority: text('kubeletCertificateAuthority'),
    kubeletClientCertificate: text('kubeletClientCertificate'),
    kubeletClientKey: text('kubeletClientKey'),
    kubeletPort: Number(text('kubeletPort')),
    kubeletPreferredAddressTypes: readAddressTypes(text('kubeletPreferredAddressTypes')),
    kubeletTimeout: text('kubeletTimeout'),
    securePort: Number(text('securePort')),
    serviceClusterIpRange: text('serviceClusterIpRange'),
    tlsCertFile: text('tlsCertFile'),
    tlsPrivateKeyFile: text('tlsPrivateKeyFile'),
    v: Number(text('v')),
  };
  refuseContradictions(flags);
  return flags;
}

/** The text of `--help`: every flag with its type, default, meaning and upstream home. */
export function renderApiserverHelp(): string {
  const lines = ["Flags (kube-apiserver's names):", ''];
  for (const row of apiserverFlagTable) {
    const type = row.type === 'bool' ? '' : ` ${row.type}`;
    const fallback = row.default === '' ? '' : ` (default ${row.default})`;
    lines.push(`  --${row.name}${type}`, `        ${row.help}${fallback}`, `        upstream: ${row.source}`);
  }
  return `${lines.join('\n')}\n`;
}

function readValues(argv: readonly string[]): Map<keyof ApiserverFlags, string> {
  const values = new Map<keyof ApiserverFlags, string>();
  for (const row of apiserverFlagTable) values.set(row.key, row.default);
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
      const all = [...(repeated.get(row.key) ?? []), checked];
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
  const near = nearest(
    name,
    apiserverFlagTable.map((candidate) => candidate.name),
  );
  throw usage(
    `unknown flag: --${name}`,
    near === null
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

function hintOf(word: string, known: readonly string[], flag: string): string {
  const near = nearest(word, known);
  const all = `${flag} takes ${known.join(', ')}`;
  return near === null ? all : `did you mean ${near}? ${all}`;
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

/** The known word with the fewest edits, if that is close enough to be a slip of the hand. */
function nearest(word: string, known: readonly string[]): string | null {
  let best: { word: string; distance: number } | null = null;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (best === null || distance < best.distance) best = { word: candidate, distance };
  }
  return best !== null && best.distance <= Math.max(2, Math.floor(word.length / 2)) ? best.word : null;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
