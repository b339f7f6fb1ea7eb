import type { Cell } from '../../report/outcome';
import type { ScenarioStep } from '../../report/scenario-outcome';
import { isIn } from './pattern';
import type { Condition, Outcome, PathCondition } from './scenario-file';
import { type ReadObjects, unmetObject } from './unmet-object';

/** What a run came to, as far as an expectation can speak of it. */
export interface RunFacts {
  readonly outcome: Outcome;
  readonly steps: readonly Pick<ScenarioStep, 'saw'>[];
  readonly cells: readonly Cell[];
  /** What conditions ask for, as it was when all was over. */
  readonly objects?: ReadObjects;
}

/** Every part of a condition that does not hold, as a clause that says what was expected and what was seen. Pure. */
export function unmet(condition: Condition, facts: RunFacts): string[] {
  const { outcome, paths = [], saw = [], object } = condition;
  const objectUnmet = object === undefined ? null : unmetObject(object, facts.objects ?? new Map());
  return [
    ...(outcome === undefined || outcome === facts.outcome
      ? []
      : [`outcome: expected ${outcome}, and it was ${facts.outcome}`]),
    ...paths.flatMap((path) => unmetOfPath(path, facts.cells)),
    ...saw
      .filter((pattern) => !facts.steps.some((step) => isIn(step.saw, pattern)))
      .map((pattern) => `saw: nobody was shown ${JSON.stringify(pattern)}`),
    ...(objectUnmet === null ? [] : [objectUnmet]),
  ];
}

function unmetOfPath({ path, ...expected }: PathCondition, cells: readonly Cell[]): string[] {
  const cell = cells.find((each) => each.path === path);
  if (cell === undefined) return [`${path}: expected, and it was not run`];
  const seen = factsOf(cell);
  return Object.entries(expected)
    .filter(([part, wanted]) => !holds(part, wanted, seen[part as keyof CellFacts]))
    .map(([part, wanted]) => {
      const was = JSON.stringify(seen[part as keyof CellFacts]);
      return `${path}: ${part}: expected ${JSON.stringify(wanted)}, and it was ${was}`;
    });
}

type CellFacts = Readonly<Record<keyof Omit<PathCondition, 'path'>, string | boolean | null>>;

/** By the words of a condition; null for what the path has not. */
function factsOf(cell: Cell): CellFacts {
  return {
    verdict: cell.verdict,
    readUp: cell.read.up,
    readDown: cell.read.down,
    forged: cell.forged,
    tampered: cell.tampered,
    clientCertificateShown: cell.clientCertificateShown,
    steered: cell.steered ?? null,
    credential: cell.credential ?? 'none',
    alert: cell.tls?.alert ?? null,
    clientSaw: cell.clientSaw,
  };
}

function holds(part: string, wanted: string | boolean, seen: string | boolean | null): boolean {
  if (part === 'clientSaw') return isIn(String(seen), String(wanted));
  return wanted === seen;
}
