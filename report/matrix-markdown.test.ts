import { describe, expect, test } from '@jest/globals';
import { defaultTechniques } from '../scenarios/vocabulary';
import { codeSpan, escapeMarkdown } from './marked-text';
import { renderMatrixMarkdown } from './matrix-markdown';
import { sampleCell, sampleMatrix } from './matrix-sample.test.data';

describe('the matrix in Markdown', () => {
  const text = renderMatrixMarkdown(sampleMatrix(defaultTechniques));

  test('is a table with circles and words', () => {
    expect(text).toContain(
      '| path | `none` | `kubelet-ca`<br>`--kubelet-certificate-authority` |\n| --- | --- | --- |',
    );
    expect(text).toContain(
      '| `exec`<br>→ kubelet :10250 | 🔴 **impersonated**<br>reads ↑, forges, is shown the certificate | 🟢 **refused** |',
    );
  });

  test('has a table for each direction, and says what became of a token', () => {
    const scrape = sampleCell('metrics-scrape', 'client-insecure', 'relay');
    const cells = [
      sampleCell('exec', 'none', 'relay'),
      { ...scrape, clientCertificateShown: false, credential: 'captured' },
      { ...scrape, path: 'pod-api', clientCertificateShown: false, credential: 'replayed' },
    ] as const;
    const both = renderMatrixMarkdown({ apiVersion: 'midplane/v1', kind: 'InterceptionMatrix', cells });
    expect(both.match(/^\| path \| `.*$/gm)).toEqual([
      '| path | `none` |',
      '| path | `client-insecure`<br>`insecure-skip-tls-verify: true` |',
    ]);
    expect(both).toMatch(/^\| `metrics-scrape`.*is sent the token \|$/m);
    expect(both).toMatch(/^\| `pod-api`.*uses the token \|$/m);
  });

  test('has the sentences that matter as a list', () => {
    expect(text).toMatch(
      /^- With `none`, all 12 paths stand open\. On `exec` the attacker \(`self-signed`\) held `canary/m,
    );
  });

  test('explains the verdicts that it shows, and no others', () => {
    expect(text).toMatch(/^🟢 \*\*refused\*\*: /m);
    expect(text).not.toMatch(/\*\*(sealed|denied|not-applicable|hijacked)\*\*: /);
    const sealed = { ...sampleCell('exec', 'none', 'tap') };
    const document = { apiVersion: 'midplane/v1', kind: 'InterceptionMatrix', cells: [sealed] } as const;
    expect(renderMatrixMarkdown(document)).toMatch(/^🟢 \*\*sealed\*\*: /m);
  });

  test('gives every table row as many fields as its head', () => {
    for (const block of text.split('\n\n')) {
      const rows = block.split('\n').filter((line) => line.startsWith('|'));
      const fields = rows.map((row) => row.replaceAll('\\|', '').split('|').length);
      expect(new Set(fields).size).toBeLessThanOrEqual(1);
    }
  });

  test('shows foreign words as words', () => {
    const cell = { ...sampleCell('exec', 'none', 'self-signed'), reason: 'a|b <img src=x> `c`\n**d**' };
    const hostile = renderMatrixMarkdown({
      apiVersion: 'midplane/v1',
      kind: 'InterceptionMatrix',
      cells: [cell],
    });
    expect(hostile).toContain('a\\|b &lt;img src=x&gt; \\`c\\` \\*\\*d\\*\\*');
    expect(hostile).not.toContain('<img');
  });

  test.each([
    ['plain', '`plain`'],
    ['a`b', '`` a`b ``'],
    ['``', '``` `` ```'],
  ])('fences %j as %s', (code, span) => {
    expect(codeSpan(code)).toBe(span);
  });

  test('escapes what Markdown would read', () => {
    expect(escapeMarkdown('[x](y) _z_ \\')).toBe('\\[x\\](y) \\_z\\_ \\\\');
  });
});
