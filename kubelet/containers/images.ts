import { crash, helloWorld, job, logger, pause } from './image-programs';
import { inClusterClient } from './in-cluster-client';
import type { Process } from './process';
import { agnhost, nginx, type WebContext, web } from './web-programs';

/** The images there are. An image picks a behaviour; nothing is ever pulled. */

export interface ImageContext {
  readonly self: Process;
  readonly args: readonly string[];
  readonly web: WebContext;
  /** Says that the container is up: before, it is not reported as running. */
  readonly up: () => void;
}

export interface Image {
  /** Whether the main process reads standard input, so that attach has something to talk to. */
  readonly readsStdin: boolean;
  readonly servesWeb: boolean;
  /** The image has no entry point: `args` of the pod are a command of their own. */
  readonly argsAreCommand: boolean;
  /** What it runs by default; null: a program of its own, `run`, which `ps` shows as `argv`. */
  readonly command: readonly string[] | null;
  readonly argv: readonly string[];
  /** Yields the exit code. */
  readonly run: (context: ImageContext) => Promise<number>;
  /** /etc/os-release. */
  readonly release: string;
  /** As `status.images` of a Node shows it. */
  readonly sizeBytes: number;
}

const MEBIBYTE = 1024 * 1024;

function release(id: string, name: string, version: string): string {
  return `NAME="${name}"\nID=${id}\nVERSION_ID="${version}"\nPRETTY_NAME="${name} ${version}"\n`;
}

const MIDPLANE = release('midplane', 'midplane', '1');

function program(argv: readonly string[], run: Image['run'], more: Partial<Image> = {}): Image {
  return {
    readsStdin: false,
    servesWeb: false,
    argsAreCommand: false,
    command: null,
    argv,
    run,
    release: MIDPLANE,
    sizeBytes: 8 * MEBIBYTE,
    ...more,
  };
}

/** An image with a shell, or another command, and nothing that runs by itself. */
function commandImage(command: readonly string[], more: Partial<Image> = {}): Image {
  return {
    ...program(command, async () => 0),
    argsAreCommand: true,
    command,
    ...more,
  };
}

const IMAGES: ReadonlyMap<string, Image> = new Map([
  ['midplane/web', program(['web'], web, { servesWeb: true, argsAreCommand: true })],
  ['midplane/logger', program(['logger'], logger)],
  ['midplane/shell', commandImage(['sh'], { readsStdin: true })],
  ['midplane/crash', program(['crash'], crash)],
  ['midplane/job', program(['job'], job)],
  ['midplane/in-cluster-client', program(['in-cluster-client'], inClusterClient)],
  [
    'nginx',
    program(['nginx: master process nginx -g daemon off;'], nginx, {
      servesWeb: true,
      argsAreCommand: true,
      release: release('debian', 'Debian GNU/Linux', '12'),
      sizeBytes: 72 * MEBIBYTE,
    }),
  ],
  [
    'busybox',
    commandImage(['sh'], { release: release('busybox', 'BusyBox', '1.37'), sizeBytes: 2 * MEBIBYTE }),
  ],
  [
    'alpine',
    commandImage(['/bin/sh'], {
      release: release('alpine', 'Alpine Linux', '3.22'),
      sizeBytes: 4 * MEBIBYTE,
    }),
  ],
  [
    'ubuntu',
    commandImage(['/bin/bash'], { release: release('ubuntu', 'Ubuntu', '24.04'), sizeBytes: 30 * MEBIBYTE }),
  ],
  [
    'debian',
    commandImage(['bash'], {
      release: release('debian', 'Debian GNU/Linux', '12'),
      sizeBytes: 49 * MEBIBYTE,
    }),
  ],
  [
    'curlimages/curl',
    commandImage(['curl', '--help'], {
      release: release('alpine', 'Alpine Linux', '3.22'),
      sizeBytes: 9 * MEBIBYTE,
      argsAreCommand: false,
    }),
  ],
  ['hello-world', program(['/hello'], helloWorld, { sizeBytes: 10 * 1024 })],
  ['registry.k8s.io/pause', program(['/pause'], pause, { sizeBytes: 320 * 1024 })],
  ['registry.k8s.io/e2e-test-images/agnhost', program(['/agnhost'], agnhost, { sizeBytes: 55 * MEBIBYTE })],
]);

/** By repository, whatever registry, tag or digest is written around it. */
export function findImage(reference: string): Image | null {
  const repository = reference.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  const exact = IMAGES.get(repository);
  if (exact !== undefined) return exact;
  const parts = repository.split('/');
  // docker.io/library/nginx is nginx; a lab's own registry may hold midplane's.
  const bare = parts
    .slice(-2)
    .join('/')
    .replace(/^(?:library|docker\.io)\//, '');
  return IMAGES.get(bare) ?? null;
}
