import { goesUp, type StreamName, streamNames } from '../attacker/rules';
import type { Transcript, TranscriptEntry } from '../attacker/transcript';

/** The streams of which one side got something else than the other one said, as far as the transcript goes. */
export function changedStreams({ entries, dropped }: Transcript): StreamName[] {
  const isWhole = dropped.entries + dropped.bytes === 0;
  return streamNames.filter((stream) => {
    const [said, got] = goesUp(stream)
      ? (['client-sent', 'endpoint-received'] as const)
      : (['endpoint-answered', 'client-got'] as const);
    const ofStream = entries.filter((entry) => entry.stream === stream);
    return [...flowsOf(ofStream)].some(([, flow]) => {
      const [before, after] = [textOf(flow, said), textOf(flow, got)];
      if (isWhole) return before !== after;
      const length = Math.min(before.length, after.length);
      return before.slice(0, length) !== after.slice(0, length);
    });
  });
}

function flowsOf(entries: readonly TranscriptEntry[]): Map<string, TranscriptEntry[]> {
  const flows = new Map<string, TranscriptEntry[]>();
  for (const entry of entries) {
    const flow = `${entry.connection}/${entry.exchange}`;
    flows.set(flow, [...(flows.get(flow) ?? []), entry]);
  }
  return flows;
}

/** In hexadecimal, for a character may have been cut in two. */
function textOf(entries: readonly TranscriptEntry[], side: TranscriptEntry['side']): string {
  return entries
    .filter((entry) => entry.side === side)
    .map(({ text, encoding }) => Buffer.from(text, encoding).toString('hex'))
    .join('');
}
