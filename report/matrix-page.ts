import {
  isClientPath,
  isOpen,
  type PathId,
  paths,
  type VerdictId,
  verdicts,
  worstVerdict,
} from '../scenarios/vocabulary';
import { positionOnly } from './findings';
import { partSigns, partsOf } from './legend';
import { codeSpan, escapeMarkdown } from './marked-text';
import { circles } from './matrix-markdown';
import { type Cell, defenceAndSide, type InterceptionMatrix, idsOf, orderedCells } from './outcome';
import { styleOf } from './style';
import { oneLine } from './text';

/**
 * The whole matrix as a page to be kept (docs/matrix.md): a table for each path, a row for each technique, a column for
 * each defence. The same cells give the same bytes: no time, no address and no random word is in it.
 */
export function renderMatrixPage({ metadata, cells }: InterceptionMatrix): string {
  const ordered = orderedCells(cells);
  const sections = [
    '# The interception matrix',
    introduction(metadata?.emulates ?? null),
    ...[false, true].flatMap((towards) => direction(ordered, towards)),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function introduction(emulates: string | null): string {
  const of = emulates === null ? '' : ` of a lab that behaves like Kubernetes ${emulates}`;
  const signs = '↑ reads what the client sends, ↓ reads what the genuine endpoint answers';
  const parts = `${signs}, f forges the answer, t changes the request, c is shown the client’s certificate`;
  return [
    `Every path${of}, under every defence that speaks of it, by every technique. Written by a run, not by hand:`,
    '`npm run docs:matrix` writes this page again, and a test fails when a run no longer gives it. The words are in',
    '[vocabulary.md](vocabulary.md).',
    '',
    `In a cell: the verdict, and what the attacker got (${parts}). – the technique has nothing to work on; the number says why.`,
    '',
    verdicts
      .filter(({ id }) => id !== 'not-applicable')
      .map(({ id, title }) => `${circles[id]} **${id}**: ${escapeMarkdown(title)}`)
      .join('  \n'),
  ].join('\n');
}

function direction(all: readonly Cell[], towards: boolean): string[] {
  const cells = all.filter(({ path }) => isClientPath(path) === towards);
  if (cells.length === 0) return [];
  return [
    towards ? '## To the apiserver and to kubelets' : '## From the apiserver',
    'What somebody gets who has nothing but a place on the network, in each cell the worst of it:',
    overview(positionOnly(cells)),
    ...idsOf(cells).paths.map((path) =>
      pathSection(
        path,
        cells.filter((cell) => cell.path === path),
      ),
    ),
  ];
}

function overview(cells: readonly Cell[]): string {
  const columns = [...new Set(cells.map(defenceAndSide))];
  const rows = idsOf(cells).paths.map((path) => {
    const fields = columns.map((column) => {
      const here = cells.filter((cell) => cell.path === path && defenceAndSide(cell) === column);
      return here.length === 0 ? '' : verdictAndParts(worstVerdict(here.map(({ verdict }) => verdict)), here);
    });
    return `| [\`${path}\`](#${path}) | ${fields.join(' | ')} |`;
  });
  return [
    `| path | ${columns.map(codeSpan).join(' | ')} |`,
    `| --- |${' --- |'.repeat(columns.length)}`,
    ...rows,
  ].join('\n');
}

function pathSection(path: PathId, cells: readonly Cell[]): string {
  const word = paths.find(({ id }) => id === path);
  const columns = [...new Set(cells.map(defenceAndSide))];
  const notes: string[] = [];
  const rows = new Map<string, string[]>();
  for (const technique of new Set(cells.map((cell) => cell.technique))) {
    const fields = columns.map((column) => {
      const cell = cells.find((it) => it.technique === technique && defenceAndSide(it) === column);
      return cell === undefined ? '' : field(cell, notes);
    });
    // Techniques that come out alike share a row.
    const key = fields.join(' | ');
    rows.set(key, [...(rows.get(key) ?? []), codeSpan(technique)]);
  }
  const table = [
    `| technique | ${columns.map(codeSpan).join(' | ')} |`,
    `| --- |${' --- |'.repeat(columns.length)}`,
    ...[...rows].map(([fields, techniques]) => `| ${techniques.join(', ')} | ${fields} |`),
  ];
  const why = notes.map((note, index) => `${index + 1}. ${escapeMarkdown(note)}`);
  return [
    `### ${path}`,
    `${word?.title ?? ''}: ${word?.from ?? ''} → ${word?.to ?? ''}`,
    table.join('\n'),
    why.join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function field(cell: Cell, notes: string[]): string {
  if (cell.verdict === 'not-applicable') {
    const reason = oneLine(cell.reason);
    const known = notes.indexOf(reason);
    return `– (${known === -1 ? notes.push(reason) : known + 1})`;
  }
  return verdictAndParts(cell.verdict, [cell]);
}

function verdictAndParts(verdict: VerdictId, cells: readonly Cell[]): string {
  const parts = isOpen(verdict) ? ` \`${partSigns(partsOf(cells), plain)}\`` : '';
  return `${circles[verdict]} ${verdict}${parts}`;
}

const plain = styleOf({ colour: false });
