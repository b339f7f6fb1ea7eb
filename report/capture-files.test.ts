import { describe, expect, test } from '@jest/globals';
import { attackerCapture, legCaptures } from './capture-files';
import type { RecordedConnection, WireRecording } from './wire-recording';

const end = (last: number, port: number) => ({
  hardwareAddress: `02:42:0a:00:00:0${last}`,
  address: `10.0.0.${last}`,
  port,
});

function connection(id: string, deliveredTo: string, atAttacker: boolean): RecordedConnection {
  return {
    wire: {
      id,
      from: 'control-plane',
      through: [],
      deliveredTo,
      dialler: end(1, 4000),
      listener: end(2, 10_250),
    },
    atAttacker,
    during: 'under attack',
    steps: [
      { at: 1, kind: 'opened' },
      { at: 2, kind: 'bytes', direction: 'up', bytes: Buffer.from(`hello of ${id}`) },
      { at: 3, kind: 'ended', direction: 'up' },
    ],
  };
}

const recording: WireRecording = {
  beganAt: 1_700_000_000_000,
  connections: [connection('c1', 'node-1', false), connection('c2', 'attacker', true)],
  keys: [
    { host: 'control-plane', connection: 'c1', line: 'SECRET c1 a' },
    { host: 'node-1', connection: 'c1', line: 'SECRET c1 a' },
    { host: 'control-plane', connection: 'c2', line: 'SECRET c2 of the victim' },
    { host: 'attacker', connection: 'c2', line: 'SECRET c2 of the attacker' },
  ],
  names: [{ address: '10.0.0.2', name: 'node-1' }],
  dropped: { connections: 0, bytes: 0 },
};

describe('captures', () => {
  test('are one a leg, named after who dialled and who was reached', () => {
    expect(legCaptures(recording, 'midplane').map(({ name }) => name)).toEqual([
      'control-plane-to-node-1-10250.pcapng',
      'control-plane-to-attacker-10250.pcapng',
    ]);
  });

  test('bear each key of both ends once, before the first packet', () => {
    const [first] = legCaptures(recording, 'midplane');
    const text = first?.content.toString('latin1') ?? '';
    expect(text.split('SECRET c1 a')).toHaveLength(2);
    expect(text.indexOf('SECRET c1 a')).toBeLessThan(text.indexOf('hello of c1'));
    expect(text).not.toContain('c2');
  });

  test('of the attacker are what came to it, with the keys that it had and no others', () => {
    const text = attackerCapture(recording, 'midplane')?.content.toString('latin1') ?? '';
    expect(text).toContain('hello of c2');
    expect(text).toContain('SECRET c2 of the attacker');
    expect(text).not.toContain('SECRET c2 of the victim');
    expect(text).not.toContain('hello of c1');
  });

  test('of the attacker are none where nothing came to it', () => {
    expect(
      attackerCapture({ ...recording, connections: [connection('c1', 'node-1', false)] }, 'x'),
    ).toBeNull();
  });

  test('say that the keys are the lab’s, and what there was no room for', () => {
    const [file] = legCaptures({ ...recording, dropped: { connections: 3, bytes: 99 } }, 'midplane');
    expect(file?.content.toString('utf8')).toContain('made for this lab');
    expect(file?.content.toString('utf8')).toContain('3 connections and 99 bytes');
  });
});
