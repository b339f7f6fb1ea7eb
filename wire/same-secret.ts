import { timingSafeEqual } from 'node:crypto';

/** Compares in a time that says nothing of the secret but its length. */
export function sameSecret(known: string, given: string): boolean {
  const [a, b] = [Buffer.from(known), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
