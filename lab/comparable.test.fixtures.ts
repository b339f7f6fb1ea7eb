import type { TimelineEvent } from '../network/timeline';

/** What of two runs with one seed has to be the same. docs/seeds.md says why the rest need not. */

/** Without the clock, and without what depends on it or on the operating system. */
export function comparable(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replaceAll(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g, 'TIME')
    .replaceAll(/\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000/g, 'TIME')
    .replaceAll(/\b1\d{9}(\.\d+|\d{3})?\b/g, 'TIME')
    .replaceAll(/(\d+\.\d+\.\d+\.\d+):[3-6]\d{4}\b/g, '$1:PORT')
    .replaceAll(/("address":"[^"]*","port":)[3-6]\d{4}\b/g, '$1"PORT"')
    .replaceAll(/resourceVersion=\d+/g, 'resourceVersion=VERSION');
  return JSON.parse(text);
}

/**
 * By connection and machine: there one thing happens after the other, while two machines wait for nobody. Without what
 * components ask the apiserver of their own accord, by their clocks and over whichever of their connections is free.
 */
export function comparableEvents(events: readonly TimelineEvent[]): unknown {
  const foreground = events.filter(({ connection }) => !OF_COMPONENTS.test(connection ?? ''));
  const sequences: Record<string, unknown[]> = {};
  for (const { connection, host, kind, data } of foreground) {
    const key = `${connection ?? ''} at ${host}`;
    // Of what is signed the length varies, by the zeros that DER leaves out.
    const { length: _length, ...rest } = data;
    sequences[key] = [...(sequences[key] ?? []), { kind, ...rest }];
  }
  return comparable(Object.fromEntries(Object.entries(sequences).sort(([a], [b]) => (a < b ? -1 : 1))));
}

const OF_COMPONENTS = /^(control-plane|node-[12])>10\.0\.0\.10:6443#/;
