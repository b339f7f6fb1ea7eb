import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Cluster } from './nodes-control-plane';
import type { Joined } from './nodes-kubelets';
import type { Usage } from './nodes-usage';

/**
 * Many nodes that join at once: an apiserver and a controller-manager in one process, all the kubelets in another, over
 * TLS on the loopback. Each node has a bootstrap token to begin with, and then a key, a certificate and a TLS port of its own.
 */
export interface JoinedNodes {
  readonly seconds: number;
  /** Of both processes, when all nodes are Ready. */
  readonly residentMiB: number;
  /** Of both processes, since the joining began. */
  readonly processorSeconds: number;
}

export async function benchNodes(nodes: number): Promise<JoinedNodes> {
  await using controlPlane = new Part('nodes-control-plane');
  await using kubelets = new Part('nodes-kubelets');
  const cluster = await controlPlane.next<Cluster>();
  const before = await controlPlane.ask<Usage>('usage');
  const joined = await kubelets.ask<Joined>({ nodes, cluster });
  const after = await controlPlane.ask<Usage>('usage');
  return {
    seconds: joined.seconds,
    residentMiB: joined.residentMiB + after.residentMiB,
    processorSeconds: joined.processorSeconds + after.processorSeconds - before.processorSeconds,
  };
}

/** A process of its own, that ends when it is let go. */
class Part implements AsyncDisposable {
  readonly #name: string;
  readonly #child;
  readonly #ended;

  constructor(name: string) {
    this.#name = name;
    this.#child = fork(join(__dirname, `${name}.js`), [], { execArgv: ['--expose-gc'] });
    this.#ended = once(this.#child, 'exit');
  }

  ask<Answer>(question: object | string): Promise<Answer> {
    this.#child.send(question);
    return this.next();
  }

  async next<Message>(): Promise<Message> {
    const [message] = await Promise.race([
      once(this.#child, 'message'),
      this.#ended.then(([code]) => {
        throw new Error(`${this.#name} ended with ${code}`);
      }),
    ]);
    return message as Message;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }
}
