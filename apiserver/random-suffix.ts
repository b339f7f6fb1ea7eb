import { integerBelow, type Randomness } from '../randomness';

/** No vowels and no look-alikes, so that no words appear. */
const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** Five letters that make a name unlikely to be taken. Source: k8s.io/apiserver pkg/storage/names/generate.go. */
export function randomSuffix(random: Randomness): string {
  return Array.from({ length: 5 }, () => letters.charAt(integerBelow(letters.length, random))).join('');
}
