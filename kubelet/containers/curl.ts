import { once } from 'node:events';
import type { Refusal } from '../../network/network';
import { timeLimit } from '../../network/time-limit';
import { Transport } from '../../network/transport';
import { isFileProblem } from './file-problem';
import { readOptions } from './options';
import { type Command, complain, openRead, openWrite, type Process, readAll } from './process';

/**
 * curl and wget, http and https over the pod's own network: the only way out of a container. Exit codes and texts are those
 * of curl 8 (libcurl-errors(3)). Whom to believe: network/verify.ts, with --cacert as the bundle; without it nobody is known.
 */
const MOST_BODY_BYTES = 16 * 1024 * 1024;
const MOST_REDIRECTS = 50;
const LONG = {
  ...{
    silent: 's',
    'show-error': 'S',
    fail: 'f',
    include: 'i',
    head: 'I',
    verbose: 'v',
    insecure: 'k',
    cacert: 'C',
    header: 'H',
  },
  ...{
    request: 'X',
    data: 'd',
    'data-binary': 'B',
    'data-raw': 'D',
    output: 'o',
    'remote-name': 'O',
    location: 'L',
    'write-out': 'w',
  },
  ...{ user: 'u', resolve: 'R', 'connect-timeout': 't', 'max-time': 'm', 'user-agent': 'A', 'http1.1': '_' },
};

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

interface Failure {
  readonly code: number;
  readonly text: string;
}

interface Plan {
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer | undefined;
  readonly insecure: boolean;
  readonly bundlePem: string;
  /** `host:port` → address. */
  readonly resolve: ReadonlyMap<string, string>;
  readonly timeoutMs: number | null;
  readonly trace: (line: string) => Promise<unknown>;
}

