import { type OptionSpecs, type OptionsOf, type Play, playBrand, playOf } from '../lab/plays/play';
import type { Twin } from '../report/scenario-outcome';
import { PlayingStage } from './playing-stage';
import type { PlayStage } from './surface';

export interface PlayDefinition<Specs extends OptionSpecs> {
  /** What it would do, a line each, as `who: what`: told by --dry-run. */
  readonly steps?: readonly string[];
  /** What a scenario may say under `attacker.with`. */
  readonly options?: Specs;
  play(stage: PlayStage, call: { readonly options: OptionsOf<Specs>; readonly twin: Twin }): Promise<void>;
}

/** A play of one's own, as the default export of the module that a scenario file names. Throws TypeError. */
export function definePlay<const Specs extends OptionSpecs = Record<never, never>>(
  definition: PlayDefinition<Specs>,
): Play & { readonly brand: typeof playBrand } {
  if (typeof definition?.play !== 'function')
    throw new TypeError('definePlay needs { play: async (stage, { options, twin }) => … }');
  const unknown = Object.keys(definition).find((name) => !['steps', 'options', 'play'].includes(name));
  if (unknown !== undefined)
    throw new TypeError(`definePlay knows nothing of "${unknown}": it takes steps, options and play`);
  const play = playOf<Specs>({
    steps: definition.steps ?? [],
    ...(definition.options === undefined ? {} : { options: definition.options }),
    play: async (stage, call) => {
      const playing = new PlayingStage(stage);
      await definition.play(playing, call);
      playing.throwFailure();
    },
  });
  return { ...play, brand: playBrand };
}
