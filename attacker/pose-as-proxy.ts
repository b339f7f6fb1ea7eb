import type { Duplex } from 'node:stream';
import type { Connection } from '../network/network';
import { headEnd, parseRequestHead } from '../wire/http-head';
import { FIRST_BYTES_MS } from './limits';
import { peek } from './peek';
import type { SshdPose } from './pose-as-sshd';

const CONNECT = 'CONNECT ';

/**
 * Who was believed as a proxy server is told with CONNECT whom the victim really wants, and what follows is meant for that
 * one: so it takes that one's place too. False, and nothing taken from the stream, when the victim begins otherwise.
 */
export async function poseAsProxy(
  connection: Connection,
  clear: Duplex,
  { loot, note, onChannel }: Pick<SshdPose, 'loot' | 'note' | 'onChannel'>,
): Promise<boolean> {
  if ((await peek(clear, connectReader(), FIRST_BYTES_MS)) !== 'connect') return false;
  // All that was seen is back in the stream, and a client says no more before it is answered.
  const bytes = clear.read() as Buffer | null;
  const head = parseRequestHead((bytes ?? Buffer.alloc(0)).subarray(0, headEnd(bytes ?? Buffer.alloc(0))));
  const target = head.kind === 'malformed-head' ? null : /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(head.target);
  if (target === null) {
    clear.destroy();
    return true;
  }
  const [named, address = '', port] = target;
  loot.leadsElsewhere(connection.id);
  loot.keepTunnelTarget(named);
  note('tunnel-target-named', { target: named });
  clear.write('HTTP/1.1 200 Connection Established\r\n\r\n');
  onChannel({ ...connection, id: `${connection.id}/tunnel`, socket: clear }, { address, port: Number(port) });
  return true;
}

function connectReader(): (piece: Buffer) => 'connect' | 'other' | null {
  let seen: Buffer = Buffer.alloc(0);
  return (piece) => {
    seen = Buffer.concat([seen, piece]);
    const start = seen.toString('latin1', 0, CONNECT.length);
    if (!CONNECT.startsWith(start)) return 'other';
    return headEnd(seen) < 0 ? null : 'connect';
  };
}
