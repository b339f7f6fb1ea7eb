/** The package export `midplane/hooks`: attackers of one's own. docs/hooks.md says how. */

export type { Loot } from '../attacker/loot';
export type { Rule } from '../attacker/rules';
export { MidplaneError } from '../error';
export type { OptionSpec, OptionSpecs, OptionsOf, OptionValues } from '../lab/plays/play';
export type { PathId, PositionId, TechniqueId } from '../scenarios/vocabulary';
export { definePlay, type PlayDefinition } from './define-play';
export type {
  Answer,
  AttackerMachine,
  AttackOrder,
  Credential,
  CurlOptions,
  Evidence,
  OngoingAttack,
  PlayClient,
  PlayCluster,
  PlayHooks,
  PlayStage,
  Said,
} from './surface';
