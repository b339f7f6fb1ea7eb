import { readFile } from 'node:fs/promises';
import { MidplaneError } from '../error';
import { explainVerdict } from '../network/explain-verdict';
import { judgeServingCertificate } from '../network/verify';
import { checkHoldsCertificate } from '../pki/key-pair';
import { parseOutputs, writeOutputs } from './outputs';
import { exitCodes, type Terminal } from './terminal';

export interface VerifyCertArguments {
  readonly ca: string;
  readonly cert: string;
  readonly host: string;
  readonly now?: string;
  readonly output?: readonly string[];
}

export async function verifyCert(given: VerifyCertArguments, terminal: Terminal): Promise<number> {
  const outputs = parseOutputs(given.output ?? ['text'], ['text', 'json'] as const);
  checkHost(given.host);
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
  const render = (format: 'text' | 'json'): string => {
    if (format === 'json') {
      const facts = { ok: verdict.ok, error, host: given.host, now: now.toISOString(), change };
      return `${JSON.stringify(facts, null, 2)}\n`;
    }
    if (verdict.ok) return `trusted: kube-apiserver would accept this certificate for ${given.host}\n`;
    return `refused: ${error}\nchange:  ${change}\n`;
  };
  await writeOutputs(outputs, render, terminal);
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
  checkHoldsCertificate({ pem: text, file });
  return text;
}

/** What is dialled goes without the rest of a URL; a port would be compared with nothing and make every verdict a refusal. */
function checkHost(host: string): void {
  const fault =
    host.trim() === ''
      ? 'is empty'
      : host.includes('/')
        ? 'is a URL or a path'
        : /^(\[.*\]:.*|[^:]*:[^:]*)$/.test(host)
          ? 'has a port'
          : null;
  if (fault === null) return;
  throw new MidplaneError('USAGE', `--host "${host}" ${fault}`, {
    hint: 'give a plain name or address without scheme and port, for example --host=10.0.0.11 or --host=[fd00::11]',
  });
}
