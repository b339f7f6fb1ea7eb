import type { Setup, UserAction } from './scenario-file';

/**
 * How many steps are over when a twin comes to the one that somebody asks for: by its number, or an action by its name or its
 * path. Null: it has none like that. What a play will do is known when it is done. Pure.
 */
export function stepsBefore(setup: Setup, asked: string): number | null {
  const number = /^[1-9]\d{0,3}$/.test(asked) ? Number(asked) : null;
  if (setup.kind === 'play') return number === null ? null : number - 1;
  const starts = startsOf(setup.user);
  // An attacked action and what the attacker got of it are two steps, and happen at once.
  const found = starts.find(({ names, first, last }) =>
    number === null ? names.includes(asked) : first <= number && number <= last,
  );
  return found === undefined ? null : found.first - 1;
}

/** What can be asked for, in order. */
export function namesOfSteps(setup: Setup): string[] {
  return setup.kind === 'play'
    ? []
    : startsOf(setup.user).map(({ first, names }) => names[0] ?? String(first));
}

function startsOf(user: readonly UserAction[]): { first: number; last: number; names: string[] }[] {
  let over = 0;
  return user.map(({ path, name }) => {
    const first = over + 1;
    over += path === undefined ? 1 : 2;
    return { first, last: over, names: [name ?? [], path ?? []].flat() };
  });
}
