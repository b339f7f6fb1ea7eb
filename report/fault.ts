import type { ErrorCode } from '../error';
import { element, renderHtmlPage } from './html';
import { renderJUnit } from './junit';
import { escapeMarkdown } from './marked-text';
import { renderSarif, type SarifRun } from './sarif';

/**
 * A lab that could not start, or did not end in time. It is written wherever results were to be written, so that nobody
 * takes yesterday's file, or none, for a result.
 */
export interface LabFault {
  readonly apiVersion: 'midplane/v1';
  readonly kind: 'LabFault';
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}

export function renderFaultJson(fault: LabFault): string {
  return `${JSON.stringify(fault, null, 2)}\n`;
}

export function renderFaultJUnit(name: string, { code, message, hint }: LabFault): string {
  const result = { kind: 'fault', type: code, message, text: hint ?? '' } as const;
  return renderJUnit(name, [
    {
      name: 'midplane.lab',
      cases: [{ className: 'midplane.lab', name: 'the lab runs', result, output: '' }],
    },
  ]);
}

export function renderFaultSarif(fault: LabFault): string {
  return renderSarif({
    rules: [],
    results: [],
    faults: [faultNotification(fault)],
  });
}

export function faultNotification(fault: LabFault): SarifRun['faults'][number] {
  return { id: `midplane/${fault.code.toLowerCase().replaceAll('_', '-')}`, text: faultSentence(fault) };
}

export function renderFaultMarkdown(fault: LabFault): string {
  return `## midplane: the lab failed\n\n❔ **${fault.code}**: ${escapeMarkdown(faultSentence(fault))}\n\nNothing was judged.\n`;
}

export function renderFaultHtml(fault: LabFault): string {
  return renderHtmlPage('midplane: the lab failed', [
    element('p', 'open', fault.code),
    element('p', '', faultSentence(fault)),
    element('p', 'soft', 'Nothing was judged.'),
  ]);
}

/** The message with its hint. */
export function faultSentence({ message, hint }: LabFault): string {
  return hint === null ? message : `${message} (${hint})`;
}
