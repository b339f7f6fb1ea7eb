import type { Cell } from '../report/outcome';
import type { DefenceId, PathId, VerdictId } from '../scenarios/vocabulary';

/** What attacks on one path, or on several, came to. Plain data. */
export interface AttackOutcome {
  /** The settings of the lab in words: `kubelet-ca`, `none with --anonymous-auth=false`. */
  readonly settings: string;
  /** One for each path and technique. */
  readonly cells: readonly Cell[];
  /** For each path that stands open: what the same attacks came to in a lab of another defence. */
  readonly elsewhere: readonly PathElsewhere[];
}

export interface PathElsewhere {
  readonly path: PathId;
  readonly defence: DefenceId;
  /** The worst that came of it there. */
  readonly verdict: VerdictId;
}
