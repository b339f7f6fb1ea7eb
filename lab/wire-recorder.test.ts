import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { Fabric } from '../network/fabric';
import { WireRecorder } from './wire-recorder';

async function twoMachines() {
  const fabric = new Fabric();
  const recorder = new WireRecorder(fabric);
  const a = fabric.addHost({ name: 'a', addresses: ['10.0.0.1/24'] });
  const b = fabric.addHost({ name: 'b', addresses: ['10.0.0.2/24'] });
  await b.listen({ address: '10.0.0.2', port: 80 }, ({ socket }) => {
    socket.pipe(socket);
  });
  const say = async (words: string): Promise<string> => {
    const dialled = await a.dial({ host: '10.0.0.2', port: 80 });
    if (dialled.kind === 'refusal') throw new Error(dialled.text);
    const { socket, id } = dialled;
    socket.write(words);
    await once(socket, 'data');
    socket.end();
    await once(socket, 'close');
    return id;
  };
  return { fabric, recorder, say };
}

describe('the recorder of a fabric', () => {
  test('writes down both directions and how they ended', async () => {
    const { fabric, recorder, say } = await twoMachines();
    await using _ = fabric;
    recorder.during('the test');
    await say('hello');
    const [connection] = recorder.read(() => false).connections;
    expect(connection).toMatchObject({ during: 'the test', atAttacker: false });
    expect(connection?.wire).toMatchObject({
      from: 'a',
      through: [],
      deliveredTo: 'b',
      dialler: { address: '10.0.0.1', hardwareAddress: '02:42:0a:00:00:01' },
      listener: { address: '10.0.0.2', port: 80, hardwareAddress: '02:42:0a:00:00:02' },
    });
    const steps = connection?.steps.map((step) =>
      'direction' in step ? `${step.kind} ${step.direction}` : step.kind,
    );
    expect(steps).toEqual(['opened', 'bytes up', 'bytes down', 'ended up', 'ended down']);
  });

  test('gives back what was used while something was going on, and nobody’s side affairs', async () => {
    const { fabric, recorder, say } = await twoMachines();
    await using _ = fabric;
    await say('before');
    recorder.during('the test');
    const aside = await say('aside');
    const wanted = await say('wanted');
    recorder.during(null);
    await say('after');
    const read = recorder.read((id) => id === aside);
    expect(read.connections.map(({ wire }) => wire.id)).toEqual([wanted]);
  });

  test('knows from the attacker’s own notes what came to it on a machine that is not its own', async () => {
    const { fabric, recorder, say } = await twoMachines();
    await using _ = fabric;
    recorder.during('the test');
    const id = await say('hello');
    fabric.timeline.record('attacker', id, 'request-captured', {});
    expect(recorder.read(() => false).connections[0]?.atAttacker).toBe(true);
  });
});
