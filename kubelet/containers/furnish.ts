import type { Container, Pod } from '../../api/objects';
import { podDns, resolvConf } from '../pod-dns';
import { installPrograms } from './commands';
import type { FileSystem, Mount } from './file-system';
import { type Heard, heardDevice } from './heard';
import type { MainProcess } from './main-process';
import { NOTHING, type Sink } from './pipe';
import { addProcFiles } from './proc-files';
import type { ContainerView } from './process';

/** What the runtime and the image put into a container before its first process starts. */
export interface Furnishing {
  readonly pod: Pod;
  readonly spec: Container;
  readonly address: string;
  readonly mounts?: readonly Mount[];
  readonly main: MainProcess;
  readonly heard: Heard;
  /** The content of /etc/os-release. */
  readonly release: string;
  readonly view: () => ContainerView;
}

const HEARD_FILE = '/run/midplane/heard';
const ACCOUNTS: readonly (readonly [name: string, id: number, home: string, shell: string])[] = [
  ['root', 0, '/root', '/bin/sh'],
  ['daemon', 1, '/usr/sbin', '/bin/false'],
  ['bin', 2, '/bin', '/bin/false'],
  ['www-data', 33, '/var/www', '/bin/false'],
  ['nobody', 65534, '/home', '/bin/false'],
];

export function furnish(
  files: FileSystem,
  { pod, spec, address, mounts = [], main, heard, release, view }: Furnishing,
): void {
  const name = pod.metadata.name;
  installPrograms(files);
  const write = (path: string, text: string): void => void files.write(path, Buffer.from(text));
  write('/etc/hostname', `${name}\n`);
  write('/etc/hosts', `127.0.0.1\tlocalhost\n${address}\t${name}\n`);
  write('/etc/resolv.conf', resolvConf(podDns(pod)));
  write('/etc/os-release', release);
  write(
    '/etc/passwd',
    ACCOUNTS.map(([user, id, home, shell]) => `${user}:x:${id}:${id}:${user}:${home}:${shell}\n`).join(''),
  );
  write('/etc/group', ACCOUNTS.map(([user, id]) => `${user}:x:${id}:\n`).join(''));
  files.chmod('/root', 0o700);
  addProcFiles(files, view);
  for (const mount of mounts) files.mount(mount);
  files.addDevice(HEARD_FILE, heardDevice(heard));
  files.addDevice('/proc/1/fd/1', { source: () => NOTHING, sink: () => borrowed(main.stdout) });
  files.addDevice('/proc/1/fd/2', { source: () => NOTHING, sink: () => borrowed(main.stderr) });
  const { securityContext } = spec as Container & { securityContext?: { readOnlyRootFilesystem?: boolean } };
  if (securityContext?.readOnlyRootFilesystem === true) files.makeReadOnly();
}

/** The main process's stream, lent to somebody whose end is not its end. */
function borrowed(sink: Sink): Sink {
  return { write: (bytes, signal) => sink.write(bytes, signal), end: () => undefined };
}