export const curl: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), {
    flags: 'sSfiIvkOL_g',
    values: 'CHXdBDowuRtmA',
    long: LONG,
  });
  const fail = async ({ code, text }: Failure): Promise<number> => {
    const quiet = options.kind === 'options' && options.has('s') && !options.has('S');
    if (!quiet) await complain(self, `curl: (${code}) ${text}`);
    return code;
  };
  if (options.kind === 'refused')
    return fail({ code: 2, text: options.text.replace('unrecognized option', 'option') });
  const [address] = options.words;
  if (address === undefined) return fail({ code: 2, text: 'no URL specified' });
  const body = await bodyOf(self, [...options.all('d'), ...options.all('D')], options.all('B'));
  if (isFailure(body)) return fail(body);
  const cacert = options.value('C');
  const bundle = cacert === undefined ? null : openRead(self, cacert);
  if (isFileProblem(bundle))
    return fail({ code: 77, text: `error setting certificate verify locations:  CAfile: ${cacert}` });
  const given = options.all('H').flatMap((it): [string, string][] => {
    const [name = '', ...value] = it.split(':');
    return value.length === 0 ? [] : [[name, value.join(':').trim()]];
  });
  const user = options.value('u');
  const standard: [string, string][] = [
    ['User-Agent', options.value('A') ?? 'curl/8.14.1'],
    ['Accept', '*/*'],
    ...(user === undefined
      ? []
      : [['Authorization', `Basic ${Buffer.from(user).toString('base64')}`] as [string, string]]),
    ...(body === undefined
      ? []
      : [['Content-Type', 'application/x-www-form-urlencoded'] as [string, string]]),
    ...(body === undefined ? [] : [['Content-Length', String(body.length)] as [string, string]]),
  ];
  const seconds = options.value('m') ?? options.value('t');
  const plan: Plan = {
    method: options.value('X') ?? (options.has('I') ? 'HEAD' : body === undefined ? 'GET' : 'POST'),
    headers: [
      ...standard.filter(([name]) => !given.some(([other]) => other.toLowerCase() === name.toLowerCase())),
      ...given,
    ],
    body,
    insecure: options.has('k'),
    bundlePem: bundle === null ? '' : (await readAll(bundle, self.signal, MOST_BODY_BYTES)).toString(),
    resolve: new Map(
      options.all('R').map((it) => [it.split(':').slice(0, 2).join(':'), it.split(':').slice(2).join(':')]),
    ),
    timeoutMs: seconds === undefined ? null : Number(seconds) * 1000,
    trace: async (line) => options.has('v') && complain(self, line),
  };
  const answer = await follow(self, address, plan, options.has('L'));
  const failure = isFailure(answer)
    ? answer
    : options.has('f') && answer.status >= 400
      ? { code: 22, text: `The requested URL returned error: ${answer.status}` }
      : null;
  const format = options.value('w');
  if (!isFailure(answer) && failure === null) {
    const name =
      options.value('o') ?? (options.has('O') ? (address.split('?')[0] ?? '').replace(/^.*\//, '') : '-');
    const sink = name === '-' ? self.stdout : openWrite(self, name, 'truncate');
    if (isFileProblem(sink)) return fail({ code: 23, text: 'Failure writing output to destination' });
    const shown =
      options.has('i') || options.has('I')
        ? Buffer.concat([Buffer.from(answer.head), answer.body])
        : answer.body;
    if (shown.length > 0 && !(await sink.write(shown, self.signal)))
      return fail({ code: 23, text: 'Failure writing output to destination' });
  }
  if (format !== undefined) {
    const values: Readonly<Record<string, string>> = {
      http_code: String(isFailure(answer) ? 0 : answer.status).padStart(3, '0'),
      response_code: String(isFailure(answer) ? 0 : answer.status).padStart(3, '0'),
      size_download: String(isFailure(answer) ? 0 : answer.body.length),
      exitcode: String(failure?.code ?? 0),
    };
    const text = format
      .replace(/%\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
      .replace(/\\n/g, '\n')
      .replace(/\\t/g, '\t');
    await self.stdout.write(Buffer.from(text), self.signal);
  }
  return failure === null ? 0 : fail(failure);
};

/** wget -q -O FILE -T SECONDS: busybox's. */
export const wget: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), {
    flags: 'qSc',
    values: 'OT',
    long: { quiet: 'q', 'no-check-certificate': 'k', spider: 's' },
  });
  const [address] = options.kind === 'options' ? options.words : [];
  if (options.kind === 'refused' || address === undefined) {
    await complain(self, `wget: ${options.kind === 'refused' ? options.text : 'missing URL'}`);
    return 1;
  }
  const seconds = options.value('T');
  const plan: Plan = {
    method: 'GET',
    headers: [['User-Agent', 'Wget']],
    body: undefined,
    insecure: options.has('k'),
    bundlePem: '',
    resolve: new Map(),
    timeoutMs: seconds === undefined ? null : Number(seconds) * 1000,
    trace: async () => undefined,
  };
  const answer = await follow(self, /^\w+:\/\//.test(address) ? address : `http://${address}`, plan, true);
  if (isFailure(answer) || answer.status >= 400) {
    await complain(
      self,
      `wget: ${isFailure(answer) ? answer.text : `server returned error: ${answer.head.split('\r\n')[0]}`}`,
    );
    return 1;
  }
  if (options.has('s')) return 0;
  const name = options.value('O') ?? ((address.split('?')[0] ?? '').replace(/^.*\//, '') || 'index.html');
  const sink = name === '-' ? self.stdout : openWrite(self, name, 'truncate');
  if (isFileProblem(sink)) {
    await complain(self, `wget: can't open '${name}': ${sink.text}`);
    return 1;
  }
  return (await sink.write(answer.body, self.signal)) || answer.body.length === 0 ? 0 : 1;
};

function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'code' in value && 'text' in value;
}

async function bodyOf(
  self: Process,
  data: readonly string[],
  binary: readonly string[],
): Promise<Buffer | undefined | Failure> {
  const parts: Buffer[] = [];
  for (const [index, value] of [...data, ...binary].entries()) {
    if (!value.startsWith('@')) {
      parts.push(Buffer.from(value));
      continue;
    }
    const name = value.slice(1);
    const source = name === '-' ? self.stdin : openRead(self, name);
    if (isFileProblem(source)) return { code: 26, text: `Failed to open ${name}` };
    const content = await readAll(source, self.signal, MOST_BODY_BYTES);
    parts.push(
      index < data.length
        ? Buffer.from(content.toString('latin1').replace(/[\r\n]/g, ''), 'latin1')
        : content,
    );
  }
  if (parts.length === 0) return undefined;
  return Buffer.concat(parts.flatMap((it, index) => (index === 0 ? [it] : [Buffer.from('&'), it])));
}

async function follow(
  self: Process,
  address: string,
  plan: Plan,
  redirects: boolean,
): Promise<Answer | Failure> {
  let at = address;
  for (let count = 0; count <= MOST_REDIRECTS; count += 1) {
    const scheme = /^(\w+):\/\//.exec(at)?.[1]?.toLowerCase() ?? 'http';
    if (scheme !== 'http' && scheme !== 'https')
      return { code: 1, text: `Protocol "${scheme}" not supported` };
    let url: URL;
    try {
      url = new URL(/^\w+:\/\//.test(at) ? at : `http://${at}`);
    } catch {
      return { code: 3, text: 'URL rejected: Malformed input to a URL function' };
    }
    const answer = await exchange(self, url, plan);
    const location = isFailure(answer)
      ? undefined
      : answer.headers.find(([name]) => name.toLowerCase() === 'location')?.[1];
    if (
      !redirects ||
      location === undefined ||
      isFailure(answer) ||
      answer.status < 300 ||
      answer.status >= 400
    )
      return answer;
    at = new URL(location, url).href;
  }
  return { code: 47, text: `Maximum (${MOST_REDIRECTS}) redirects followed` };
}

async function exchange(self: Process, url: URL, plan: Plan): Promise<Answer | Failure> {
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (scheme === 'https' ? 443 : 80));
  const address = plan.resolve.get(`${host}:${port}`) ?? host;
  const overdue = plan.timeoutMs === null ? null : timeLimit(plan.timeoutMs);
  const signal = overdue === null ? self.signal : AbortSignal.any([self.signal, overdue]);
  const transport = new Transport({
    from: self.container.network,
    trust: () =>
      plan.insecure ? { kind: 'verify-nobody' } : { kind: 'verify', bundlePem: plan.bundlePem, host },
  });
  const path = `${url.pathname}${url.search}`;
  const headers: [string, string][] = [
    ['Host', url.host],
    ...plan.headers.map(([name, value]): [string, string] => [name, value]),
  ];
  await plan.trace(`* Trying ${address}:${port}...`);
  for (const line of [`${plan.method} ${path} HTTP/1.1`, ...headers.map((it) => it.join(': ')), ''])
    await plan.trace(`> ${line}`);
  const request = {
    method: plan.method,
    path,
    headers,
    ...(plan.body === undefined ? {} : { body: plan.body }),
  };
  const begun = Date.now();
  const answer = await transport.roundTrip({ host: address, port, scheme }, request, { signal });
  const late = {
    code: 28,
    text: `Operation timed out after ${Date.now() - begun} milliseconds with 0 bytes received`,
  };
  if (answer.kind === 'refusal')
    return overdue?.aborted === true ? late : failureOf(answer, host, port, Date.now() - begun);
  const head = `HTTP/1.1 ${answer.status} ${answer.statusText}\r\n${answer.headers.map((it) => `${it.join(': ')}\r\n`).join('')}\r\n`;
  for (const line of head.split('\r\n').slice(0, -1)) await plan.trace(`< ${line}`);
  const chunks: Buffer[] = [];
  let size = 0;
  answer.body.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MOST_BODY_BYTES) chunks.push(chunk);
    else answer.body.destroy();
  });
  const stop = (): void => void answer.body.destroy();
  signal.addEventListener('abort', stop, { once: true });
  answer.body.on('error', () => undefined);
  if (!answer.body.closed) await once(answer.body, 'close').catch(() => undefined);
  signal.removeEventListener('abort', stop);
  if (overdue?.aborted === true) return { ...late, text: late.text.replace(/ 0 bytes/, ` ${size} bytes`) };
  if (size > MOST_BODY_BYTES) return { code: 27, text: 'Out of memory' };
  return { status: answer.status, head, headers: answer.headers, body: Buffer.concat(chunks) };
}

