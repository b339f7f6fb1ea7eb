/** A command's options and operands, as getopt(3) reads them: bundled letters, values beside or behind, `--` ends them. */
export interface OptionSpec {
  readonly flags?: string;
  /** Letters that take a value. */
  readonly values?: string;
  /** `--name` → the letter it stands for. */
  readonly long?: Readonly<Record<string, string>>;
  /** Options end at the first operand, as for commands that run another command. */
  readonly stopAtOperand?: boolean;
}

export interface Options {
  readonly kind: 'options';
  readonly words: readonly string[];
  has(letter: string): boolean;
  /** The last one given. */
  value(letter: string): string | undefined;
  all(letter: string): readonly string[];
}

export type ReadOptions = Options | { readonly kind: 'refused'; readonly text: string };

export function readOptions(argv: readonly string[], spec: OptionSpec): ReadOptions {
  const { flags = '', values = '', long = {}, stopAtOperand = false } = spec;
  const given = new Map<string, string[]>();
  const words: string[] = [];
  const pending = [...argv];
  const note = (letter: string, value: string): void => {
    given.set(letter, [...(given.get(letter) ?? []), value]);
  };
  for (let word = pending.shift(); word !== undefined; word = pending.shift()) {
    if (word === '--') {
      words.push(...pending);
      break;
    }
    if (word === '-' || !word.startsWith('-')) {
      words.push(word);
      if (!stopAtOperand) continue;
      words.push(...pending);
      break;
    }
    if (word.startsWith('--')) {
      const [name = '', ...rest] = word.slice(2).split('=');
      const letter = long[name];
      if (letter === undefined) return { kind: 'refused', text: `unrecognized option: ${name}` };
      const value = rest.length > 0 ? rest.join('=') : values.includes(letter) ? pending.shift() : '';
      if (value === undefined) return { kind: 'refused', text: `option requires an argument: ${name}` };
      note(letter, value);
      continue;
    }
    for (let at = 1; at < word.length; at += 1) {
      const letter = word.charAt(at);
      if (values.includes(letter)) {
        const rest = word.slice(at + 1);
        const value = rest === '' ? pending.shift() : rest;
        if (value === undefined)
          return { kind: 'refused', text: `option requires an argument -- '${letter}'` };
        note(letter, value);
        break;
      }
      if (!flags.includes(letter)) return { kind: 'refused', text: `unrecognized option: ${letter}` };
      note(letter, '');
    }
  }
  return {
    kind: 'options',
    words,
    has: (letter) => given.has(letter),
    value: (letter) => given.get(letter)?.at(-1),
    all: (letter) => given.get(letter) ?? [],
  };
}
