import { MidplaneError } from '../error';

export function parseSeconds(flag: string, text: string): number {
  const seconds = Number(text);
  if (!Number.isFinite(seconds) || seconds <= 0) {
    throw new MidplaneError('USAGE', `${flag} "${text}" is not a number of seconds`, {
      hint: `for example ${flag}=10`,
    });
  }
  return seconds;
}
