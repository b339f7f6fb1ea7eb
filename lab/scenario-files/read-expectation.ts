import { type VerdictId, verdictIds } from '../../scenarios/vocabulary';
import { type DocumentPart, nearOf } from './document-part';
import type { Condition, Expectation, Hint, Outcome, PathCondition, UserAction } from './scenario-file';
import { patternOf } from './unmet';

export const outcomes: readonly [Outcome, ...Outcome[]] = ['open', 'closed', 'unproved'];
export const truths = [
  'readUp',
  'readDown',
  'forged',
  'tampered',
  'clientCertificateShown',
  'steered',
] as const;
export const credentials = ['captured', 'replayed', 'none'] as const;

export function readExpectation(part: DocumentPart, user: readonly UserAction[]): Expectation {
  return { ...readCondition(part, user), outcome: part.neededWord('outcome', outcomes) };
}

export function readHints(spec: DocumentPart, user: readonly UserAction[]): readonly Hint[] {
  return spec.parts('hints').map((hint) => {
    hint.only(['when', 'text']);
    return { when: readCondition(hint.neededPart('when'), user), text: hint.neededText('text') };
  });
}

function readCondition(part: DocumentPart, user: readonly UserAction[]): Condition {
  part.only(['outcome', 'paths', 'saw']);
  const outcome = part.word('outcome', outcomes);
  const saw = part.texts('saw');
  for (const [at, pattern] of saw.entries()) checkPattern(part, 'saw', pattern, [at]);
  const seen = new Set<string>();
  const paths = part.parts('paths').map((each) => {
    const condition = readPath(each, user);
    if (seen.has(condition.path))
      each.note('path', `path "${condition.path}" is there twice`, 'say all of it once');
    seen.add(condition.path);
    return condition;
  });
  return {
    ...(outcome === undefined ? {} : { outcome }),
    ...(paths.length === 0 ? {} : { paths }),
    ...(saw.length === 0 ? {} : { saw }),
  };
}

function readPath(part: DocumentPart, user: readonly UserAction[]): PathCondition {
  part.only(['path', 'verdict', ...truths, 'credential', 'alert', 'clientSaw']);
  const used = user.flatMap(({ path }) => path ?? []);
  const given = part.neededText('path');
  const path = used.find((each) => each === given);
  if (path === undefined && given !== '') {
    part.note('path', `path "${given}" is not one that the user uses`, nearOf(given, used));
  }
  const verdict = part.word<VerdictId>('verdict', verdictIds);
  const credential = part.word('credential', credentials);
  const alert = part.text('alert');
  const clientSaw = part.text('clientSaw');
  if (clientSaw !== undefined) checkPattern(part, 'clientSaw', clientSaw);
  const told = truths.flatMap((name) => {
    const value = part.truth(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    path: path ?? 'logs',
    ...(verdict === undefined ? {} : { verdict }),
    ...Object.fromEntries(told),
    ...(credential === undefined ? {} : { credential }),
    ...(alert === undefined ? {} : { alert }),
    ...(clientSaw === undefined ? {} : { clientSaw }),
  };
}

function checkPattern(
  part: DocumentPart,
  name: string,
  pattern: string,
  below: readonly number[] = [],
): void {
  if (pattern === '') part.note(name, `${name} is empty`, 'a text, or /a regular expression/', below);
  try {
    patternOf(pattern);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    part.note(
      name,
      `${name} "${pattern}" is no regular expression: ${why}`,
      'a text stands for itself',
      below,
    );
  }
}
