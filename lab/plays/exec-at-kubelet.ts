import { ApiserverLink } from '../../client/apiserver-link';
import { openWebSocket } from '../../client/web-socket';
import type { Host } from '../../network/network';
import { CHANNEL, decodeChannel } from '../../wire/channel';
import { ports } from '../addresses';

const PROTOCOL = 'v4.channel.k8s.io';

/** What the command wrote to stdout, or the words of whoever did not let it run. */
export interface Executed {
  readonly ok: boolean;
  readonly text: string;
}

/** `websocat wss://NODE:10250/exec/…`: the upgrade of a GET, at the kubelet itself, by whoever has a token. */
export async function execAtKubelet(
  from: Host,
  node: string,
  { path, token, signal }: { readonly path: string; readonly token: string; readonly signal: AbortSignal },
): Promise<Executed> {
  const server = { host: node, port: ports.kubelet };
  const link = new ApiserverLink({ from, server, trust: { kind: 'verify-nobody' }, token });
  try {
    const opened = await openWebSocket(link, { path, protocol: PROTOCOL, signal });
    if (opened.kind === 'answer') {
      return { ok: false, text: `${opened.status} ${opened.body.toString('utf8').trim()}` };
    }
    if (opened.kind !== 'open') return { ok: false, text: opened.text };
    const { socket } = opened;
    const written: Buffer[] = [];
    await new Promise<void>((resolve) => {
      socket.on('message', (data, binary) => {
        const message = decodeChannel(PROTOCOL, data as Buffer, binary);
        if (message.kind === 'data' && message.channel === CHANNEL.stdout) written.push(message.bytes);
      });
      socket.on('close', () => resolve());
      socket.resume();
    });
    return { ok: true, text: Buffer.concat(written).toString('utf8').trim() };
  } finally {
    link.close();
  }
}
