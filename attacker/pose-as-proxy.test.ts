import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { Connection, Endpoint } from '../network/network';
import { LootBag } from './loot';
import { poseAsProxy } from './pose-as-proxy';

const at = { address: '10.0.0.30', port: 8090 };

async function met(first: string) {
  const toProxy = new PassThrough();
  const connection: Connection = {
    kind: 'connection',
    id: 'c1',
    socket: toProxy,
    local: at,
    remote: at,
    originalDestination: at,
  };
  const loot = new LootBag();
  loot.keepHandshake({
    connection: 'c1',
    completed: true,
    version: 'TLSv1.3',
    alert: null,
    serverName: null,
    clientCertificateAsked: true,
    clientCertificate: null,
  });
  const channels: Endpoint[] = [];
  // In two pieces: a head may come like that.
  toProxy.write(first.slice(0, 11));
  toProxy.write(first.slice(11));
  const posed = await poseAsProxy(connection, toProxy, {
    loot,
    note: () => undefined,
    onChannel: (_, to) => channels.push(to),
  });
  return { posed, loot, channels, said: String(toProxy.read() ?? ''), destroyed: toProxy.destroyed };
}

describe('an attacker that was believed as a proxy server', () => {
  test.each([
    ['10.0.0.11:10250', { address: '10.0.0.11', port: 10250 }],
    ['[fd00::11]:10250', { address: 'fd00::11', port: 10250 }],
  ])('is told whom the victim wants: %s', async (target, to) => {
    const { posed, loot, channels, said } = await met(
      `CONNECT ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
    );
    expect(posed).toBe(true);
    expect(channels).toEqual([to]);
    expect(said).toBe('HTTP/1.1 200 Connection Established\r\n\r\n');
    expect(loot.tunnelTargets).toEqual([target]);
    // With the proxy server the victim shook hands, and not with whom it wants.
    expect(loot.handshakes).toEqual([]);
  });

  test('leaves alone what begins otherwise', async () => {
    const { posed, loot, channels, said } = await met('GET /containerLogs HTTP/1.1\r\n\r\n');
    expect([posed, channels, loot.handshakes.length]).toEqual([false, [], 1]);
    expect(said).toBe('GET /containerLogs HTTP/1.1\r\n\r\n');
  });

  test('hangs up on who names nobody', async () => {
    const { channels, destroyed } = await met('CONNECT nowhere HTTP/1.1\r\n\r\n');
    expect([channels, destroyed]).toEqual([[], true]);
  });
});
