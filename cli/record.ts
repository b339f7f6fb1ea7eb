import { MidplaneError } from '../error';
import { type RunArguments, run } from './run';
import type { Terminal } from './terminal';

/** `midplane run … --record FILE`, with the file where others have their output. */
export async function record(
  name: string | undefined,
  given: Omit<RunArguments, 'output' | 'record'> & { readonly output?: string },
  terminal: Terminal,
): Promise<number> {
  const { output, ...rest } = given;
  if (output === undefined) {
    throw new MidplaneError('USAGE', 'record needs a file', {
      hint: `for example midplane record ${name ?? 'anonymous-kubelet'} -o ${name === undefined ? 'run' : baseOf(name)}.ndjson`,
    });
  }
  return run(name === undefined ? [] : [name], { ...rest, record: output }, terminal);
}

function baseOf(name: string): string {
  return (name.split(/[/\\]/).at(-1) ?? name).replace(/\.(ya?ml|json)$/i, '');
}
