import type { TimelineEvent } from '../network/timeline';
import { ATTACKER } from './capture-files';
import type { ScenarioRun } from './scenario-outcome';
import type { StoryMaterial } from './story';
import { storySteps } from './story-steps';
import { oneLine } from './text';

/** Who said what to whom, in order. Texts are on one line, and may hold anything. */
export interface Sequence {
  readonly title: string;
  readonly participants: readonly string[];
  readonly items: readonly SequenceItem[];
}

export type Tone = 'good' | 'bad' | null;

export type SequenceItem =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'note'; readonly at: string; readonly text: string; readonly tone: Tone }
  | {
      readonly kind: 'message';
      readonly from: string;
      readonly to: string;
      readonly text: string;
      readonly tone: Tone;
    };

/** The story of a cell: what crossed the network as arrows, what was decided and noticed as notes. */
export function cellSequence(material: StoryMaterial): Sequence {
  const items = storySteps(material.cell, material.events).map((step): SequenceItem => {
    const { kind, host, peer, tone } = step;
    const text = shortened(step.text);
    if (kind === 'heading') return { kind, text };
    if (peer === null) return { kind: 'note', at: host, text, tone };
    return peer.direction === 'to'
      ? { kind: 'message', from: host, to: peer.host, text, tone }
      : { kind: 'message', from: peer.host, to: host, text, tone };
  });
  const { path, defence, technique, verdict } = material.cell;
  return sequence(`${path} · ${defence} · ${technique}: ${verdict}`, items);
}

/** A scenario: its steps as notes, and between them the attacker's connections. */
export function scenarioSequence(run: ScenarioRun, events: readonly TimelineEvent[]): Sequence {
  const items: SequenceItem[] = [];
  let dialled = new Set<string>();
  for (const event of events) {
    if (event.kind === 'scenario-step') {
      items.push(...stepItems(event));
      dialled = new Set();
    } else if (event.kind === 'connection-opened') {
      const message = attackersConnection(event);
      const key = message === null ? '' : `${message.from} ${message.to} ${message.text}`;
      if (message !== null && !dialled.has(key)) items.push(message);
      dialled.add(key);
    }
  }
  return sequence(`${run.twin}, ${run.setting}: ${run.outcome}`, items);
}

function stepItems({ host, data }: TimelineEvent): SequenceItem[] {
  const tone = data['outcome'] === 'gained' ? 'bad' : data['outcome'] === 'refused' ? 'good' : null;
  const did = shortened(String(data['did'] ?? ''));
  const saw = shortened(String(data['saw'] ?? ''));
  return [
    { kind: 'note', at: host, text: did, tone: null },
    ...(saw === '' ? [] : [{ kind: 'note' as const, at: host, text: saw, tone: tone as Tone }]),
  ];
}

function attackersConnection({ host, data }: TimelineEvent): (SequenceItem & { kind: 'message' }) | null {
  const to = String(data['deliveredTo'] ?? '');
  if (to === '' || to === host || (host !== ATTACKER && to !== ATTACKER)) return null;
  const at = data['to'] as { readonly address?: unknown; readonly port?: unknown } | undefined;
  return { kind: 'message', from: host, to, text: `connects to ${at?.address}:${at?.port}`, tone: null };
}

function sequence(title: string, items: readonly SequenceItem[]): Sequence {
  return { title: oneLine(title), participants: participantsOf(items), items };
}

/** In the order of their first word; the attacker beside whom it first got something from, as it stands on a path. */
function participantsOf(items: readonly SequenceItem[]): string[] {
  const named = items.flatMap(namesIn);
  const others = [...new Set(named)].filter((name) => name !== ATTACKER);
  if (others.length === new Set(named).size) return others;
  const first = items.find((item) => item.kind === 'message' && item.to === ATTACKER);
  const after = first?.kind === 'message' ? others.indexOf(first.from) + 1 : Math.max(0, others.length - 1);
  return [...others.slice(0, after), ATTACKER, ...others.slice(after)];
}

function namesIn(item: SequenceItem): string[] {
  switch (item.kind) {
    case 'heading':
      return [];
    case 'note':
      return [item.at];
    case 'message':
      return [item.from, item.to];
  }
}

const LONGEST = 240;

function shortened(text: string): string {
  const line = oneLine(text);
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}…`;
}
