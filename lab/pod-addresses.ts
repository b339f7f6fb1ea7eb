import { MidplaneError } from '../error';

/**
 * The addresses of one node's pods: the next one each time, round and round, so that an address that was given back
 * rests for a while. As host-local, the plugin that most clusters' nodes run, does it.
 */
export class PodAddresses {
  readonly #prefix: string;
  readonly #taken = new Map<string, string>();
  #last = 1;

  /** `cidr`: a /24, for example `10.244.1.0/24`; its .1 is the node's own. */
  constructor(cidr: string) {
    this.#prefix = cidr.replace(/0\/24$/, '');
  }

  /** `before`: what this pod had when the lab last ran; it gets that again if it can. */
  take(pod: string, before: string | null): string {
    const address = before !== null && this.#isFree(before) ? before : this.#next();
    this.#taken.set(pod, address);
    return address;
  }

  give(pod: string): void {
    this.#taken.delete(pod);
  }

  #isFree(address: string): boolean {
    return address.startsWith(this.#prefix) && ![...this.#taken.values()].includes(address);
  }

  #next(): string {
    for (let tries = 0; tries < 253; tries += 1) {
      this.#last = this.#last === 254 ? 2 : this.#last + 1;
      const address = `${this.#prefix}${this.#last}`;
      if (this.#isFree(address)) return address;
    }
    throw new MidplaneError('LAB_START_FAILED', `no address is free in ${this.#prefix}0/24`, {
      hint: 'delete some pods: a node of the lab has room for 253',
    });
  }
}
