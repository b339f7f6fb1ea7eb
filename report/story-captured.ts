import type { TimelineEvent } from '../network/timeline';
import type { Scene } from './story-scene';

/**
 * What the attacker kept in one run, summed up. On the wire every byte counts. Where it ends the connection itself, the
 * events count what came behind the heads of HTTP, and the heads are told by themselves.
 */
export class Captured {
  readonly #scene: Scene;
  #up = 0;
  #down = 0;
  #onWire = false;
  #requests = 0;
  #last: TimelineEvent | null = null;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  see(event: TimelineEvent): void {
    if (event.kind === 'request-captured') this.#requests += 1;
    if (event.kind !== 'bytes-captured') return;
    const { direction, length } = event.data;
    const count = typeof length === 'number' ? length : 0;
    if (direction === 'up') this.#up += count;
    else this.#down += count;
    this.#onWire ||= this.#scene.leg(event.connection).tapped;
    this.#last = event;
  }

  /** The sum so far, which begins anew; null when nothing was kept. */
  take(): { readonly at: number; readonly host: string; readonly text: string } | null {
    const last = this.#last;
    const text = this.#text();
    this.#up = 0;
    this.#down = 0;
    this.#onWire = false;
    this.#requests = 0;
    this.#last = null;
    return last === null || text === null ? null : { at: last.at, host: last.host, text };
  }

  #text(): string | null {
    if (this.#up + this.#down === 0) return null;
    const up = bytes(this.#up);
    const down = bytes(this.#down);
    if (this.#onWire)
      return `has a copy of all that passed: ${up} from the client and ${down} that came back`;
    const kept = [
      this.#requests > 0 ? 'the request' : '',
      this.#up === 0 ? '' : `${up} that the client sent${this.#requests > 0 ? ' with it' : ''}`,
      this.#down === 0 ? '' : `${down} of the answer`,
    ].filter((part) => part !== '');
    const end = kept.pop() ?? '';
    return `keeps ${kept.length === 0 ? end : `${kept.join(', ')} and ${end}`}`;
  }
}

export function bytes(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}
