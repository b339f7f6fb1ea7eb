import { describe, expect, test } from '@jest/globals';
import { type PathId, type PositionId, pathsRun } from '../scenarios/vocabulary';
import { pathSpec } from './paths';
import { noSuchPlace } from './remote-lab';
import { stand } from './stand';

const kubelet: readonly PathId[] = [
  'logs',
  'logs-skip-verify',
  'exec',
  'attach',
  'port-forward',
  'node-proxy',
];
const node: readonly PathId[] = [...kubelet, 'node-proxy-http', 'node-proxy-https'];
const pods: readonly PathId[] = [
  'pod-proxy-http',
  'pod-proxy-https',
  'service-proxy-http',
  'service-proxy-https',
];
const elsewhere: readonly PathId[] = ['controller-manager-api', 'scheduler-api', 'kubectl-api'];

const gets: Readonly<Record<PositionId, readonly PathId[]>> = {
  arp: pathsRun,
  route: pathsRun,
  name: pathsRun.filter((path) => !pods.includes(path)),
  'node-address': [...node, 'metrics-scrape'],
  'compromised-node': pathsRun.filter((path) => !elsewhere.includes(path)),
};

/** A conversation dials by name wherever there is one. */
function standing(position: PositionId, id: PathId) {
  const path = pathSpec(id);
  if (path === null) throw new Error(`no path "${id}"`);
  return stand(position, path, {
    victim: 'workstation',
    ...(pods.includes(id) ? {} : { dialledAs: 'a-name' }),
  });
}

describe('an attacker', () => {
  test.each(Object.entries(gets) as [PositionId, readonly PathId[]][])(
    'in position %s gets the traffic of the paths that it is about, and says of the others why not',
    (position, wanted) => {
      const found = pathsRun.filter((path) => standing(position, path).kind === 'stands');
      expect(found).toEqual(pathsRun.filter((path) => wanted.includes(path)));
      for (const path of pathsRun.filter((id) => !wanted.includes(id))) {
        expect(standing(position, path)).toMatchObject({ reason: expect.stringMatching(/^[A-Z].{30,}\.$/) });
      }
    },
  );

  test('that lives at a false address needs a certificate for that address', () => {
    expect(standing('node-address', 'exec')).toEqual({
      kind: 'stands',
      at: 'ends',
      dialledAs: '10.0.0.66',
    });
    expect(standing('arp', 'exec')).toEqual({ kind: 'stands', at: 'legs' });
  });
});

test.each([
  ['route', 'name', '--position route'],
  ['arp', 'route', '--position arp'],
] as const)(
  'the attacker of a lab in containers who is there by %s gets there by nothing else',
  (place, other, hint) => {
    const error = noSuchPlace(other, place);
    expect(error).toMatchObject({ code: 'USAGE' });
    expect(error.message).toBe(`position "${other}" does not exist in the lab in containers`);
    expect(error.hint).toContain(hint);
  },
);
