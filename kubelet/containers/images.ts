import { findCommand } from './commands';
import type { Process } from './process';
import { startWeb, type WebOptions } from './web';

/** The images there are. An image picks a behaviour; nothing is ever pulled. */

export interface ImageContext {
  readonly self: Process;
  readonly web: WebOptions;
}

export interface Image {
  /** Whether the main process reads standard input, so that attach has something to talk to. */
  readonly readsStdin: boolean;
  readonly servesWeb: boolean;
  /** Resolves when the container is up; `exited` then yields its exit code. */
  start(context: ImageContext): Promise<{ exited: Promise<number> }>;
}

const web: Image = {
  readsStdin: false,
  servesWeb: true,
  start: async (context) => {
    const server = await startWeb(context.web);
    return {
      exited: whenKilled(context.self.signal)
        .then(() => server.close())
        .then(() => 0),
    };
  },
};

const logger: Image = {
  readsStdin: false,
  servesWeb: false,
  start: async ({ self }) => {
    await self.stdout.write(Buffer.from(`logger ${self.container.hostname} started\n`), self.signal);
    return { exited: whenKilled(self.signal).then(() => 0) };
  },
};

const shell: Image = {
  readsStdin: true,
  servesWeb: false,
  start: async ({ self }) => {
    const sh = findCommand('sh');
    return { exited: sh === null ? Promise.resolve(127) : sh({ ...self, argv: ['sh'] }) };
  },
};

const IMAGES: ReadonlyMap<string, Image> = new Map([
  ['midplane/web', web],
  ['midplane/logger', logger],
  ['midplane/shell', shell],
]);

/** By repository, whatever registry, tag or digest is written around it. */
export function findImage(reference: string): Image | null {
  const repository = reference.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  return IMAGES.get(repository.split('/').slice(-2).join('/')) ?? null;
}

function whenKilled(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
