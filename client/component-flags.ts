import { isIP } from 'node:net';
import { MidplaneError } from '../error';
import { nearestNames } from '../nearest';

/** The command line of a component that is a client of the apiserver, as pflag reads it: a table of flags, and their values as text. */
export interface ComponentFlag {
  readonly name: string;
  readonly type: 'string' | 'strings' | 'int' | 'bool' | 'ip';
  readonly default: string;
  readonly help: string;
  /** Where upstream declares it. */
  readonly source: string;
}

/** Throws MidplaneError USAGE. `program` is upstream's name of it; of a flag that is given again the last value counts, and lists grow. */
export function parseComponentFlags(
  program: string,
  table: readonly ComponentFlag[],
  argv: readonly string[],
): ReadonlyMap<string, string> {
  const values = new Map(table.map((row) => [row.name, row.default]));
  const given = new Set<string>();
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const match = /^(?:--|-(?=v(?:$|=|\d)))(v(?=\d+$)|[^=]+)=?([\s\S]*)$/.exec(word);
    if (match === null) throw usage(`${program} does not take any arguments, got ${JSON.stringify(word)}`);
    const row = findRow(match[1] ?? '', table);
    const holdsValue = word.includes('=') || match[2] !== '';
    const value = holdsValue ? match[2] : row.type === 'bool' ? 'true' : rest.shift();
    if (value === undefined) throw usage(`flag needs an argument: --${row.name}`);
    const checked = checkValue(row, value);
    const before = row.type === 'strings' && given.has(row.name) ? `${values.get(row.name)},` : '';
    values.set(row.name, before + checked);
    given.add(row.name);
  }
  return values;
}

/** The text of `--help`. */
export function renderComponentHelp(program: string, table: readonly ComponentFlag[]): string {
  const lines = [`Flags (${program}'s names):`, ''];
  for (const row of table) {
    const dashes = row.name.length === 1 ? '-' : '--';
    const type = row.type === 'bool' ? '' : ` ${row.type}`;
    const fallback = row.default === '' ? '' : ` (default ${row.default})`;
    lines.push(
      `  ${dashes}${row.name}${type}`,
      `        ${row.help}${fallback}`,
      `        upstream: ${row.source}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function findRow(name: string, table: readonly ComponentFlag[]): ComponentFlag {
  const row = table.find((it) => it.name === name);
  if (row !== undefined) return row;
  const [near] = nearestNames(
    name,
    table.map((it) => it.name),
  );
  throw usage(
    `unknown flag: --${name}`,
    near === undefined ? undefined : `did you mean --${near}? See --help for all`,
  );
}

/** pflag's checks of one value, in its words; a bool comes back as true or false. */
function checkValue(row: ComponentFlag, value: string): string {
  const refuse = (why: string): MidplaneError =>
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
    case 'ip':
      if (isIP(value) === 0) throw refuse(`failed to parse IP: ${JSON.stringify(value)}`);
      return value;
  }
  return row.type satisfies never;
}

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

function usage(message: string, hint = 'see --help for the flags and their values'): MidplaneError {
  return new MidplaneError('USAGE', message, { hint });
}
