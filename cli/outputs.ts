import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { MidplaneError } from '../error';
import { makeFolder } from '../make-folder';
import { nearestNames } from '../nearest';
import type { Terminal } from './terminal';

/** One `-o`: a format, and a file when it does not go to stdout. */
export interface Output<Format extends string> {
  readonly format: Format;
  readonly file: string | null;
}

/**
 * `-o table -o json=out.json`. Throws MidplaneError USAGE for an unknown format, an empty file name, and two formats
 * that would both be written to stdout or to one file.
 */
export function parseOutputs<Format extends string>(
  given: readonly string[],
  known: readonly Format[],
): readonly Output<Format>[] {
  const outputs = given.map((text) => {
    const [name = '', ...rest] = text.split('=');
    const format = known.find((it) => it === name);
    if (format === undefined) {
      const near = nearestNames(name, known);
      throw new MidplaneError('USAGE', `unknown output format "${name}"`, {
        hint: near.length > 0 ? `did you mean "${near[0]}"?` : `known formats: ${known.join(', ')}`,
      });
    }
    const file = rest.length === 0 ? null : rest.join('=');
    if (file === '') {
      throw new MidplaneError('USAGE', `no file name after "${name}="`, {
        hint: `write -o ${name}=FILE, or -o ${name} for stdout`,
      });
    }
    return { format, file };
  });
  const onStdout = outputs.filter((output) => output.file === null);
  if (onStdout.length > 1) {
    throw new MidplaneError(
      'USAGE',
      `${onStdout.map((it) => `"${it.format}"`).join(' and ')} would both go to stdout`,
      {
        hint: `give all but one a file: -o ${onStdout[1]?.format}=FILE`,
      },
    );
  }
  const takenBy = new Map<string, Format>();
  for (const { format, file } of outputs) {
    if (file === null) continue;
    const other = takenBy.get(resolve(file));
    if (other !== undefined) {
      throw new MidplaneError('USAGE', `"${other}" and "${format}" would both be written to "${file}"`, {
        hint: 'give each output a file of its own',
      });
    }
    takenBy.set(resolve(file), format);
  }
  return outputs;
}

export async function writeOutputs<Format extends string>(
  outputs: readonly Output<Format>[],
  render: (format: Format, toFile: boolean) => string,
  terminal: Terminal,
): Promise<void> {
  for (const { format, file } of outputs) {
    const text = render(format, file !== null);
    if (file === null) {
      terminal.write(text);
      continue;
    }
    try {
      const created = await makeFolder(dirname(file));
      if (created !== null) terminal.warn(`created folder ${created}\n`);
      await writeFile(file, text);
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new MidplaneError('FILE_UNREADABLE', `cannot write "${file}": ${message}`, {
        hint: 'choose a path that you may write to',
        cause,
      });
    }
    terminal.warn(`wrote ${file}\n`);
  }
}
