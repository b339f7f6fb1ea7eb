import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { MidplaneError } from '../../error';
import { parseLocatedYaml } from '../../wire/located-yaml';
import { type Play, playBrand } from '../plays/play';
import { isPlayFile, type OutsidePlays } from './read-play';

/**
 * The play of a scenario file when that is a module of its own, beside the file in `folder`. Loading it runs what stands at
 * the top of it, as `require` does; nothing is played. Why there is none is for the reader of the file to say.
 */
export function loadPlays(text: string, folder: string): OutsidePlays {
  const document = parseLocatedYaml(text);
  const name = document.kind === 'yaml' ? nameIn(document.value) : null;
  if (name === null || !isPlayFile(name)) return new Map();
  return new Map([[name, loadPlay(name, resolve(folder, name))]]);
}

function nameIn(document: unknown): string | null {
  const { spec } = (document ?? {}) as { spec?: { attacker?: { play?: unknown } | null } | null };
  const name = spec?.attacker?.play;
  return typeof name === 'string' ? name.trim() : null;
}

function loadPlay(name: string, path: string): Play | MidplaneError {
  let module: unknown;
  try {
    module = createRequire(path)(path);
  } catch (cause) {
    return notLoaded(name, path, cause);
  }
  const play = brandedIn(module);
  if (play === null) {
    return new MidplaneError('SCENARIO_INVALID', `play "${name}" exports no play`, {
      hint: 'its default export, or module.exports, is what definePlay of midplane/hooks returns: docs/hooks.md',
    });
  }
  return { ...play, play: (stage, call) => told(name, () => play.play(stage, call), stage.signal) };
}

/** Of CommonJS, of an ES module, and of what compilers make of one for the other. */
function brandedIn(module: unknown): Play | null {
  for (let it = module, depth = 0; depth < 3; depth += 1) {
    if (typeof it !== 'object' || it === null) return null;
    if ((it as { brand?: unknown }).brand === playBrand) return it as Play;
    it = (it as { default?: unknown }).default;
  }
  return null;
}

function notLoaded(name: string, path: string, cause: unknown): MidplaneError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const [first = ''] = (message ?? `${cause}`).split('\n');
  if (code === 'MODULE_NOT_FOUND' && first.includes(path)) {
    return new MidplaneError('SCENARIO_INVALID', `play "${name}" is not there: ${path}`, {
      hint: 'a play that is a file is named from the folder of the scenario',
      cause,
    });
  }
  const needsPackage = code === 'MODULE_NOT_FOUND' && first.includes('midplane/hooks');
  return new MidplaneError('SCENARIO_INVALID', `play "${name}" cannot be loaded: ${first}`, {
    hint: needsPackage ? 'npm install midplane, in the folder of the play or above it' : path,
    cause,
  });
}

/** What a play throws is its own mistake, and no expectation that failed. */
async function told(name: string, play: () => Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await play();
  } catch (cause) {
    if (signal.aborted) throw cause;
    if (cause instanceof MidplaneError && cause.code !== 'USAGE' && cause.code !== 'PLAY_FAILED') throw cause;
    const { message = `${cause}`, stack = '', hint } = cause as Partial<MidplaneError>;
    const place = stack.split('\n').find((line) => /^\s+at /.test(line) && !line.includes('node:'));
    throw new MidplaneError('PLAY_FAILED', `play "${name}" failed: ${message.split('\n')[0]}`, {
      hint: hint ?? place?.trim() ?? 'docs/hooks.md',
      cause,
    });
  }
}
