import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { MidplaneError } from '../error';
import { hostNetwork } from '../network/host-network';
import { joinHostPort } from '../network/network';
import type { Trust } from '../network/secure';
import { timeLimit } from '../network/time-limit';
import { Transport } from '../network/transport';
import { exitCodes, type Terminal } from './terminal';

const PROBE_LIMIT_MS = 2_000;

/** One GET, as a kubelet probes a container: status 200 is well (exit code 0), everything else is not (1). */
export async function probe(
  { url, ca }: { readonly url: string; readonly ca: string | null },
  terminal: Terminal,
): Promise<number> {
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new MidplaneError('USAGE', `--probe "${url}" is not an http or https URL`, {
      hint: 'for example --probe http://127.0.0.1:10248/healthz',
    });
  }
  const { protocol, hostname: host, port, pathname, search } = new URL(url);
  const scheme = protocol === 'https:' ? 'https' : 'http';
  const bundlePem = ca === null ? null : await readFile(ca, 'utf8');
  const trust = (dialled: string): Trust =>
    bundlePem === null ? { kind: 'verify-nobody' } : { kind: 'verify', bundlePem, host: dialled };
  const target = { host, port: Number(port) || (scheme === 'https' ? 443 : 80), scheme } as const;
  const answer = await new Transport({ from: hostNetwork(), trust }).roundTrip(
    target,
    {
      method: 'GET',
      path: `${pathname}${search}`,
      headers: [
        ['Host', joinHostPort(host, target.port)],
        ['Connection', 'close'],
      ],
    },
    { signal: timeLimit(PROBE_LIMIT_MS, terminal.signal) },
  );
  if (answer.kind === 'refusal') {
    terminal.warn(`${url}: ${answer.text}\n`);
    return exitCodes.expectationFailed;
  }
  const body = (await text(answer.body)).trim();
  terminal.write(`${answer.status} ${body}\n`);
  return answer.status === 200 ? exitCodes.ok : exitCodes.expectationFailed;
}
