import { type VerdictId, verdictIds } from '../../scenarios/vocabulary';
import { type DocumentPart, nearOf } from './document-part';
import { readObjectCondition } from './read-object-condition';
import type { Condition, Expectation, Hint, Outcome, PathCondition, UserAction } from './scenario-file';

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
  return { ...readCondition(part, user), outcome: part.neededWord('outcome', outcomes), at: part.at };
}

export function readHints(spec: DocumentPart, user: readonly UserAction[]): readonly Hint[] {
  return spec.parts('hints').map((hint) => {
    hint.only(['when', 'text']);
    return { when: readCondition(hint.neededPart('when'), user), text: hint.neededText('text') };
  });
}

function readCondition(part: DocumentPart, user: readonly UserAction[]): Condition {
  part.only(['outcome', 'paths', 'saw', 'object']);
  const outcome = part.word('outcome', outcomes);
  const saw = part.texts('saw');
  for (const [at, pattern] of saw.entries()) part.pattern('saw', pattern, [at]);
  const seen = new Set<string>();
  const paths = part.parts('paths').map((each) => {
    const condition = readPath(each, user);
    if (seen.has(condition.path))
      each.note('path', `path "${condition.path}" is there twice`, 'say all of it once');
    seen.add(condition.path);
    return condition;
  });
  const object = part.part('object');
  return {
    ...(outcome === undefined ? {} : { outcome }),
    ...(object === null ? {} : { object: readObjectCondition(object) }),
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
  if (clientSaw !== undefined) part.pattern('clientSaw', clientSaw);
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
