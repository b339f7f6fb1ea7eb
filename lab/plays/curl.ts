import { buffer } from 'node:stream/consumers';
import type { Host } from '../../network/network';
import { Transport } from '../../network/transport';

/** What came back, in the words of whoever answered, or of the network when nobody did (then `status` is 0). */
export interface Curled {
  readonly ok: boolean;
  readonly status: number;
  /** What a refusal is quoted by: the status and the body, or why there was no answer. */
  readonly words: string;
  readonly body: string;
}

/** `curl -k`, from one of the machines, with a token or without; nothing that it is answered is verified. */
export async function curl(
  from: Host,
  url: string,
  { method = 'GET', token, signal }: { method?: string; token?: string; signal?: AbortSignal } = {},
): Promise<Curled> {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const scheme = protocol === 'http:' ? 'http' : 'https';
  const transport = new Transport({ from, trust: () => ({ kind: 'verify-nobody' }) });
  const answer = await transport.roundTrip(
    { host: hostname, port: Number(port), scheme },
    {
      method,
      path: `${pathname}${search}`,
      headers: [
        ['Host', `${hostname}:${port}`],
        ['User-Agent', 'curl/8.14.1'],
        ['Accept', '*/*'],
        ...(token === undefined ? [] : ([['Authorization', `Bearer ${token}`]] as const)),
      ],
    },
    signal === undefined ? {} : { signal },
  );
  if (answer.kind === 'refusal') return { ok: false, status: 0, words: answer.text, body: '' };
  const { status } = answer;
  const body = (await buffer(answer.body)).toString('utf8');
  return { ok: status >= 200 && status < 300, status, words: `${status} ${body.trim()}`.trim(), body };
}
