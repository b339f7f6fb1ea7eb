import { describe, expect, test } from '@jest/globals';
import { explain, explainedIds } from '../scenarios/explain/explain';
import { renderPage } from './page';
import { widthOf } from './text';

describe('a page of explain', () => {
  test.each(explainedIds)('%s fits 80 columns without colours and without marks', (id) => {
    const text = renderPage(explain(id), { width: 80, colour: false });
    expect(text.split('\n').filter((line) => widthOf(line) > 80)).toEqual([]);
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('**');
  });

  test('keeps code in backticks without colours and colours each of its words with them', () => {
    const page = { ...explain('logs'), body: ['run `midplane list` **now then**'] };
    expect(renderPage(page, { width: 80, colour: false })).toContain('run `midplane list` now then');
    expect(renderPage(page, { width: 80, colour: true })).toContain(
      'run \u001b[36mmidplane\u001b[39m \u001b[36mlist\u001b[39m \u001b[1mnow\u001b[22m \u001b[1mthen\u001b[22m',
    );
  });

  test('ends with its sources and where to go on', () => {
    const text = renderPage(explain('logs'), { width: 100, colour: false });
    expect(text).toMatch(
      /\nSources\n {2}Kubernetes documentation, "Communication between Nodes and the Control Plane"/,
    );
    expect(text.trimEnd().endsWith('See also  logs-skip-verify, kubelet-ca, self-signed, impersonated')).toBe(
      true,
    );
  });

  test('can be ASCII', () => {
    for (const id of explainedIds) {
      expect(renderPage(explain(id), { width: 80, colour: false, ascii: true })).toMatch(/^[\n\x20-\x7e]*$/);
    }
  });
});
