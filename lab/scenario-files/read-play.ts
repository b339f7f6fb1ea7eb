import type { OptionSpec, OptionValues, Play } from '../plays/play';
import { plays } from '../plays/plays';
import { type DocumentPart, nearOf, quoted } from './document-part';
import type { PlayWords } from './scenario-file';

/** Plays that are no part of the package, by what files call them; an error: why there is none. */
export type OutsidePlays = ReadonlyMap<string, Play | Error>;

/** `./name.js`: what is no word of ours is a file. */
export function isPlayFile(name: string): boolean {
  return /[/\\]|\.[cm]?js$/.test(name);
}

export function readPlay(part: DocumentPart, outside: OutsidePlays): PlayWords {
  const name = part.neededText('play');
  const play = name === '' ? null : playNamed(part, name, outside);
  return { name, play: play ?? nothing, options: play === null ? {} : readOptions(part, play, name) };
}

/** `with`, of this play; what is not there has its default. */
export function readOptions(around: DocumentPart, { options: specs }: Play, name: string): OptionValues {
  const names = Object.keys(specs);
  const given = around.part('with');
  for (const each of given?.names() ?? []) {
    if (names.includes(each)) continue;
    const hint = names.length === 0 ? 'it has none' : nearOf(each, names);
    given?.noteName(each, `play "${name}" has no option "${each}"`, hint);
  }
  return Object.fromEntries(
    Object.entries(specs).map(([each, spec]) => {
      if (given?.has(each) === true) return [each, readOption(given, each, spec)];
      if (spec.default === undefined) {
        const text = `play "${name}" needs the option "${each}"`;
        const hint = `attacker.with: { ${each}: ${wanted(spec)} }`;
        if (given === null) around.noteName('play', text, hint);
        else around.noteName('with', text, hint);
      }
      return [each, spec.default];
    }),
  );
}

function readOption(given: DocumentPart, name: string, spec: OptionSpec): unknown {
  if ('oneOf' in spec) return given.word(name, spec.oneOf);
  const value = given.value(name);
  if (spec.type === 'json' || typeof value === spec.type) return value;
  given.note(name, `option "${name}" is ${quoted(value)}`, `it is ${wanted(spec)}`);
  return undefined;
}

function wanted(spec: OptionSpec): string {
  if ('oneOf' in spec) return spec.oneOf.join(' or ');
  switch (spec.type) {
    case 'boolean':
      return 'true or false';
    case 'number':
      return 'a number';
    case 'string':
      return 'a text';
    case 'json':
      return 'a value';
  }
}

function playNamed(part: DocumentPart, name: string, outside: OutsidePlays): Play | null {
  if (isPlayFile(name)) {
    const found = outside.get(name) ?? new Error(`play "${name}" was not loaded`);
    if (!(found instanceof Error)) return found;
    const hint = 'hint' in found && typeof found.hint === 'string' ? found.hint : 'docs/hooks.md';
    part.note('play', found.message, hint);
    return null;
  }
  const play = Object.hasOwn(plays, name) ? plays[name] : undefined;
  if (play !== undefined) return play;
  const hint = `${nearOf(name, Object.keys(plays))}; a file of your own begins with ./`;
  part.note('play', `unknown play "${name}"`, hint);
  return null;
}

/** In place of one that is not there, so that reading goes on. */
const nothing: Play = { steps: [], options: {}, play: async () => undefined };
