import { isIP } from 'node:net';
import type { Endpoint } from '../network/network';
import { type ComponentFlag, parseComponentFlags, renderComponentHelp, usage } from '../pflag';

/** `midplane sshd`: the node's end of SSH tunnels as a program of its own. */
export interface SshdFlags {
  readonly at: Endpoint;
  readonly user: string;
  readonly hostKeyFile: string;
  readonly authorizedKeysFile: string;
}

const PROGRAM = 'sshd';
const manual = (keyword: string): string => `none; sshd_config(5) has ${keyword}`;

const table: readonly ComponentFlag[] = [
  {
    name: 'address',
    type: 'ip',
    default: '127.0.0.1',
    help: 'address to listen on; the apiserver dials the one in the status of the Node',
    source: manual('ListenAddress'),
  },
  {
    name: 'authorized-keys-file',
    type: 'string',
    default: '',
    help: "public keys that the user may come in with: the .pub file beside the apiserver's --ssh-keyfile",
    source: manual('AuthorizedKeysFile'),
  },
  {
    name: 'host-key-file',
    type: 'string',
    default: '',
    help: 'private key of this host; a P-256 pair is made there when <file>.pub does not exist',
    source: manual('HostKey'),
  },
  {
    name: 'port',
    type: 'int',
    default: '22',
    help: 'port to listen on; the apiserver dials 22 and no other',
    source: manual('Port'),
  },
  {
    name: 'user',
    type: 'string',
    default: '',
    help: "the only user who may come in, and all he can have is connections to elsewhere: the apiserver's --ssh-user",
    source: manual('AllowUsers'),
  },
];

/** Throws MidplaneError USAGE. */
export function parseSshdFlags(argv: readonly string[]): SshdFlags {
  const values = parseComponentFlags(PROGRAM, table, argv);
  const text = (name: string): string => values.get(name) ?? '';
  for (const name of ['user', 'host-key-file', 'authorized-keys-file']) {
    if (text(name) === '') throw usage(`sshd needs --${name}`, 'midplane sshd --help says what each is for');
  }
  const port = Number(text('port'));
  if (port < 1 || port > 65535) throw usage(`--port ${port} must be between 1 and 65535, inclusive`);
  const address = text('address');
  if (isIP(address) === 0) throw usage(`--address ${JSON.stringify(address)} is not an IP address`);
  return {
    at: { address, port },
    user: text('user'),
    hostKeyFile: text('host-key-file'),
    authorizedKeysFile: text('authorized-keys-file'),
  };
}

export function renderSshdHelp(): string {
  return renderComponentHelp(PROGRAM, table);
}
