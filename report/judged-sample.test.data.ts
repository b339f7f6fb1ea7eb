import { sampleCell } from './matrix-sample.test.data';
import type { Cell, InterceptionMatrix } from './outcome';

/** Words that would break out of a quotation, a tag or an XML document if anybody forgot to escape them. */
export const hostileWords = `</script><img src=x onerror="x"> ]]> & 'q' \u0000\u001b[31m \ud800 \ufffe`;

const open: Cell = {
  ...sampleCell('exec', 'none', 'self-signed'),
  clientSaw: hostileWords,
  evidence: { ...sampleCell('exec', 'none', 'self-signed').evidence, lootQuote: hostileWords },
};
const accepted = sampleCell('logs', 'none', 'self-signed');
const refused = sampleCell('exec', 'kubelet-ca', 'self-signed');
const broken: Cell = {
  ...sampleCell('attach', 'none', 'relay'),
  verdict: 'broken',
  works: false,
  reason: 'Without any attacker the path fails',
};
const nothing = sampleCell('pod-proxy-http', 'none', 'rogue-ca');

/** One cell of every kind: failed, accepted by a baseline, as expected, broken, not applicable. */
export const judgedMatrix: InterceptionMatrix = {
  apiVersion: 'midplane/v1',
  kind: 'InterceptionMatrix',
  metadata: {
    midplaneVersion: '0.1.0',
    emulates: 'v1.33.1',
    node: 'v20.20.2',
    startedAt: '2026-11-21T21:40:00.123Z',
    durationMs: 1840,
  },
  cells: [open, accepted, refused, broken, nothing],
  expectations: {
    files: ['expectations.yaml', 'baseline.yaml'],
    judged: 3,
    failures: [
      {
        path: 'exec',
        defence: 'none',
        technique: 'self-signed',
        kind: 'verdict',
        expected: 'open: false',
        seen: 'verdict: impersonated',
        why: 'the shells of our operators',
        at: { file: 'ci/expectations.yaml', line: 7, column: 5 },
      },
      {
        path: 'exec',
        defence: 'kubelet-ca',
        technique: 'self-signed',
        kind: 'part',
        expected: 'works: false',
        seen: 'works: true',
        why: null,
        at: { file: 'ci/expectations.yaml', line: 9, column: 5 },
      },
    ],
    accepted: [{ path: 'logs', defence: 'none', technique: 'self-signed' }],
    closed: [{ path: 'attach', defence: 'kubelet-ca', technique: 'tap' }],
    unused: [{ text: 'path: kubectl-api', at: { file: 'ci/expectations.yaml', line: 12, column: 5 } }],
  },
};
