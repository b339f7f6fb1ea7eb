/** What `tar`'s command line asks for: GNU tar's options as people and kubectl give them. Text in, value out. */
export interface TarRequest {
  readonly kind: 'tar';
  readonly mode: 'create' | 'extract' | 'list';
  /** `-` is standard input or output. */
  readonly archive: string;
  readonly gzip: boolean;
  readonly verbose: boolean;
  /** -O: members go to standard output. */
  readonly toStdout: boolean;
  /** -m: members get the time of their extraction. */
  readonly freshTimes: boolean;
  readonly keepOwners: boolean;
  readonly keepModes: boolean;
  /** -h: what a link names is archived instead of the link. */
  readonly dereference: boolean;
  readonly stripComponents: number;
  readonly excludes: readonly string[];
  /** Each with the directory that the options before it lead to. */
  readonly members: readonly { readonly name: string; readonly directories: readonly string[] }[];
  /** Where extracted members go. */
  readonly directories: readonly string[];
}

export interface TarRefusal {
  readonly kind: 'tar-refusal';
  readonly text: string;
}

interface Draft {
  mode: TarRequest['mode'] | null;
  archive: string;
  gzip: boolean;
  verbose: boolean;
  toStdout: boolean;
  freshTimes: boolean;
  keepOwners: boolean;
  keepModes: boolean;
  dereference: boolean;
  stripComponents: number;
  readonly excludes: string[];
  readonly directories: string[];
}

const TAKES_VALUE = 'fCbT';
const LONG_OPTIONS: Readonly<Record<string, string>> = {
  create: 'c',
  extract: 'x',
  get: 'x',
  list: 't',
  file: 'f',
  gzip: 'z',
  gunzip: 'z',
  verbose: 'v',
  touch: 'm',
  directory: 'C',
  'preserve-permissions': 'p',
  'same-permissions': 'p',
  dereference: 'h',
  'to-stdout': 'O',
  'no-same-owner': 'o',
};

/** As root, `tar` keeps owners and permission bits unless told otherwise. */
export function parseTarArguments(words: readonly string[]): TarRequest | TarRefusal {
  const draft: Draft = {
    mode: null,
    archive: '-',
    gzip: false,
    verbose: false,
    toStdout: false,
    freshTimes: false,
    keepOwners: true,
    keepModes: true,
    dereference: false,
    stripComponents: 0,
    excludes: [],
    directories: [],
  };
  const members: { name: string; directories: readonly string[] }[] = [];
  const pending = [...words];
  // The old style: a first word without a dash is options all the same, their values following in order.
  if (pending[0] !== undefined && !pending[0].startsWith('-')) {
    const bundle = pending.shift() ?? '';
    const values = [...bundle].filter((it) => TAKES_VALUE.includes(it)).map(() => pending.shift());
    for (const letter of bundle) {
      const problem = apply(draft, letter, TAKES_VALUE.includes(letter) ? values.shift() : null);
      if (problem !== null) return problem;
    }
  }
  for (let word = pending.shift(); word !== undefined; word = pending.shift()) {
    if (word === '--') {
      members.push(...pending.map((name) => ({ name, directories: [...draft.directories] })));
      break;
    }
    const problem = word.startsWith('--')
      ? longOption(draft, word.slice(2), pending)
      : word.startsWith('-') && word !== '-'
        ? shortOptions(draft, word.slice(1), pending)
        : null;
    if (problem !== null) return problem;
    if (!word.startsWith('-') || word === '-')
      members.push({ name: word, directories: [...draft.directories] });
  }
  const { mode } = draft;
  if (mode === null)
    return refusal("You must specify one of the '-Acdtrux', '--delete' or '--test-label' options");
  if (mode === 'create' && members.length === 0)
    return refusal('Cowardly refusing to create an empty archive');
  return { ...draft, kind: 'tar', mode, members };
}

function longOption(draft: Draft, word: string, pending: string[]): TarRefusal | null {
  const [name = '', ...rest] = word.split('=');
  const given = rest.length > 0 ? rest.join('=') : undefined;
  switch (name) {
    case 'no-same-permissions':
      draft.keepModes = false;
      return null;
    case 'same-owner':
      draft.keepOwners = true;
      return null;
    case 'overwrite':
    case 'no-xattrs':
    case 'numeric-owner':
    case 'warning':
      return null;
    case 'strip-components': {
      const count = given ?? pending.shift() ?? '';
      if (!/^\d+$/.test(count)) return refusal(`${count}: Invalid number of elements`);
      draft.stripComponents = Number(count);
      return null;
    }
    case 'exclude':
      draft.excludes.push(given ?? pending.shift() ?? '');
      return null;
  }
  const letter = LONG_OPTIONS[name];
  if (letter === undefined) return refusal(`unrecognized option '--${word}'`);
  return apply(draft, letter, TAKES_VALUE.includes(letter) ? (given ?? pending.shift()) : null);
}

function shortOptions(draft: Draft, letters: string, pending: string[]): TarRefusal | null {
  for (let at = 0; at < letters.length; at += 1) {
    const letter = letters.charAt(at);
    if (!TAKES_VALUE.includes(letter)) {
      const problem = apply(draft, letter, null);
      if (problem !== null) return problem;
      continue;
    }
    const rest = letters.slice(at + 1);
    return apply(draft, letter, rest === '' ? pending.shift() : rest);
  }
  return null;
}

function apply(draft: Draft, letter: string, value: string | null | undefined): TarRefusal | null {
  if (value === undefined) return refusal(`option requires an argument -- '${letter}'`);
  switch (letter) {
    case 'c':
    case 'x':
    case 't': {
      const mode = ({ c: 'create', x: 'extract', t: 'list' } as const)[letter];
      if (draft.mode !== null && draft.mode !== mode) {
        return refusal("You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option");
      }
      draft.mode = mode;
      return null;
    }
    case 'f':
      draft.archive = value ?? '-';
      return null;
    case 'C':
      draft.directories.push(value ?? '.');
      return null;
    case 'z':
      draft.gzip = true;
      return null;
    case 'v':
      draft.verbose = true;
      return null;
    case 'O':
      draft.toStdout = true;
      return null;
    case 'm':
      draft.freshTimes = true;
      return null;
    case 'o':
      draft.keepOwners = false;
      return null;
    case 'p':
      draft.keepModes = true;
      return null;
    case 'h':
      draft.dereference = true;
      return null;
    case 'b':
    case 'U':
      return null;
    default:
      return refusal(`invalid option -- '${letter}'`);
  }
}

function refusal(text: string): TarRefusal {
  return { kind: 'tar-refusal', text };
}
