import { MidplaneError } from '../error';
import { type Diagnosis, diagnose } from '../lab/migration/diagnose';
import { hanging } from '../report/text';
import { parseOutputs, writeOutputs } from './outputs';
import { exitCodes, type Terminal } from './terminal';

export interface DiagnoseArguments {
  readonly output?: readonly string[];
}

export async function runDiagnose(
  given: readonly string[],
  { output }: DiagnoseArguments,
  terminal: Terminal,
): Promise<number> {
  const outputs = parseOutputs(output ?? ['text'], ['text', 'json'] as const);
  const isPiped = given.length === 0 || (given.length === 1 && given[0] === '-');
  const words = isPiped ? await (terminal.readInput?.() ?? '') : given.join(' ');
  if (words.trim() === '') {
    throw new MidplaneError('USAGE', 'diagnose was given no words', {
      hint: 'give it what kubectl printed: midplane diagnose "Error from server: …", or kubectl logs POD 2>&1 | midplane diagnose',
    });
  }
  const causes = diagnose({ words });
  const render = (format: 'text' | 'json'): string =>
    format === 'json' ? `${JSON.stringify({ causes }, null, 2)}\n` : told(causes, terminal.width ?? 100);
  await writeOutputs(outputs, render, terminal);
  return causes.length > 0 ? exitCodes.ok : exitCodes.expectationFailed;
}

function told(causes: readonly Diagnosis[], width: number): string {
  if (causes.length === 0) {
    return 'not recognised: these words say nothing of a connection from the apiserver to a kubelet\n';
  }
  const lines = causes.flatMap(({ id, line, mend }, index) => [
    ...(index === 0 ? [] : ['']),
    ...hanging(index === 0 ? 'cause: ' : 'or:    ', `${id}: ${line}`, width),
    ...hanging('mend:  ', mend, width),
  ]);
  const more =
    causes.length === 1
      ? []
      : [
          '',
          ...hanging(
            'tell:  ',
            'openssl s_client -connect NODE:10250 </dev/null shows what the kubelet shows, kubectl get csr what it waits for',
            width,
          ),
        ];
  return `${[...lines, ...more].join('\n')}\n`;
}
