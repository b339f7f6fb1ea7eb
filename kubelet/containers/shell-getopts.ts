import { complain, type Process } from './process';
import type { Interpreter } from './shell-interpreter';

/** How far within a word of bundled letters each shell is, and at which OPTIND that holds. */
const places = new WeakMap<Interpreter['state'], { index: string; at: number }>();

/** `getopts OPTSTRING NAME [WORD]...` (POSIX.1-2017, getopts); messages as busybox ash words them. */
export async function getopts(shell: Interpreter, self: Process): Promise<number> {
  const { state } = shell;
  const [, spec, name, ...given] = self.argv;
  if (spec === undefined || name === undefined) {
    await complain(self, 'sh: getopts: usage: getopts optstring var [arg]');
    return 2;
  }
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    await complain(self, `sh: getopts: ${name}: bad variable name`);
    return 2;
  }
  const words = given.length > 0 ? given : state.parameters;
  let index = Math.max(Number(state.get('OPTIND')) || 1, 1);
  const place = places.get(state);
  let at = place !== undefined && place.index === String(index) ? place.at : 1;
  const leave = (letter: string, status: number): number => {
    state.set('OPTIND', String(index));
    state.set(name, letter);
    places.set(state, { index: String(index), at });
    return status;
  };
  const word = words[index - 1];
  if (word === '--') index += 1;
  if (word === undefined || word === '--' || word === '-' || !word.startsWith('-')) {
    at = 1;
    state.unset('OPTARG');
    return leave('?', 1);
  }
  const letter = word.charAt(at);
  at += 1;
  const rest = word.slice(at);
  if (rest === '') {
    index += 1;
    at = 1;
  }
  const silent = spec.startsWith(':');
  const known = letter === ':' ? -1 : spec.indexOf(letter, silent ? 1 : 0);
  if (known < 0) {
    if (silent) state.set('OPTARG', letter);
    else {
      state.unset('OPTARG');
      await complain(self, `sh: illegal option -${letter}`);
    }
    return leave('?', 0);
  }
  if (spec.charAt(known + 1) !== ':') {
    state.unset('OPTARG');
    return leave(letter, 0);
  }
  const value = rest === '' ? words[index - 1] : rest;
  if (value !== undefined) {
    state.set('OPTARG', value);
    index += 1;
    at = 1;
    return leave(letter, 0);
  }
  if (silent) {
    state.set('OPTARG', letter);
    return leave(':', 0);
  }
  state.unset('OPTARG');
  await complain(self, `sh: no arg for -${letter} option`);
  return leave('?', 0);
}
