import type { KubeObject } from '../api/objects';

/**
 * The objects of one kind under their keys, `namespace/name`, in the order in which etcd keeps its keys. The order is
 * kept with every write, so that a list neither sorts nor copies more than it answers with.
 */
export class OrderedTable {
  readonly #objects = new Map<string, KubeObject>();
  readonly #keys: string[] = [];

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  set(key: string, object: KubeObject): void {
    if (!this.#objects.has(key)) this.#keys.splice(this.#position(key), 0, key);
    this.#objects.set(key, object);
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) this.#keys.splice(this.#position(key), 1);
  }

  /** In no order and without a copy. */
  values(): Iterable<KubeObject> {
    return this.#objects.values();
  }

  /** The keys of a namespace, or ('') of all, from `start` on. */
  keys(namespace: string, start = ''): string[] {
    const from = this.#position(start);
    if (namespace === '') return this.#keys.slice(from);
    // '0' follows '/': every key of the namespace lies between the two.
    return this.#keys.slice(Math.max(from, this.#position(`${namespace}/`)), this.#position(`${namespace}0`));
  }

  /** Where the key is, or would be. */
  #position(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
