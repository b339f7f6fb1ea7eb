import { describe, expect, test } from '@jest/globals';
import { GenuineEndpoint } from './genuine';
import { OpenSockets } from './open-sockets';
import { KUBELET, startSegment } from './testing-segment';

describe('the genuine endpoint', () => {
  test('is reached on a connection of its own by everybody who asks, though one was dialled ahead', async () => {
    await using segment = await startSegment();
    await segment.node.listen(KUBELET, () => undefined);
    const held = new OpenSockets();
    const genuine = new GenuineEndpoint(segment.attackerHost, KUBELET, held);
    genuine.dialAhead();
    const speech = { kind: 'plaintext' } as const;
    const reached = await Promise.all([1, 2, 3].map(() => genuine.reach(speech)));
    const sockets = reached.flatMap((it) => (it.kind === 'refusal' ? [] : [it.socket]));
    expect(new Set(sockets).size).toBe(3);
    await held.close();
  });
});
