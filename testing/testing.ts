/** The package export `midplane/testing`. */
export { MidplaneError } from '../error';
export type { Cell } from '../report/outcome';
export type { DefenceId, PathId, PositionId, Side, TechniqueId, VerdictId } from '../scenarios/vocabulary';
export { assertIntercepted, assertRefused, assertSealed, assertStaysClosed } from './assertions';
export type { AttackOutcome, PathElsewhere } from './attack-outcome';
export type { InterceptedOptions } from './expectations';
export { type MidplaneMatchers, matchers } from './matchers';
export {
  type AttackOptions,
  type EveryPathOptions,
  startLab,
  type TestLab,
  type TestLabOptions,
} from './start-lab';
