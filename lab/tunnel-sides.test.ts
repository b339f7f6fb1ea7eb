import { describe, expect, test } from '@jest/globals';
import { LootBag } from '../attacker/loot';
import type { LootReport } from '../attacker/loot-report';
import { addresses, webPodAddress } from './addresses';
import { attemptsOf, joinLoot, type TunnelLegs, tunnelLegs } from './tunnel-sides';

const legs: TunnelLegs = {
  'control-plane': [{ victim: 'control-plane', target: { address: '10.0.0.30', port: 8090 } }],
  node: [{ victim: 'node-2', target: null }],
};

function attempts(side: 'control-plane' | 'node' | 'both'): string[][] {
  return attemptsOf(legs, side, { address: '10.0.0.11', port: 10250 }).map((attempt) =>
    attempt.map(({ victim }) => victim),
  );
}

describe('the sides of a tunnel', () => {
  test('are attacked one by one by who stands on one of them', () => {
    expect(attempts('control-plane')).toEqual([['control-plane']]);
    expect(attempts('node')).toEqual([['node-2']]);
  });

  test('are attacked by who stands on both with the tunnel let be, and then together', () => {
    expect(attempts('both')).toEqual([['node-2'], ['control-plane', 'node-2']]);
  });
});

describe('tunnels to every machine', () => {
  const ssh = tunnelLegs('ssh-tunnel') ?? { 'control-plane': [], node: [] };
  const attempted = (side: 'control-plane' | 'node' | 'both', address: string): string[][] =>
    attemptsOf(ssh, side, { address, port: 10250 }).map((attempt) =>
      attempt.map(({ victim, target }) => `${victim} towards ${target?.address ?? 'the target'}`),
    );

  test('leave no network on the side of the nodes for what is for the machine where the tunnel ends', () => {
    expect(attempted('node', addresses.node1)).toEqual([]);
    expect(attempted('node', webPodAddress)).toEqual([['node-2 towards the target']]);
  });

  test('are broken one at a time by who waits on the way that is taken then', () => {
    expect(attempted('both', addresses.node1)).toEqual([
      [`control-plane towards ${addresses.node1}`, 'node-2 towards the target'],
    ]);
  });
});

const watched = { completed: true, version: 'TLSv1.3', alert: null, clientCertificate: null };
const refused = { completed: false, version: 'TLSv1.3', alert: 'bad_certificate', clientCertificate: null };

describe('the loot of several positions', () => {
  test('is one attacker’s', () => {
    const joined = joinLoot([
      report({ connections: 1, wireUp: Buffer.from('ciphertext'), handshakes: [watched] }),
      report({
        connections: 2,
        clearDown: Buffer.from('the secret'),
        quotes: ['GET /logs'],
        handshakes: [refused],
      }),
    ]);
    expect(joined).toMatchObject({ connections: 3, quotes: ['GET /logs'], handshakes: [watched, refused] });
    expect([joined.wireUp.toString(), joined.clearDown.toString()]).toEqual(['ciphertext', 'the secret']);
  });
});

function report(some: Partial<LootReport>): LootReport {
  const none = Buffer.alloc(0);
  return {
    connections: 0,
    clearUp: none,
    clearDown: none,
    wireUp: none,
    wireDown: none,
    requests: 0,
    handshakes: [],
    genuineAnswers: [],
    bearerTokens: 0,
    replays: [],
    resent: [],
    redirects: [],
    transcript: { entries: [], dropped: { entries: 0, bytes: 0 } },
    hostKeys: [],
    tunnelTargets: [],
    dropped: new LootBag().dropped,
    quotes: [],
    ...some,
  };
}
