import { describe, expect, test } from '@jest/globals';
import { Fabric } from '../network/fabric';
import { name, neighbour, route, together } from './position';

function segment(fabric: Fabric) {
  const victim = fabric.addHost({ name: 'control-plane', addresses: ['10.0.0.10/24'] });
  const attacker = fabric.addHost({ name: 'attacker', addresses: ['10.0.0.66/24'] });
  victim.routes.add({ to: '10.244.1.0/24', via: '10.0.0.11' });
  victim.names.set('node-1', '10.0.0.11');
  const state = () => ({
    neighbours: victim.neighbours.entries(),
    routes: victim.routes.entries(),
    names: [...victim.names],
  });
  return { victim, attacker, state };
}

describe('a position', () => {
  test('by neighbour takes the next hop towards the target, and gives it back', async () => {
    await using fabric = new Fabric();
    const { victim, attacker, state } = segment(fabric);
    const before = state();
    const position = neighbour(victim, attacker, '10.244.1.5');
    expect(position.describe()).toBe('on control-plane, the neighbour entry for 10.0.0.11 names attacker');
    const undo = position.take();
    expect(victim.neighbours.get('10.0.0.11')).toBe('attacker');
    undo();
    expect(state()).toEqual(before);
  });

  test('by route takes the target alone, and gives it back', async () => {
    await using fabric = new Fabric();
    const { victim, attacker, state } = segment(fabric);
    const before = state();
    const undo = route(victim, attacker, '10.244.1.5').take();
    expect(victim.routes.lookup('10.244.1.5')?.via).toBe('10.0.0.66');
    expect(victim.routes.lookup('10.244.1.6')?.via).toBe('10.0.0.11');
    undo();
    expect(state()).toEqual(before);
  });

  test('by name takes what the resolver says, and gives back what it said before', async () => {
    await using fabric = new Fabric();
    const { victim, attacker, state } = segment(fabric);
    const before = state();
    const position = name(victim, attacker, 'node-1');
    expect(position).toMatchObject({ arrival: 'addressed', takenName: 'node-1' });
    const undo = position.take();
    await expect(victim.resolve('node-1')).resolves.toEqual(['10.0.0.66']);
    undo();
    expect(state()).toEqual(before);
  });

  test('is given back only once, even when it was taken again meanwhile', async () => {
    await using fabric = new Fabric();
    const { victim, attacker } = segment(fabric);
    const position = neighbour(victim, attacker, '10.0.0.11');
    const first = position.take();
    first();
    position.take();
    first();
    expect(victim.neighbours.get('10.0.0.11')).toBe('attacker');
  });

  test('made of several is given back in reverse order', async () => {
    await using fabric = new Fabric();
    const { victim, attacker, state } = segment(fabric);
    const before = state();
    const undo = together([
      neighbour(victim, attacker, '10.0.0.11'),
      neighbour(victim, attacker, '10.244.1.5'),
    ]).take();
    expect(victim.neighbours.get('10.0.0.11')).toBe('attacker');
    undo();
    expect(state()).toEqual(before);
  });

  test('cannot be made of parts that bring the traffic in different ways', async () => {
    await using fabric = new Fabric();
    const { victim, attacker } = segment(fabric);
    const parts = [neighbour(victim, attacker, '10.0.0.11'), name(victim, attacker, 'node-1')];
    expect(() => together(parts)).toThrow(RangeError);
  });
});
