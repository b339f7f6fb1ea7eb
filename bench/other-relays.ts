import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { KeyPair } from '../wire/pem';

/** Relays that other people made, to measure beside; null where they are not installed. */
export interface OtherRelay {
  readonly version: string;
  readonly port: number;
  readonly child: ChildProcess;
}

/** HAProxy as a TLS bridge: ends TLS on both sides, in one thread like ours, and resumes no session on either. */
export async function startHaproxy(keyPair: KeyPair, upstreamPort: number): Promise<OtherRelay | null> {
  const version = await firstLine('haproxy', ['-v']);
  if (version === null) return null;
  const folder = await mkdtemp(join(tmpdir(), 'midplane-bench-'));
  const pem = join(folder, 'served.pem');
  await writeFile(pem, `${keyPair.certPem}\n${keyPair.keyPem}`);
  const port = await freePort();
  const config = join(folder, 'haproxy.cfg');
  await writeFile(
    config,
    `global
  nbthread 1
  tune.ssl.cachesize 0
  ssl-default-bind-options no-tls-tickets
defaults
  mode tcp
  timeout connect 10s
  timeout client 60s
  timeout server 60s
listen bridge
  bind 127.0.0.1:${port} ssl crt ${pem}
  server genuine 127.0.0.1:${upstreamPort} ssl verify none no-ssl-reuse
`,
  );
  return started(version, port, spawn('haproxy', ['-db', '-q', '-f', config], { stdio: 'ignore' }));
}

/** mitmproxy in front of one server, with nothing to show and nothing to change. */
export async function startMitmproxy(upstreamPort: number): Promise<OtherRelay | null> {
  const version = await firstLine('mitmdump', ['--version']);
  if (version === null) return null;
  const folder = await mkdtemp(join(tmpdir(), 'midplane-bench-'));
  const port = await freePort();
  const options = ['--mode', `reverse:https://127.0.0.1:${upstreamPort}`, '--listen-host', '127.0.0.1'];
  const settings = [`confdir=${folder}`, 'flow_detail=0', 'stream_large_bodies=1m'].flatMap((it) => [
    '--set',
    it,
  ]);
  const child = spawn('mitmdump', ['-q', ...options, '-p', `${port}`, '--ssl-insecure', ...settings], {
    stdio: 'ignore',
  });
  return started(version, port, child);
}

async function started(version: string, port: number, child: ChildProcess): Promise<OtherRelay> {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect({ host: '127.0.0.1', port });
    const opened = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (opened) return { version, port, child };
    if (child.exitCode !== null) break;
    await pause(100);
  }
  child.kill();
  throw new Error(`${version} does not listen on port ${port}`);
}

async function firstLine(program: string, args: string[]): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(program, args);
    return stdout.split('\n')[0] ?? '';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
