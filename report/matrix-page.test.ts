import { expect, test } from '@jest/globals';
import { renderMatrixPage } from './matrix-page';
import { sampleCell, sampleMatrix } from './matrix-sample.test.data';

const page = renderMatrixPage(sampleMatrix());

test('the page has a table for each path, with a column for each defence', () => {
  const paths = [...new Set(sampleMatrix().cells.map(({ path }) => path))];
  expect([...page.matchAll(/^### (.+)$/gm)].map(([, id]) => id)).toEqual(paths);
  expect([...page.matchAll(/^\| technique \| `none` \| `kubelet-ca` \|$/gm)]).toHaveLength(paths.length);
});

test('techniques that come out alike share a row, every technique is in one', () => {
  const logs = page.slice(page.indexOf('### logs\n'), page.indexOf('### logs-skip-verify'));
  const rows = logs.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeLessThan(6);
  const named = rows.flatMap((row) =>
    [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, id]) => id),
  );
  const techniques = [...new Set(sampleMatrix().cells.map(({ technique }) => technique))];
  expect(named.sort()).toEqual(techniques.sort());
});

test('what has nothing to work on says why, each reason once', () => {
  const section = page.slice(page.indexOf('### pod-proxy-http\n'), page.indexOf('### pod-proxy-https'));
  expect(section).toMatch(/`expired`.* \| – \(1\) \| – \(1\) \|$/m);
  const { reason } = sampleCell('pod-proxy-http', 'none', 'expired');
  expect(section.split(`1. ${reason}`)).toHaveLength(2);
});

test('nothing in it differs from run to run', () => {
  const [one, two] = [1, 2].map((number) => {
    const matrix = sampleMatrix();
    const metadata = { ...matrix.metadata, durationMs: number, startedAt: `2026-11-2${number}T00:00:00Z` };
    const cells = matrix.cells.map((cell) =>
      cell.verdict === 'not-applicable' ? cell : { ...cell, clientSaw: `${number}`, reason: `${number}` },
    );
    return renderMatrixPage({ ...matrix, metadata: metadata as NonNullable<typeof matrix.metadata>, cells });
  });
  expect(one).toBe(two);
});
