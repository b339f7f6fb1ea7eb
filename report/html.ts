import { createHash } from 'node:crypto';
import { escapeXml } from './xml';

/**
 * A page that is one file. Rule: nothing is loaded and nothing runs but a script of ours, if there is one; the policy below
 * says so to the browser, so that not even a mistake of ours in escaping would run the words of an attacker.
 */
export function renderHtmlPage(title: string, body: readonly string[], script = ''): string {
  const runs = script === '' ? '' : ` script-src 'sha256-${digestOf(script)}';`;
  const policy = `default-src 'none'; style-src 'sha256-${digestOf(style)}';${runs} base-uri 'none'; form-action 'none'`;
  return `${[
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeXml(title)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    `<h1>${escapeXml(title)}</h1>`,
    ...body,
    ...(script === '' ? [] : [`<script>${script}</script>`]),
    '</body>',
    '</html>',
  ].join('\n')}\n`;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** Only `classes` is not escaped: it never comes from outside. */
export function element(name: string, classes: string, text: string): string {
  const attribute = classes === '' ? '' : ` class="${classes}"`;
  return `<${name}${attribute}>${escapeXml(text)}</${name}>`;
}

/** Label and value, one below the other. */
export function definitions(facts: readonly (readonly [string, string])[]): string[] {
  return [
    '<dl>',
    ...facts.map(([label, value]) => `<div>${element('dt', '', label)}${element('dd', '', value)}</div>`),
    '</dl>',
  ];
}

/** The colours of the verdicts pass WCAG AA (4.5:1) on both backgrounds; the words stand beside them in any case. */
const style = `
:root { color-scheme: light dark; --back: #fff; --text: #1c1c1c; --line: #c8c8c8; --soft: #595959; --box: #f4f4f4;
  --safe: #1a7f37; --half: #8a5a00; --open: #c4201d; --worst: #8f2a9c; }
@media (prefers-color-scheme: dark) { :root { --back: #16181c; --text: #e8e8e8; --line: #444a53; --soft: #a8adb5;
  --box: #20242a; --safe: #4ec46b; --half: #e0a93c; --open: #ff7b72; --worst: #e08bef; } }
body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
a { color: inherit; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top; }
thead th, tbody th { background: var(--box); }
code, dd, .id { font-family: ui-monospace, monospace; font-size: .92em; }
dd { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
dl div { display: grid; grid-template-columns: 11rem 1fr; gap: .8rem; }
dt, .soft { color: var(--soft); }
dt { overflow-wrap: anywhere; }
section { border-top: 1px solid var(--line); }
section:target { outline: 2px solid var(--half); outline-offset: .5rem; }
.scroll { overflow-x: auto; }
figure { margin: 1rem 0; } figcaption { font-weight: 600; }
.cast pre { background: #16181c; color: #e8e8e8; padding: .8rem; overflow: auto; max-height: 30rem; }
.controls { display: flex; gap: .6rem; } .controls[hidden] { display: none; } .controls input { flex: 1; }
.safe { color: var(--safe); } .half { color: var(--half); } .open { color: var(--open); font-weight: 600; }
.worst { color: var(--worst); font-weight: 600; } .none { color: var(--soft); }
@media (max-width: 40rem) { dl div { grid-template-columns: 1fr; gap: 0; } }
@media print {
  :root { --back: #fff; --text: #000; --line: #999; --soft: #444; --box: #fff; --safe: #1a7f37; --half: #8a5a00;
    --open: #c4201d; --worst: #8f2a9c; }
  body { margin: 0; max-width: none; font-size: 10pt; }
  thead { display: table-header-group; }
  tr, dl div { break-inside: avoid; }
  section.cell { break-before: page; }
  nav { display: none; }
}
`;
