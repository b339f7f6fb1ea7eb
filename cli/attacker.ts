import type { Logger } from 'pino';
import { Attacker } from '../attacker/attacker';
import { type ControlServer, startControlServer } from '../attacker/control-server';
import { isIpv4 } from '../attacker/nft-rules';
import { alreadyOnPath } from '../attacker/position';
import { openRouterHost, type RouterKernel } from '../attacker/router-host';
import { aborted } from '../client/aborted';
import { MidplaneError } from '../error';
import { nearestNames } from '../nearest';
import { joinHostPort } from '../network/network';
import { Timeline, type TimelineEvent } from '../network/timeline';
import { componentLog } from './component-log';
import { readNamedFile } from './read-named-file';
import { exitCodes, type Terminal } from './terminal';

/**
 * `midplane attacker`: a router between two networks that forwards honestly until it is ordered to attack. Runs until it
 * is told to stop. Throws MidplaneError for whatever is wrong with flags, files or the machine.
 *
 * @param kernel for tests: what the router needs of the machine
 */
export async function runAttacker(
  argv: readonly string[],
  terminal: Terminal,
  kernel?: RouterKernel,
): Promise<number> {
  if (argv.some((word) => word === '--help' || word === '-h')) {
    terminal.write(help());
    return exitCodes.ok;
  }
  const flags = parseAttackerFlags(argv);
  const token = await readToken(flags.controlTokenFile);
  const log = componentLog(terminal).child({ component: 'attacker' });
  const timeline = new Timeline();
  timeline.subscribe((event) => logEvent(log, event));
  const { insideAddress: inside, outsideAddress: outside, spoof } = flags;
  const router = await openRouterHost({
    name: 'attacker',
    inside,
    outside,
    spoof,
    timeline,
    ...(kernel === undefined ? {} : { kernel }),
  });
  // Not `await using`: what a failing kernel says at the end must come out as it is, not wrapped in a SuppressedError.
  const position = alreadyOnPath(
    spoof === null
      ? `attacker is the router between ${inside} and ${outside}`
      : `by forged ARP, ${spoof[0]} and ${spoof[1]} take attacker for each other`,
  );
  try {
    const control = await startControlServer({
      host: router,
      at: { address: flags.controlAddress, port: flags.controlPort },
      token,
      attacker: new Attacker({ host: router }),
      prepare: async () => ({ position }),
      log,
    });
    try {
      log.info(
        {
          at: joinHostPort(control.at.address, control.at.port),
          inside,
          outside,
          ...(spoof === null ? {} : { spoof }),
        },
        'serving',
      );
      await stoppedOrStuck(terminal.signal, control, router.lost);
    } finally {
      await control.close();
    }
  } finally {
    await router.close();
  }
  return exitCodes.ok;
}

/** Throws when an attack could not be withdrawn, or the path is lost: only starting anew makes it trustworthy again. */
function stoppedOrStuck(
  signal: AbortSignal,
  control: ControlServer,
  lost: Promise<MidplaneError>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    void aborted(signal).then(resolve);
    void control.stuck.then(reject);
    void lost.then(reject);
  });
}

export interface AttackerFlags {
  readonly controlAddress: string;
  readonly controlPort: number;
  readonly controlTokenFile: string;
  /** With its prefix length. */
  readonly insideAddress: string;
  readonly outsideAddress: string;
  /** Two neighbours that are to take this machine for each other; null for a router, which needs no untruth. */
  readonly spoof: readonly [string, string] | null;
}

const FLAGS: ReadonlyMap<string, string> = new Map([
  ['control-address', 'where orders are taken (default: the address of --inside-address)'],
  ['control-port', 'the port for orders; 0 takes any free one (default: 7000)'],
  ['control-token-file', 'the file with the bearer token that whoever orders attacks must show'],
  ['inside-address', "this machine's address as gateway of the victims' network, like 10.78.1.2/24"],
  ['outside-address', "this machine's address as gateway of the targets' network, like 10.78.2.2/24"],
  [
    'spoof',
    'two neighbours that forged ARP makes take this machine for each other, like 10.78.1.10=10.78.1.2',
  ],
]);

/** Throws MidplaneError USAGE. */
export function parseAttackerFlags(argv: readonly string[]): AttackerFlags {
  const given = readFlags(argv);
  const insideAddress = prefixed('inside-address', needed(given, 'inside-address'));
  const pair = given.get('spoof');
  const spoof = pair === undefined ? null : neighbours(pair);
  // On one segment there is one side only.
  const outsideAddress =
    spoof === null || given.has('outside-address')
      ? prefixed('outside-address', needed(given, 'outside-address'))
      : insideAddress;
  const controlAddress = given.get('control-address') ?? insideAddress.split('/')[0] ?? '';
  if (!isIpv4(controlAddress)) throw invalid('control-address', controlAddress, 'an IPv4 address');
  return {
    controlAddress,
    controlPort: portNumber(given.get('control-port') ?? '7000'),
    controlTokenFile: needed(given, 'control-token-file'),
    insideAddress,
    outsideAddress,
    spoof,
  };
}

