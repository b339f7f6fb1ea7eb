import { isFields } from '../api/fields';
import type { ApiserverLink, LiveAnswer } from './apiserver-link';
import { failedAnswerWords, unreachableWords } from './kubectl-words';
import { isNamedObject } from './object-list';
import { Collected, readBody } from './read-body';

export type WatchListener = (type: string, object: Record<string, unknown>) => void;

export type WatchEnd =
  /** We closed it. */
  | { readonly kind: 'closed' }
  /** The server ended it in good order, as it does after its timeout. */
  | { readonly kind: 'ended' }
  /** The server was not reached, or answered with a failure. `words` are kubectl's. */
  | { readonly kind: 'refused'; readonly status: number; readonly words: string }
  /** The stream broke off or carried something else than events. */
  | { readonly kind: 'broken'; readonly text: string };

export interface Watch {
  /** Resolves once, never rejects. */
  readonly ended: Promise<WatchEnd>;
  close(): void;
}

/** etcd's largest object is 1.5 MB; an event is one object. */
const LONGEST_EVENT_BYTES = 16 * 1024 * 1024;

/** Watches a collection; `watch=true` is added to the path when it is not there. */
export function watch(
  link: ApiserverLink,
  path: string,
  onEvent: WatchListener,
  signal?: AbortSignal,
): Watch {
  const stop = new AbortController();
  const release = link.guard(signal, () => stop.abort());
  const ended = follow(link, withWatch(path), onEvent, stop.signal).finally(release);
  return { ended, close: () => stop.abort() };
}

function withWatch(path: string): string {
  if (/[?&]watch=/.test(path)) return path;
  return `${path}${path.includes('?') ? '&' : '?'}watch=true`;
}

async function follow(
  link: ApiserverLink,
  path: string,
  onEvent: WatchListener,
  signal: AbortSignal,
): Promise<WatchEnd> {
  const answer = await link.send({ method: 'GET', path, headers: { Accept: 'application/json' }, signal });
  if (signal.aborted) {
    if (answer.kind === 'answer') answer.body.destroy();
    return { kind: 'closed' };
  }
  const { observer } = link.options;
  if (answer.kind === 'refusal' || answer.status !== 200) {
    const end =
      answer.kind === 'refusal'
        ? { status: 0, words: unreachableWords(answer, link.server) }
        : await refused(answer);
    const refusal = answer.kind === 'refusal' ? answer : null;
    observer?.answered({ method: 'GET', path, refusal, ...end });
    return { kind: 'refused', ...end };
  }
  answer.body.on('data', (chunk: Buffer) => observer?.received(chunk));
  return readEvents(answer, onEvent, signal);
}

async function refused(answer: LiveAnswer): Promise<{ readonly status: number; readonly words: string }> {
  const kept = new Collected();
  await readBody(answer.body, (chunk) => kept.add(chunk));
  const contentType = answer.headers['content-type'] ?? null;
  const about = { verb: 'GET', resource: '', name: '' };
  const words = failedAnswerWords({ status: answer.status, contentType, body: kept.bytes(), ...about });
  return { status: answer.status, words };
}

function readEvents(answer: LiveAnswer, onEvent: WatchListener, signal: AbortSignal): Promise<WatchEnd> {
  const { body } = answer;
  return new Promise((resolve) => {
    const lines = new LineSplitter(LONGEST_EVENT_BYTES);
    const broken = (text: string): void => {
      resolve({ kind: 'broken', text });
      body.destroy();
    };
    body.on('data', (chunk: Buffer) => {
      for (const line of lines.push(chunk)) {
        // An event handler may have closed the watch: nothing is delivered after that.
        if (signal.aborted) return;
        const event = parseEvent(line);
        if (event === null) return broken('the server sent something that is not a watch event');
        onEvent(event.type, event.object);
      }
      if (lines.overflown) broken(`the server sent an event of more than ${LONGEST_EVENT_BYTES} bytes`);
    });
    body.on('end', () => resolve(signal.aborted ? { kind: 'closed' } : { kind: 'ended' }));
    const cut = (): void =>
      resolve(signal.aborted ? { kind: 'closed' } : { kind: 'broken', text: 'unexpected EOF' });
    body.on('error', cut);
    body.on('close', cut);
  });
}

function parseEvent(line: Buffer): { type: string; object: Record<string, unknown> } | null {
  try {
    const event: unknown = JSON.parse(line.toString('utf8'));
    if (typeof event !== 'object' || event === null) return null;
    const { type, object } = event as { type?: unknown; object?: unknown };
    if (typeof type !== 'string' || !isFields(object)) return null;
    // A bookmark has no name, and what is wrong is told in a Status.
    const isAboutObject = type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED';
    if (type === 'BOOKMARK' && !isFields(object['metadata'])) return null;
    return isAboutObject && !isNamedObject(object) ? null : { type, object };
  } catch {
    return null;
  }
}

/** Cuts chunks into lines without joining a long line again with every chunk; empty lines are left out. */
export class LineSplitter {
  readonly #limit: number;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get overflown(): boolean {
    return this.#length > this.#limit;
  }

  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, from)) {
      const line = Buffer.concat([...this.#parts, chunk.subarray(from, end)]);
      this.#parts = [];
      this.#length = 0;
      from = end + 1;
      if (line.length > 0) lines.push(line);
    }
    const rest = chunk.subarray(from);
    if (rest.length > 0) this.#parts.push(rest);
    this.#length += rest.length;
    return lines;
  }
}
