/**
 * What a relay changes in the streams that pass it, as plain data: so it stands in a file, goes over the control protocol
 * and into a report. `parse-rules` reads it, `stream-rules` plays it.
 */

/** A stream that goes one way. Those that end in `-up`, and stdin, go from the client to the endpoint; the others come back. */
export type StreamName = (typeof streamNames)[number];

export const streamNames = [
  'stdin',
  'stdout',
  'stderr',
  'logs',
  'body',
  'body-up',
  'forward',
  'forward-up',
] as const;

export function goesUp(stream: StreamName): boolean {
  return stream === 'stdin' || stream.endsWith('-up');
}

export type Rule =
  /** Every match becomes `with`; what matches is text, or `/a regular expression/`. */
  | { readonly kind: 'replace'; readonly stream: StreamName; readonly match: string; readonly with: string }
  /** Once. */
  | { readonly kind: 'inject'; readonly stream: StreamName; readonly text: string; readonly when: When }
  /** When stdout asks, `with` is typed; the client sees neither the question nor the echo. */
  | { readonly kind: 'answer'; readonly prompt: string; readonly with: string }
  | { readonly kind: 'drop'; readonly stream: StreamName }
  /** Every piece waits; a null stream stands for all of them. */
  | { readonly kind: 'delay'; readonly stream: StreamName | null; readonly ms: number }
  /** The connection breaks when so many bytes of a stream have passed. */
  | { readonly kind: 'cut'; readonly stream: StreamName | null; readonly afterBytes: number };

export type When =
  | { readonly kind: 'open' }
  /** Behind the first match: in stdout for what goes to stdin, else in the stream itself. */
  | { readonly kind: 'after'; readonly match: string }
  /** stdout ends with a shell's prompt, and nothing is said for a moment. */
  | { readonly kind: 'idle-prompt' };

/** A rule as it stands in a document: what `parse-rules` reads. */
export function writeRule(rule: Rule): Readonly<Record<string, object>> {
  const { kind, ...fields } = rule;
  const words = Object.entries(fields).filter(([, value]) => value !== null);
  const written = Object.fromEntries(words.map(([name, value]) => [name, writeWhen(value)]));
  return { [kind]: written };
}

function writeWhen(value: string | number | When): string | number | { readonly after: string } {
  if (typeof value !== 'object') return value;
  switch (value.kind) {
    case 'open':
      return 'open';
    case 'idle-prompt':
      return 'idle prompt';
    case 'after':
      return { after: value.match };
  }
}
