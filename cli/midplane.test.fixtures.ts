import { runProgram } from './program';
import type { Terminal } from './terminal';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The program, run where its output goes to nobody's terminal; `more`: what else there is of one. */
export async function midplane(args: readonly string[], more: Partial<Terminal> = {}): Promise<Said> {
  const said = { out: '', err: '' };
  const code = await runProgram(args, {
    write: (text) => {
      said.out += text;
    },
    warn: (text) => {
      said.err += text;
    },
    signal: new AbortController().signal,
    colour: false,
    width: null,
    progress: false,
    ...more,
  });
  return { code, ...said };
}