/** What curl says where Go would say `refusal.text`. */
function failureOf(refusal: Refusal, host: string, port: number, ms: number): Failure {
  switch (refusal.code) {
    case 'NAME_NOT_FOUND':
      return { code: 6, text: `Could not resolve host: ${host}` };
    case 'CONNECTION_REFUSED':
    case 'NO_ROUTE':
      return {
        code: 7,
        text: `Failed to connect to ${host} port ${port} after ${ms} ms: Could not connect to server`,
      };
    case 'TIMED_OUT':
      return {
        code: 28,
        text: `Failed to connect to ${host} port ${port} after ${ms} ms: Timeout was reached`,
      };
    case 'NOT_TLS':
    case 'ALERT_RECEIVED':
      return { code: 35, text: 'TLS connect error: error:0A00010B:SSL routines::wrong version number' };
    case 'CONNECTION_CLOSED':
      return { code: 52, text: 'Empty reply from server' };
    case 'CONNECTION_RESET':
      return { code: 56, text: 'Recv failure: Connection reset by peer' };
    case 'CERTIFICATE_REFUSED':
      return { code: 60, text: certificateText(refusal.text, host) };
  }
}

/** OpenSSL's words for Go's verdict. */
function certificateText(text: string, host: string): string {
  if (/is valid for|not valid for any names|doesn't contain any IP SANs|legacy Common Name/.test(text)) {
    return `SSL: no alternative certificate subject name matches target host name '${host}'`;
  }
  if (/is before/.test(text)) return 'SSL certificate problem: certificate is not yet valid';
  if (/has expired/.test(text)) return 'SSL certificate problem: certificate has expired';
  return 'SSL certificate problem: unable to get local issuer certificate';
}
