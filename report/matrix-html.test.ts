import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { judgedMatrix } from './judged-sample.test.data';
import { renderMatrixHtml } from './matrix-html';
import { sampleMatrix } from './matrix-sample.test.data';
import { renderScenarioHtml } from './scenario-html';
import { sampleScenario } from './scenario-sample.test.data';

describe('the matrix as a page', () => {
  const text = renderMatrixHtml(judgedMatrix);
  const pages = [text, renderMatrixHtml(sampleMatrix()), renderScenarioHtml(sampleScenario)];

  test('loads nothing and runs nothing, and tells the browser so', () => {
    for (const page of pages) {
      const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? '';
      const digest = createHash('sha256').update(style).digest('base64');
      expect(page).toContain(`default-src 'none'; style-src 'sha256-${digest}'`);
      expect(page).not.toMatch(/<script|<img|<link|<iframe| style=| on\w+="|url\(|@import|src="/);
      expect(
        [...page.matchAll(/href="([^"]*)"/g)].map(([, to]) => to?.[0]).filter((it) => it !== '#'),
      ).toEqual([]);
    }
  });

  test('has a section for each cell, and no link leads nowhere', () => {
    for (const page of pages) {
      const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
      expect(new Set(ids).size).toBe(ids.length);
      const links = [...page.matchAll(/href="#([^"]*)"/g)].map(([, to]) => to);
      expect(links.filter((to) => !ids.includes(to))).toEqual([]);
    }
    expect(text.match(/<section class="cell"/g)).toHaveLength(judgedMatrix.cells.length);
  });

  test('tells of given settings what would close them, as text and not as markup', () => {
    const setting = {
      component: 'kubelet',
      name: '--a',
      value: '<b>',
      class: 'used',
      why: 'w',
      at: null,
    } as const;
    const given = { settings: [setting], assumptions: ['Taken.'], closings: [], stays: ['logs'] } as const;
    const page = renderMatrixHtml({ ...sampleMatrix(), given });
    expect(page).toMatch(/<h2>What would close it<\/h2>[\s\S]*none closes/);
    expect(page).toContain('--a=&lt;b&gt;');
    expect(page).not.toContain('<b>');
  });

  test('closes every tag that it opens', () => {
    for (const page of pages) {
      const open: string[] = [];
      for (const [, slash, name = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
        if (name === 'meta' || name === 'br') continue;
        if (slash === '') open.push(name);
        else expect(open.pop()).toBe(name);
      }
      expect(open).toEqual([]);
    }
  });

  test('draws the verdicts in their colours, and says what failed', () => {
    expect(text).toContain('<span class="open">✗ impersonated</span>');
    expect(text).toContain('<span class="safe">✓ refused</span>');
    expect(text).toContain('✗ 2 expectations failed, 3 cells judged by expectations.yaml and baseline.yaml');
    expect(text).toContain('&lt;/script&gt;&lt;img src=x onerror=&quot;x&quot;&gt;');
  });

  test('can be read in light and dark, and printed', () => {
    expect(text).toContain('@media (prefers-color-scheme: dark)');
    expect(text).toContain('@media print');
  });
});
