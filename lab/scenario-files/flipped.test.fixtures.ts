import { verdictIds } from '../../scenarios/vocabulary';
import type { Condition, ObjectCondition, PathCondition } from './scenario-file';

export interface Flipped {
  /** `logs: verdict`. */
  readonly what: string;
  readonly condition: Condition;
}

/** The condition once for every part of it, each time with that one part turned into something else. */
export function flipped(condition: Condition): Flipped[] {
  const { outcome, paths = [], saw = [], object } = condition;
  return [
    ...(outcome === undefined
      ? []
      : [
          {
            what: 'outcome',
            condition: { ...condition, outcome: outcome === 'open' ? 'closed' : 'open' } as const,
          },
        ]),
    ...saw.map((_, at) => ({ what: `saw[${at}]`, condition: { ...condition, saw: saw.with(at, unheard) } })),
    ...(object === undefined
      ? []
      : [{ what: 'object', condition: { ...condition, object: flippedObject(object) } }]),
    ...paths.flatMap((path, at) =>
      flippedPath(path).map(({ what, path: turned }) => ({
        what: `${path.path}: ${what}`,
        condition: { ...condition, paths: paths.with(at, turned) },
      })),
    ),
  ];
}

const unheard = 'words that nobody says';

function flippedObject(object: ObjectCondition): ObjectCondition {
  if (object.is !== undefined) return { ...object, is: unheard };
  if (object.matches !== undefined) return { ...object, matches: unheard };
  return { ...object, exists: object.exists === false };
}

function flippedPath(path: PathCondition): { what: string; path: PathCondition }[] {
  return Object.entries(path)
    .filter(([part]) => part !== 'path')
    .map(([part, value]) => ({ what: part, path: { ...path, [part]: other(part, value) } }));
}

function other(part: string, value: string | boolean): unknown {
  if (typeof value === 'boolean') return !value;
  if (part === 'verdict') return verdictIds.find((id) => id !== value);
  if (part === 'credential') return value === 'none' ? 'captured' : 'none';
  return unheard;
}
