import type { Randomness } from '../../randomness';

/** In the words of runc through containerd. `id`: of the process that could not be started. */
export function cannotStart(argv: readonly string[], id: string): string {
  const [name] = argv;
  if (name === undefined) return `failed to create exec "${id}": args must not be empty: unknown`;
  return `failed to start exec "${id}": OCI runtime exec failed: exec failed: unable to start container process: ${notFound(name)}: unknown`;
}

/** Of a container's first process, in the words of runc 1.2 through containerd. */
export function cannotCreate(argv: readonly string[]): string {
  return `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ${notFound(argv[0] ?? '')}: unknown`;
}

/** With as many processes as the pids cgroup allows. */
export function cannotFork(id: string): string {
  return `failed to start exec "${id}": OCI runtime exec failed: exec failed: unable to start container process: fork/exec: resource temporarily unavailable: unknown`;
}

function notFound(name: string): string {
  return name.includes('/')
    ? `exec: "${name}": stat ${name}: no such file or directory`
    : `exec: "${name}": executable file not found in $PATH`;
}

/** What a runtime names its containers and sandboxes by. */
export function newId(random: Randomness): string {
  return random.hex(32);
}
