import { describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { type DrillFailureId, drillFailureIds } from '../../report/drill-outcome';
import { drill } from './drill';
import { failures, playFailure } from './failures';
import { startMigrationLab } from './migration-lab';

const never = new AbortController().signal;
const log = pino({ level: 'silent' });

describe('the migration to --kubelet-certificate-authority', () => {
  test('loses the logs of one node at a time, between its restart and the approval, and no others', async () => {
    const report = await drill({ only: ['verify'] });
    expect(report.steps.map(({ id, node, asClaimed }) => [id, node, asClaimed])).toEqual([
      ['baseline', null, true],
      ['serving-bootstrap', 'node-1', true],
      ['approve', 'node-1', true],
      ['serving-bootstrap', 'node-2', true],
      ['approve', 'node-2', true],
      ['check-certificates', null, true],
      ['set-flag', null, true],
      ['verify', null, true],
    ]);
    expect(report).toMatchObject({ kind: 'MigrationDrill', failures: [], asClaimed: true });
    const failed = report.steps.flatMap(({ id, node, checks }) =>
      checks.filter(({ expected }) => expected === 'fails').map(({ asked, saw }) => [id, node, asked, saw]),
    );
    const pending = expect.stringMatching(/^Error from server: Get .* remote error: tls: internal error$/);
    expect(failed).toEqual([
      ['serving-bootstrap', 'node-1', 'kubectl logs web --tail=1', pending],
      ['serving-bootstrap', 'node-2', 'kubectl logs web-2 --tail=1', pending],
    ]);
    const gaps = report.steps
      .filter(({ id }) => id === 'approve')
      .map(({ checks }) =>
        Number(/\((\d+) ms after the kubelet was restarted\)$/.exec(checks.at(-1)?.saw ?? '')?.[1]),
      );
    expect(gaps.every((ms) => ms > 0 && ms < report.durationMs)).toBe(true);
    const attacks = report.steps.flatMap(({ checks }) =>
      checks.filter(({ asked }) => /impostor/.test(asked)),
    );
    expect(attacks.map(({ saw }) => saw.split(':')[0])).toEqual(['impersonated', 'refused']);
  }, 60_000);

  test('is taken up to the step that is named', async () => {
    const { steps, failures: played } = await drill({ only: ['approve'] });
    expect(steps.at(-1)).toMatchObject({ id: 'approve', node: 'node-2', asClaimed: true });
    expect(played).toEqual([]);
  }, 60_000);
});

describe('what usually goes wrong', () => {
  const words: Readonly<Record<DrillFailureId, RegExp>> = {
    'self-signed': /cannot validate certificate for 10\.0\.0\.11 because it doesn't contain any IP SANs$/,
    'csr-pending': /remote error: tls: internal error$/,
    'wrong-bundle': /certificate signed by unknown authority$/,
    'address-type': /certificate is not valid for any names, but wanted to match node-1$/,
    expired: /certificate has expired or is not yet valid: current time \S+ is after \S+$/,
    'address-changed': /certificate is valid for 10\.0\.0\.12, not 10\.0\.0\.22$/,
  };

  test.each(drillFailureIds)(
    '%s fails, is recognised by what is seen, and works when it is mended',
    async (id) => {
      const { failures: played, steps } = await drill({ only: [id] });
      expect(steps).toEqual([]);
      expect(played).toMatchObject([
        {
          id,
          saw: expect.stringMatching(words[id]),
          diagnosis: { id, line: expect.any(String), mend: expect.any(String) },
          mended: { works: true, saw: expect.stringMatching(/^canary drill-/) },
          asClaimed: true,
        },
      ]);
    },
    60_000,
  );

  test('a failure that does not happen is not claimed', async () => {
    const [planned] = failures;
    if (planned === undefined) throw new Error('there are failures');
    await using lab = await startMigrationLab(log, never);
    const played = await playFailure({ ...planned, stage: async () => [], mend: async () => [] }, lab);
    expect(played).toMatchObject({ diagnosis: null, asClaimed: false, mended: { works: true } });
  }, 60_000);

  test('a failure that is another one than it says is not claimed', async () => {
    const planned = failures.find(({ id }) => id === 'csr-pending');
    if (planned === undefined) throw new Error('it is one of the failures');
    await using lab = await startMigrationLab(log, never);
    const played = await playFailure({ ...planned, id: 'expired' }, lab);
    expect(played).toMatchObject({ diagnosis: { id: 'csr-pending' }, asClaimed: false });
  }, 60_000);

  test('a drill that is stopped says why it was', async () => {
    const stop = new AbortController();
    const stopped = drill({
      only: ['verify'],
      signal: stop.signal,
      onPart: (what) => what === 'baseline' && stop.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
  }, 60_000);
});
