import type { DrillCheck, DrillFailure, DrillReport, DrillStep } from './drill-outcome';
import { type Look, type Style, styleOf } from './style';
import { counted, hanging, padEnd, printable } from './text';

/** The drill for people: the order with what was asked after each step, then each failure, its words and what mends it. */
export function renderDrill(report: DrillReport, options: Look & { readonly width: number }): string {
  const style = styleOf(options);
  const page = { style, width: Math.max(60, options.width) };
  const { steps, failures } = report;
  const lines = [
    ...(steps.length === 0 ? [] : [` ${style.bold('The order')}`]),
    ...steps.flatMap((step, index) => ['', ...stepLines(step, index + 1, page)]),
    ...(steps.length > 0 && failures.length > 0 ? [''] : []),
    ...(failures.length === 0 ? [] : [` ${style.bold('What usually goes wrong')}`]),
    ...failures.flatMap((failure) => ['', ...failureLines(failure, page)]),
    '',
    ...ending(report, page),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

interface Page {
  readonly style: Style;
  readonly width: number;
}

function stepLines(
  { id, node, title, did, checks, asClaimed }: DrillStep,
  number: number,
  page: Page,
): string[] {
  const { style } = page;
  const where = node === null ? '' : ` on ${node}`;
  return [
    ...hanging(
      ` ${String(number).padStart(2)}  ${sign(asClaimed, style)} ${style.bold(`${id}${where}`)}  `,
      style.words(title),
      page.width,
    ),
    ...did.flatMap((it) => hanging(`       ${style.cyan('does')}  `, said(it, style), page.width)),
    ...checks.flatMap((check) => checkLines(check, page)),
  ];
}

function checkLines({ asked, expected, asExpected, saw }: DrillCheck, { style, width }: Page): string[] {
  const lesson = expected === 'works' ? '' : ` (${expected}, as it must)`;
  const outcome = asExpected ? lesson : ` (not ${expected})`;
  return [
    ...hanging(`       ${style.cyan('asks')}  `, said(`${asked}${outcome}`, style), width),
    ...hanging(`             ${sign(asExpected, style)} `, said(saw, style), width).map(style.dim),
  ];
}

function failureLines(failure: DrillFailure, page: Page): string[] {
  const { style, width } = page;
  const { id, title, skipped, did, node, asked, saw, shown, diagnosis, mended, asClaimed } = failure;
  const row = (label: string, text: string): string[] =>
    hanging(`     ${style.cyan(padEnd(label, 9))}  `, said(text, style), width);
  return [
    ...hanging(` ${sign(asClaimed, style)} ${style.bold(id)}  `, style.words(title), width),
    ...row('left out', skipped),
    ...did.flatMap((it) => row('does', it)),
    ...row('asks', `${asked}, for a pod on ${node}`),
    ...row('reads', saw),
    ...row('shows', shown),
    ...row('why', diagnosis === null ? 'not recognised' : `${diagnosis.id}: ${diagnosis.line}`),
    ...(diagnosis === null ? [] : row('mend', diagnosis.mend)),
    ...mended.did.flatMap((it) => row('does', it)),
    ...row('then', `${mended.works ? 'it works' : 'it still fails'}: ${mended.saw}`),
  ];
}

function sign(asClaimed: boolean, style: Style): string {
  const like = asClaimed ? 'refused' : 'impersonated';
  return style.verdict(like, style.mark(like));
}

function said(text: string, style: Style): string {
  return style.words(printable(text));
}

function ending({ steps, failures, asClaimed, durationMs }: DrillReport, { style, width }: Page): string[] {
  const counts = [counted(steps.length, 'step'), counted(failures.length, 'failure')].filter(
    (it) => !it.startsWith('0 '),
  );
  const verdict = asClaimed ? 'all came out as the drill claims' : 'not all came out as the drill claims';
  const seconds = (durationMs / 1000).toFixed(1);
  return hanging(
    ` ${sign(asClaimed, style)} `,
    style.words(`${counts.join(', ')} in ${seconds} s: ${verdict}`),
    width,
  );
}
