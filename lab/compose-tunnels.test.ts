import { describe, expect, test } from '@jest/globals';
import { defencesRun, type Side } from '../scenarios/vocabulary';
import { composeSettings } from './compose-settings';
import { composeTunnel, neighbourBetween, orderAtTunnels } from './compose-tunnels';
import type { RemoteLab } from './remote-lab';
import { planMatrix } from './run-matrix';
import { attemptsOf, tunnelLegs } from './tunnel-sides';

const remote = {
  place: 'route',
  placeUnder: (defence) => composeTunnel(defence)?.position ?? 'route',
} as RemoteLab;

describe('the tunnels of the lab in containers', () => {
  test('are those of the embedded one', () => {
    const tunnelled = defencesRun.filter((defence) => tunnelLegs(defence) !== null);
    expect(defencesRun.filter((defence) => composeTunnel(defence) !== null)).toEqual(tunnelled);
    expect(tunnelled.filter((defence) => composeSettings(defence) === null)).toEqual([]);
  });

  test.each(defencesRun.filter((defence) => composeTunnel(defence) !== null))(
    '%s: whoever stands on a side that can be taken has something to attack, on none other',
    (defence) => {
      const tunnel = composeTunnel(defence);
      for (const side of ['control-plane', 'node'] as const)
        expect(tunnel?.legs[side].length === 0).toBe(!tunnel?.sides.includes(side));
    },
  );

  test('an sshd is taken together with the other one, for what the path leads to and nothing else', () => {
    const [one, other] = ['10.78.2.11', '10.78.2.12'].map((address) => ({ address, port: 22 }));
    const kubelet = { address: '10.78.2.11', port: 10250 };
    if (one === undefined) throw new RangeError();
    expect(orderAtTunnels(one, kubelet)).toEqual({ also: [other], channelsTo: kubelet });
    expect(orderAtTunnels(kubelet, kubelet)).toBeNull();
  });

  test.each([
    ['ssh-tunnel', 'control-plane', ['control-plane → 10.78.2.11:22 by null']],
    ['konnectivity', 'control-plane', ['control-plane → 10.78.1.30:8090 by control-plane']],
    ['konnectivity', 'node', ['node-2 → 10.78.2.11:10250 by node']],
  ] as const)('%s from the side %s is attacked at %j', (defence, side, expected) => {
    const kubelet = { address: '10.78.2.11', port: 10250 };
    const legs = composeTunnel(defence)?.legs;
    const attempts = legs === undefined ? [] : attemptsOf(legs, side, kubelet);
    expect(
      attempts.flat().map(({ victim, target }) => {
        const { address, port } = target ?? kubelet;
        return `${victim} → ${address}:${port} by ${neighbourBetween(victim, target ?? kubelet)}`;
      }),
    ).toEqual(expected);
  });
});

describe('a matrix of the lab in containers', () => {
  test('takes each tunnel from where the attacker of it is', () => {
    const labs = planMatrix({ paths: ['logs'], defences: ['none', 'ssh-tunnel', 'konnectivity'], remote });
    expect(labs.map(({ cells }) => cells[0]?.position)).toEqual(['route', 'route', 'arp']);
  });

  test.each([
    ['ssh-tunnel', 'node', 'side "node" of ssh-tunnel cannot be taken in the lab in containers'],
    ['ssh-tunnel', 'both', 'side "both" of ssh-tunnel cannot be taken in the lab in containers'],
  ] as const)('refuses %s from the side %s', (defence, side: Side, words) => {
    expect(() => planMatrix({ paths: ['logs'], defences: [defence], side, remote })).toThrow(words);
    expect(() => planMatrix({ paths: ['logs'], defences: [defence], side })).not.toThrow();
  });

  test('refuses the router where it is on no leg of the tunnel', () => {
    const asked = { paths: ['logs'], defences: ['konnectivity'], positions: ['route'], remote } as const;
    expect(() => planMatrix(asked)).toThrow('position "route" under konnectivity does not exist');
  });
});
