import { describe, expect, test } from '@jest/globals';
import { Fabric } from '../network/fabric';
import { composeTunnel } from './compose-tunnels';
import type { OngoingAttack } from './lab-under-test';
import { onNewTunnels, requireTunnel } from './remote-tunnels';

describe('a tunnel of the lab in containers', () => {
  test('is refused with the profile that starts it, until everything that it needs listens', async () => {
    await using fabric = new Fabric();
    const workstation = fabric.addHost({ name: 'workstation', addresses: ['10.78.1.5/8'] });
    const needs = composeTunnel('ssh-tunnel')?.needs ?? [];
    for (const { address, port } of needs) {
      await expect(requireTunnel(workstation, 'ssh-tunnel')).rejects.toMatchObject({
        code: 'USAGE',
        message: `defence "ssh-tunnel" needs the profile tunnels: nobody listens at ${address}:${port}`,
      });
      const host = fabric.addHost({ name: address, addresses: [`${address}/8`] });
      await host.listen({ address, port }, ({ socket }) => socket.destroy());
    }
    await requireTunnel(workstation, 'ssh-tunnel');
    await requireTunnel(workstation, 'kubelet-ca');
  });

  test('is dialled anew when the attacker has come and when it has gone, once each', async () => {
    const story: string[] = [];
    const attack = {
      withdraw: async () => {
        story.push('gone');
        return { connections: 1 };
      },
    } as unknown as OngoingAttack;
    const onTunnels = await onNewTunnels(attack, async () => void story.push('dialled anew'));
    story.push('the client acts');
    const [one, other] = await Promise.all([onTunnels.withdraw(), onTunnels.withdraw()]);
    expect(one).toBe(other);
    expect(story).toEqual(['dialled anew', 'the client acts', 'gone', 'dialled anew']);
  });
});
