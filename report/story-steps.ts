import type { TimelineEvent } from '../network/timeline';
import type { Cell } from './outcome';
import { Captured } from './story-captured';
import { causesFirst, type Scene, sceneOf } from './story-scene';
import { storyTeller } from './story-teller';

export interface StoryStep {
  readonly kind: 'heading' | 'step';
  readonly at: number;
  readonly host: string;
  readonly text: string;
  /** Whether a trust decision or its result was good news for the user; null for what is neither. */
  readonly tone: 'good' | 'bad' | null;
  /** The machine that it went to or came from, where the step is something that crossed the network. */
  readonly peer: { readonly host: string; readonly direction: 'to' | 'from' } | null;
}

/** Events → steps: the leg that is attacked, what was decided on it, and who asked for it. */
export function storySteps(cell: Cell, recorded: readonly TimelineEvent[]): StoryStep[] {
  const events = causesFirst(recorded);
  const scene = sceneOf(events, cell);
  const captured = new Captured(scene);
  const tell = storyTeller(cell, scene);
  const steps: StoryStep[] = [];
  const said = new Set<string>();

  const tellCaptured = (): void => {
    const sum = captured.take();
    if (sum === null) return;
    steps.push({ kind: 'step', ...sum, at: Math.max(sum.at, steps.at(-1)?.at ?? 0), tone: null, peer: null });
  };

  for (const event of events) {
    if (event.kind === 'step') {
      tellCaptured();
      const heading = headingOf(event);
      if (heading !== null)
        steps.push({ kind: 'heading', at: event.at, host: '', text: heading, tone: null, peer: null });
      said.clear();
      continue;
    }
    captured.see(event);
    const told = tell(event);
    if (told === null) continue;
    const { host, text, tone } = told;
    // Both ends and several layers report the same thing of one connection; it is told once for each machine. So is a
    // certificate that is shown again on the next connection.
    const about = certificateKinds.has(event.kind) ? '' : event.connection;
    const key = `${about}|${host}|${text}`;
    if (said.has(key)) continue;
    said.add(key);
    if (event.kind === 'position-withdrawn') tellCaptured();
    steps.push({ kind: 'step', at: event.at, host, text, tone, peer: peerOf(event, host, scene) });
  }
  tellCaptured();
  return steps;
}

const sentKinds: ReadonlySet<string> = new Set([
  'connection-opened',
  'certificate-shown',
  'host-key-shown',
  'alert-sent',
  'answer-forged',
  'relay-answered',
]);

const receivedKinds: ReadonlySet<string> = new Set(['request-received', 'request-captured']);

/** `host`: about whom the sentence is, which may be the other end of where the event was recorded. */
function peerOf(
  { kind, connection, host: at }: TimelineEvent,
  host: string,
  scene: Scene,
): StoryStep['peer'] {
  if (host !== at) return kind === 'request-received' ? { host: at, direction: 'to' } : null;
  const direction = sentKinds.has(kind) ? 'to' : receivedKinds.has(kind) ? 'from' : null;
  const { from, reaches, tapped } = scene.leg(connection);
  const other = host === from ? reaches : from;
  if (direction === null || other === null || other === host) return null;
  // Who only listens is neither end.
  return tapped && host !== from && host !== reaches ? null : { host: other, direction };
}

const certificateKinds: ReadonlySet<string> = new Set([
  'certificate-shown',
  'certificate-judged',
  'client-certificate-captured',
]);

function headingOf(event: TimelineEvent): string | null {
  const { step, text } = event.data;
  if (step === 'control') return 'Without an attacker';
  if (step === 'attack') return 'Under attack';
  return typeof text === 'string' ? text : null;
}