/** `--name=value` and `--name value`; the last one counts. */
function readFlags(argv: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(word);
    if (match === null) {
      throw new MidplaneError('USAGE', `unknown command "${word}" for "attacker"`, {
        hint: 'the attacker takes flags only, each beginning with --',
      });
    }
    const name = match[1] ?? '';
    if (!FLAGS.has(name)) throw unknownFlag(name);
    const value = match[2] ?? rest.shift();
    if (value === undefined) {
      throw new MidplaneError('USAGE', `flag needs an argument: --${name}`, {
        hint: `write --${name}=VALUE`,
      });
    }
    given.set(name, value);
  }
  return given;
}

function unknownFlag(name: string): MidplaneError {
  const [nearest] = nearestNames(name, [...FLAGS.keys()]);
  const known = [...FLAGS.keys()].map((flag) => `--${flag}`).join(' ');
  return new MidplaneError('USAGE', `unknown flag: --${name}`, {
    hint: nearest === undefined ? `known flags: ${known}` : `did you mean --${nearest}?`,
  });
}

function needed(given: ReadonlyMap<string, string>, name: string): string {
  const value = given.get(name);
  if (value !== undefined && value !== '') return value;
  throw new MidplaneError('USAGE', `required flag "--${name}" is not set`, {
    hint: `--${name}: ${FLAGS.get(name)}`,
  });
}

function prefixed(name: string, value: string): string {
  const [address = '', length = '', ...more] = value.split('/');
  if (isIpv4(address) && /^\d{1,2}$/.test(length) && Number(length) <= 32 && more.length === 0) return value;
  throw invalid(name, value, 'an IPv4 address with its prefix length, like 10.78.1.2/24');
}

function neighbours(value: string): readonly [string, string] {
  const [one = '', other = '', ...more] = value.split('=');
  if (isIpv4(one) && isIpv4(other) && one !== other && more.length === 0) return [one, other];
  throw invalid('spoof', value, 'two IPv4 addresses, like 10.78.1.10=10.78.1.2');
}

function portNumber(value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw invalid('control-port', value, 'a port from 0 to 65535');
}

function invalid(name: string, value: string, wanted: string): MidplaneError {
  return new MidplaneError('USAGE', `invalid argument "${value}" for "--${name}" flag`, {
    hint: `--${name} takes ${wanted}`,
  });
}

/** Short tokens are guessed, and an empty file would let everybody in who says nothing. */
const LEAST_TOKEN_CHARACTERS = 16;

async function readToken(file: string): Promise<string> {
  const token = (await readNamedFile(file)).trim();
  if (token.length >= LEAST_TOKEN_CHARACTERS && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new MidplaneError('CONFIG_INVALID', `"${file}" holds no control token`, {
    hint: `one line of at least ${LEAST_TOKEN_CHARACTERS} printable characters without blanks is needed`,
  });
}

/** What of a connection's story belongs into the log; single chunks of bytes do not. */
const TOLD: ReadonlyMap<string, string> = new Map([
  ['position-taken', 'position taken'],
  ['position-withdrawn', 'position withdrawn'],
  ['connection-intercepted', 'connection intercepted'],
  ['connection-refused', 'connection refused'],
  ['certificate-shown', 'certificate shown'],
  ['handshake-finished', 'handshake finished'],
  ['handshake-failed', 'handshake failed'],
  ['client-certificate-captured', 'client certificate captured'],
  ['request-captured', 'request captured'],
  ['answer-forged', 'answer forged'],
  ['relay-answered', 'relay answered'],
  ['relay-refused', 'relay refused'],
]);

function logEvent(log: Logger, { kind, connection, data }: TimelineEvent): void {
  const told = TOLD.get(kind);
  if (told !== undefined) log.info({ ...(connection === null ? {} : { connection }), ...data }, told);
}

function help(): string {
  const lines = [...FLAGS].map(([name, meaning]) => `  --${name.padEnd(20)}${meaning}\n`);
  return (
    'The attacker as a router between two networks (needs root and NET_ADMIN, net.ipv4.ip_forward=1, nft and ip).\n\n' +
    `Flags:\n${lines.join('')}\nExample:\n  midplane attacker --control-token-file /pki/control-token ` +
    '--inside-address 10.78.1.2/24 --outside-address 10.78.2.2/24\n  midplane attacker --control-token-file ' +
    '/pki/control-token --inside-address 10.78.1.66/24 --spoof 10.78.1.10=10.78.1.2\n'
  );
}
