import type { UserAction } from './scenario-file';

/** The word for it in a story. */
export function whoActs({ kubectl }: UserAction): string {
  return kubectl === undefined || kubectl.as === 'admin' ? 'user' : kubectl.as;
}
