import { readFile } from 'node:fs/promises';
import { MidplaneError } from '../error';
import { explainVerdict } from '../network/explain-verdict';
import { judgeServingCertificate } from '../network/verify';
import { pemBlocks } from '../wire/pem';
import { parseOutputs } from './outputs';
import { exitCodes, type Terminal } from './terminal';

export interface VerifyCertArguments {
  readonly ca: string;
  readonly cert: string;
  readonly host: string;
  readonly now?: string;
  readonly output?: readonly string[];
}

export async function verifyCert(given: VerifyCertArguments, terminal: Terminal): Promise<number> {
  const [output] = parseOutputs(given.output ?? ['text'], ['text', 'json'] as const);
  const now = given.now === undefined ? new Date() : new Date(given.now);
  if (Number.isNaN(now.getTime())) {
    throw new MidplaneError('USAGE', `--now "${given.now}" is not a time`, {
      hint: 'for example --now=2027-01-31T12:00:00Z',
    });
  }
  const caPems = await read('--ca', given.ca);
  const chainPems = await read('--cert', given.cert);
  const verdict = judgeServingCertificate({ caPems, chainPems, host: given.host, now });
  const error = verdict.ok ? null : verdict.error;
  const change = verdict.ok ? null : explainVerdict(verdict);
  if (output?.format === 'json') {
    terminal.write(
      `${JSON.stringify({ ok: verdict.ok, error, host: given.host, now: now.toISOString(), change }, null, 2)}\n`,
    );
  } else if (verdict.ok) {
    terminal.write(`trusted: kube-apiserver would accept this certificate for ${given.host}\n`);
  } else {
    terminal.write(`refused: ${error}\nchange:  ${change}\n`);
  }
  return verdict.ok ? exitCodes.ok : exitCodes.expectationFailed;
}

async function read(flag: string, file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new MidplaneError('FILE_UNREADABLE', `cannot read ${flag} "${file}": ${message}`, {
      hint: 'name a PEM file that exists and that you may read',
      cause,
    });
  }
  if (pemBlocks(text).length > 0) return text;
  throw new MidplaneError('PEM_INVALID', `${flag} "${file}" holds no PEM block`, {
    hint: 'certificates stand between "-----BEGIN CERTIFICATE-----" and "-----END CERTIFICATE-----"',
  });
}
