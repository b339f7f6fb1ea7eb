import type { Twin } from '../../report/scenario-outcome';
import type { Stage } from '../scenarios/stage';

/**
 * What is done in a scenario that takes more than paths: its story, its cluster and what is expected of it stand in the
 * file that names the play. So does the difference of the twins, in the cluster or in the options.
 */
export interface Play {
  /** What it would do, a line each, as `who: what`: for --dry-run, nothing is computed from it. */
  readonly steps: readonly string[];
  readonly options: OptionSpecs;
  /** `stage.gained` is called for what a genuine server or client really gave. */
  play(stage: Stage, call: PlayCall<OptionValues>): Promise<void>;
}

/** By which the default export of a module is known to be a play, whichever copy of the package made it. */
export const playBrand = 'midplane.play/v1';

export interface PlayCall<Options> {
  readonly options: Options;
  readonly twin: Twin;
}

/** By their names under `attacker.with`. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** Without a default the option has to be given. */
export type OptionSpec =
  | { readonly about?: string; readonly oneOf: readonly string[]; readonly default?: string }
  | { readonly about?: string; readonly type: 'string'; readonly default?: string }
  | { readonly about?: string; readonly type: 'number'; readonly default?: number }
  | { readonly about?: string; readonly type: 'boolean'; readonly default?: boolean }
  /** Anything that JSON can say. */
  | { readonly about?: string; readonly type: 'json'; readonly default?: unknown };

export type OptionValues = Readonly<Record<string, unknown>>;

/** What a play is handed for these specs. */
export type OptionsOf<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends { readonly oneOf: readonly (infer Word)[] }
    ? Word
    : Specs[Name] extends { readonly type: 'string' }
      ? string
      : Specs[Name] extends { readonly type: 'number' }
        ? number
        : Specs[Name] extends { readonly type: 'boolean' }
          ? boolean
          : unknown;
};

/** So that the options have their types inside of `play`. */
export function playOf<const Specs extends OptionSpecs = Record<never, never>>(given: {
  readonly steps: readonly string[];
  readonly options?: Specs;
  play(stage: Stage, call: PlayCall<OptionsOf<Specs>>): Promise<void>;
}): Play {
  return {
    steps: given.steps,
    options: given.options ?? {},
    // They were read by these specs.
    play: (stage, call) => given.play(stage, call as PlayCall<OptionsOf<Specs>>),
  };
}
