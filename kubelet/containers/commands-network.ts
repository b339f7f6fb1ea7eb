import { readOptions } from './options';
import { Pipe } from './pipe';
import { type Command, complain, print } from './process';

/** Commands that ask the lab's network, over the pod's own Host. */

/** nc HOST PORT, and -z to see whether somebody listens; -w waits so many seconds. */
export const nc: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'zvn', values: 'w' });
  const [host, port] = options.kind === 'options' ? options.words : [];
  if (options.kind === 'refused' || host === undefined || port === undefined) {
    await complain(self, `nc: ${options.kind === 'refused' ? options.text : 'missing operand'}`);
    return 1;
  }
  const timeoutMs = Number(options.value('w') ?? 10) * 1000;
  const connection = await self.container.network.dial(
    { host, port: Number(port) },
    { timeoutMs, signal: self.signal },
  );
  if (connection.kind === 'refusal') {
    if (connection.code === 'NAME_NOT_FOUND') await complain(self, `nc: bad address '${host}'`);
    else
      await complain(
        self,
        `nc: ${host} (${host}:${port}): ${connection.code === 'TIMED_OUT' ? 'Operation timed out' : 'Connection refused'}`,
      );
    return 1;
  }
  const { socket } = connection;
  if (options.has('v') || options.has('z'))
    await (options.has('v') ? complain(self, `${host} (${connection.remote.address}:${port}) open`) : null);
  if (options.has('z')) {
    socket.destroy();
    return 0;
  }
  const received = new Pipe();
  socket.on('error', () => received.end());
  socket.on('close', () => received.end());
  socket.on('end', () => received.end());
  socket.on('data', (bytes: Buffer) => {
    socket.pause();
    void received.write(bytes, self.signal).then(() => socket.resume());
  });
  const send = async (): Promise<void> => {
    for (
      let bytes = await self.stdin.read(self.signal);
      bytes !== null;
      bytes = await self.stdin.read(self.signal)
    ) {
      if (!socket.writable) return;
      await new Promise<void>((resolve) => {
        socket.write(bytes, () => resolve());
      });
    }
    socket.end();
  };
  void send();
  for (
    let bytes = await received.read(self.signal);
    bytes !== null;
    bytes = await received.read(self.signal)
  ) {
    if (!(await print(self, bytes))) break;
  }
  socket.destroy();
  return 0;
};

export const nslookup: Command = async (self) => {
  const name = self.argv.slice(1).find((it) => !it.startsWith('-')) ?? '';
  const found = await self.container.network.resolve(name);
  if ('kind' in found) {
    await print(self, `** server can't find ${name}: NXDOMAIN\n`);
    return 1;
  }
  await print(self, `Name:\t${name}\n${found.map((it) => `Address: ${it}\n`).join('')}`);
  return 0;
};

export const getent: Command = async (self) => {
  const [, database, name = ''] = self.argv;
  if (database !== 'hosts' && database !== 'ahosts') {
    await complain(self, `getent: unknown database: ${database ?? ''}`);
    return 1;
  }
  const found = await self.container.network.resolve(name);
  if ('kind' in found) return 2;
  for (const address of found) await print(self, `${address.padEnd(15)} ${name}\n`);
  return 0;
};

/** There are no raw sockets in the lab's network. */
export const ping: Command = async (self) => {
  await complain(self, 'ping: permission denied (are you root?)');
  return 1;
};
