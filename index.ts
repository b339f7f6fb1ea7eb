/** The library: what the command line itself is made of. */
export { MidplaneError } from './error';
export { type MatrixOptions, runMatrix } from './lab/run-matrix';
export { runScenario, type ScenarioOptions, type ScenarioOutcome } from './lab/run-scenario';
export { verifyServingCertificate } from './network/verify';
export type { Cell, InterceptionMatrix } from './report/outcome';
export {
  type DefenceId,
  defences,
  type PathId,
  type PositionId,
  paths,
  positions,
  type TechniqueId,
  techniques,
  type VerdictId,
  verdicts,
} from './scenarios/vocabulary';
