/**
 * What a controller has done and not seen yet: its collections lag behind the apiserver, and whoever decides on an old
 * picture does things twice. Source of the idea and the limit: pkg/controller/controller_utils.go (ControllerExpectations).
 */
const FORGET_AFTER_MS = 5 * 60_000;

export class Expectations {
  readonly #now: () => Date;
  readonly #waiting = new Map<string, Map<string, number>>();

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** `what` is any word that tells one act from another: `+web-x2x4z` for a creation. */
  expect(key: string, what: string): void {
    const waiting = this.#waiting.get(key) ?? new Map<string, number>();
    waiting.set(what, this.#now().getTime());
    this.#waiting.set(key, waiting);
  }

  fulfil(key: string, what: string): void {
    const waiting = this.#waiting.get(key);
    if (waiting?.delete(what) && waiting.size === 0) this.#waiting.delete(key);
  }

  /** Whether something has yet to be seen. What was never seen is given up after five minutes. */
  pending(key: string): boolean {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return false;
    const limit = this.#now().getTime() - FORGET_AFTER_MS;
    for (const [what, since] of waiting) if (since < limit) waiting.delete(what);
    if (waiting.size === 0) this.#waiting.delete(key);
    return waiting.size > 0;
  }

  forget(key: string): void {
    this.#waiting.delete(key);
  }
}
