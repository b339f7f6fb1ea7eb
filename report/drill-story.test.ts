import { describe, expect, test } from '@jest/globals';
import type { DrillReport } from './drill-outcome';
import { renderDrill } from './drill-story';

const report: DrillReport = {
  apiVersion: 'midplane/v1',
  kind: 'MigrationDrill',
  steps: [
    {
      id: 'serving-bootstrap',
      node: 'node-1',
      title: 'node-1 asks for a certificate',
      did: ['systemctl restart kubelet'],
      checks: [
        { asked: 'kubectl get csr', expected: 'works', asExpected: true, saw: 'csr-1: Pending' },
        { asked: 'kubectl logs web', expected: 'fails', asExpected: true, saw: 'tls: internal error' },
        { asked: 'kubectl logs web-2', expected: 'works', asExpected: false, saw: 'boom \u001b[2J' },
      ],
      asClaimed: false,
      durationMs: 1,
    },
  ],
  failures: [
    {
      id: 'csr-pending',
      title: 'nobody approves',
      skipped: 'approve',
      did: ['serverTLSBootstrap: true'],
      node: 'node-1',
      asked: 'kubectl logs web',
      saw: 'remote error: tls: internal error',
      shown: 'nothing',
      diagnosis: { id: 'csr-pending', line: 'The request waits.', mend: 'approve it' },
      mended: { did: ['kubectl certificate approve csr-1'], works: true, saw: 'a line' },
      asClaimed: true,
      durationMs: 1,
    },
  ],
  asClaimed: false,
  durationMs: 1234,
};

describe('the story of a drill', () => {
  const text = renderDrill(report, { colour: false, width: 100 });

  test('says what was done and asked, and marks what did not come out', () => {
    expect(text).toContain(' ✗ serving-bootstrap on node-1  node-1 asks for a certificate');
    expect(text).toContain('asks  kubectl logs web (fails, as it must)\n             ✓ tls: internal error');
    expect(text).toContain('asks  kubectl logs web-2 (not works)\n             ✗ boom \\x1b[2J');
  });

  test('says of a failure what was read, why, and that mending helped', () => {
    expect(text).toMatch(/✓ csr-pending {2}nobody approves\n {5}left out {3}approve\n/);
    expect(text).toMatch(/reads {6}remote error: tls: internal error\n/);
    expect(text).toMatch(/why {8}csr-pending: The request waits\.\n {5}mend {7}approve it\n/);
    expect(text).toMatch(/then {7}it works: a line\n/);
  });

  test('ends with what it came to', () => {
    expect(text).toMatch(/✗ 1 step, 1 failure in 1\.2 s: not all came out as the drill claims\n$/);
    const good = renderDrill({ ...report, steps: [], asClaimed: true }, { colour: false, width: 100 });
    expect(good).not.toContain('The order');
    expect(good).toMatch(/✓ 1 failure in 1\.2 s: all came out as the drill claims\n$/);
  });
});
