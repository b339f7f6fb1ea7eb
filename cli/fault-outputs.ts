import { type ErrorCode, MidplaneError } from '../error';
import {
  type LabFault,
  renderFaultHtml,
  renderFaultJson,
  renderFaultJUnit,
  renderFaultMarkdown,
  renderFaultSarif,
} from '../report/fault';
import { type Output, writeOutputs } from './outputs';
import type { Terminal } from './terminal';

/** The formats that programs and job summaries read; the others have nothing to say without a lab. */
const machine = ['json', 'junit', 'sarif', 'markdown', 'html'] as const;
type MachineFormat = (typeof machine)[number];

const ofTheLab: readonly ErrorCode[] = ['LAB_START_FAILED', 'LISTEN_FAILED', 'PLAY_FAILED', 'TIME_LIMIT'];

/**
 * Runs it; when the lab fails, says so in the outputs as well, and fails as before. A mistake of the user's is not
 * written anywhere: nothing was tried.
 */
export async function tellFaults<T>(
  name: string,
  outputs: readonly Output<string>[],
  terminal: Terminal,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const fault = faultOf(error);
    if (fault === null || terminal.signal.aborted) throw error;
    const told = outputs.flatMap(({ format, file }) => {
      const known = machine.find((it) => it === format);
      return known === undefined ? [] : [{ format: known, file }];
    });
    await writeOutputs(told, (format) => render(name, fault, format), terminal);
    throw error;
  }
}

function faultOf(error: unknown): LabFault | null {
  if (!(error instanceof MidplaneError) || !ofTheLab.includes(error.code)) return null;
  return labFault(error);
}

export function labFault(error: MidplaneError): LabFault {
  const { code, message, hint = null } = error;
  return { apiVersion: 'midplane/v1', kind: 'LabFault', code, message, hint };
}

function render(name: string, fault: LabFault, format: MachineFormat): string {
  switch (format) {
    case 'json':
      return renderFaultJson(fault);
    case 'junit':
      return renderFaultJUnit(name, fault);
    case 'sarif':
      return renderFaultSarif(fault);
    case 'markdown':
      return renderFaultMarkdown(fault);
    case 'html':
      return renderFaultHtml(fault);
  }
}
