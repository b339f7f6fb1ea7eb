import type { KubectlLine } from './scenario-file';

/** As Kubernetes writes what it expands in commands. */
const UP = '$(UP)';

/** Whether it sends a word of the run. */
export function sendsUp({ words, stdin }: KubectlLine): boolean {
  return [...words, stdin].some((text) => text.includes(UP));
}

export function filled(text: string, up: string): string {
  return text.replaceAll(UP, up);
}
