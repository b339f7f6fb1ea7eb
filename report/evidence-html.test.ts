import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { cellVerdict, renderEvidenceHtml } from './evidence-html';
import { sampleCell } from './matrix-sample.test.data';

const hostile = '</script><script>alert(1)</script>';
const screen = { title: 'what the user saw', lines: [{ at: 0, text: hostile }] };
const act = {
  folder: '',
  events: [],
  wire: { beganAt: 0, connections: [], keys: [], names: [], dropped: { connections: 0, bytes: 0 } },
  screens: { user: screen, attacker: screen },
  sequence: { title: hostile, participants: ['a'], items: [] },
};
const cell = sampleCell('exec', 'none', 'self-signed');
const page = renderEvidenceHtml(
  'exec',
  cellVerdict(cell, 'kubectl exec'),
  [act],
  [{ name: 'user.cast', content: Buffer.from('12345') }],
);

describe('the page of an evidence bundle', () => {
  test('draws the path and the field of the matrix', () => {
    expect(page).toContain('apiserver ════ TLS');
    expect(page).toContain('✗ impersonated');
  });

  test('shows what was on the screens without a script, too', () => {
    expect(page).toMatch(/<pre>&lt;\/script&gt;&lt;script&gt;alert/);
    expect(page).toContain('<div class="controls" hidden>');
  });

  test('runs its own script and no other, by the policy and by what is in it', () => {
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text = '']) => text);
    expect(scripts).toHaveLength(1);
    const digest = createHash('sha256')
      .update(scripts[0] ?? '')
      .digest('base64');
    expect(page).toContain(`script-src 'sha256-${digest}';`);
    expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)[^"]*"/);
  });

  test('links the files beside it', () => {
    expect(page).toContain('<a href="user.cast">user.cast</a></td><td>5</td>');
  });
});
