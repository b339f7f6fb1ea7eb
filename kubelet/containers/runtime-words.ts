import { randomBytes } from 'node:crypto';

/** In the words of runc through containerd. */
export function cannotStart(argv: readonly string[]): string {
  const [name] = argv;
  if (name === undefined) return `failed to create exec "${newId()}": args must not be empty: unknown`;
  const why = name.includes('/')
    ? `exec: "${name}": stat ${name}: no such file or directory`
    : `exec: "${name}": executable file not found in $PATH`;
  return `failed to start exec "${newId()}": OCI runtime exec failed: exec failed: unable to start container process: ${why}: unknown`;
}

/** What a runtime names its containers and sandboxes by. */
export function newId(): string {
  return randomBytes(32).toString('hex');
}
