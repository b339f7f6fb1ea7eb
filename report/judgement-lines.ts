import { failureText } from './cell-facts';
import { codeSpan, escapeMarkdown } from './marked-text';
import { type ExpectationFailure, type Judgement, keyOf } from './outcome';
import type { Style } from './style';
import { counted, hanging, oneLine } from './text';

/** What failed first, and what a reader may want to write down anew; nothing where nothing was expected. */
export function judgementLines(judgement: Judgement | undefined, style: Style, width: number): string[] {
  if (judgement === undefined) return [];
  const { failures, accepted, closed, unused } = judgement;
  const tone = failures.length === 0 ? 'refused' : 'hijacked';
  const head = style.verdict(
    tone,
    `${failures.length === 0 ? style.mark('refused') : style.mark('hijacked')} ${summary(judgement)}`,
  );
  const each = (label: string, words: readonly string[]): string[] =>
    words.flatMap((word) => hanging(`   ${label}  `, style.words(oneLine(word)), width));
  return [
    '',
    ` ${head}`,
    ...each(style.red('failed'), failures.map(located)),
    ...each('closed now', closed.map(keyOf)),
    ...(accepted.length === 0
      ? []
      : each('accepted', [`${counted(accepted.length, 'cell')} open as in the baseline`])),
    ...each(
      'not run',
      unused.map(({ text, at }) => `${text} (${at.file}:${at.line})`),
    ),
  ];
}

/** The same for a job summary. */
export function judgementMarkdown(judgement: Judgement | undefined): string {
  if (judgement === undefined) return '';
  const { failures, accepted, closed, unused } = judgement;
  const lines = [
    ...failures.map(
      (it) =>
        `- 🔴 ${codeSpan(keyOf(it))}: ${escapeMarkdown(oneLine(failureText(it)))}${it.at === null ? '' : `, ${codeSpan(`${it.at.file}:${it.at.line}`)}`}`,
    ),
    ...closed.map((key) => `- 🟢 ${codeSpan(keyOf(key))} was open, and is closed now`),
    ...accepted.map((key) => `- 🟡 ${codeSpan(keyOf(key))} is open as in the baseline`),
    ...unused.map(
      ({ text, at }) => `- ⚪ ${codeSpan(text)} was not run, ${codeSpan(`${at.file}:${at.line}`)}`,
    ),
  ];
  const sign = failures.length === 0 ? '🟢' : '🔴';
  return [
    `${sign} **${escapeMarkdown(summary(judgement))}**`,
    ...(lines.length === 0 ? [] : ['', ...lines]),
  ].join('\n');
}

/** `3 of 176 cells are not as expected by e.yaml`, `all 176 cells are as expected by …`. */
export function summary({ failures, judged, files }: Judgement): string {
  const by = `by ${files.join(' and ')}`;
  const failed = new Set(failures.map(keyOf)).size;
  if (judged === 0) return `nothing that was run is spoken of ${by}`;
  if (failed > 0)
    return `${failed} of ${counted(judged, 'cell')} ${failed === 1 ? 'is' : 'are'} not as expected ${by}`;
  return judged === 1 ? `the only cell is as expected ${by}` : `all ${judged} cells are as expected ${by}`;
}

function located(failure: ExpectationFailure): string {
  const { at } = failure;
  return `${keyOf(failure)}: ${failureText(failure)}${at === null ? '' : `, ${at.file}:${at.line}`}`;
}
