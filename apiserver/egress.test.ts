import { describe, expect, test } from '@jest/globals';
import { Fabric } from '../network/fabric';
import { hostThrough } from './egress';

describe('the egress of the apiserver', () => {
  test('is the machine itself when no tunnel was opened', () => {
    const host = new Fabric().addHost({ name: 'control-plane', addresses: ['10.0.0.10/24'] });
    expect(hostThrough(host, null)).toBe(host);
  });

  test('dials through the tunnel, and is the machine in everything else', async () => {
    await using fabric = new Fabric();
    const host = fabric.addHost({ name: 'control-plane', addresses: ['10.0.0.10/24'] });
    const asked: unknown[] = [];
    const refusal = { kind: 'refusal', code: 'NO_ROUTE', text: 'the tunnel is down', peer: null } as const;
    const through = hostThrough(host, {
      dial: async (to) => {
        asked.push(to);
        return refusal;
      },
      close: async () => undefined,
    });

    expect(await through.dial({ host: 'node-1', port: 10250 })).toBe(refusal);
    expect(asked).toEqual([{ host: 'node-1', port: 10250 }]);
    expect([through.name, through.addresses, through.timeline]).toEqual([
      host.name,
      host.addresses,
      host.timeline,
    ]);
    await using listener = await through.listen({ address: '10.0.0.10', port: 0 }, () => undefined);
    expect(listener.at.address).toBe('10.0.0.10');
  });
});
