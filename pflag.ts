import { isIP } from 'node:net';
import { MidplaneError } from './error';
import { nearestNames } from './nearest';
import { parseGoDuration } from './wire/go-duration';

/** A flag of a Kubernetes component, as its table declares it. */
export interface ComponentFlag {
  readonly name: string;
  readonly type: 'string' | 'strings' | 'int' | 'float' | 'bool' | 'duration' | 'ip';
  readonly default: string;
  readonly help: string;
  /** Where upstream declares it. */
  readonly source: string;
}

/** Rows of a table whose flags are all of one upstream file. */
export function flagsOf(
  source: string,
): (name: string, type: ComponentFlag['type'], value: string, help: string) => ComponentFlag {
  return (name, type, value, help) => ({ name, type, default: value, help, source });
}

/**
 * The value of every flag of the table as text, by name, read as pflag reads a command line.
 * `program` is upstream's name of the component; of a flag that is given again the last value counts, and lists grow.
 * Throws MidplaneError USAGE.
 */
export function parseComponentFlags(
  program: string,
  table: readonly ComponentFlag[],
  argv: readonly string[],
): ReadonlyMap<string, string> {
  const values = new Map(table.map((row) => [row.name, row.default]));
  const given = new Map<string, string[]>();
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const match = /^(?:--|-(?=v(?:$|=|\d)))(v(?=\d+$)|[^=]*)=?([\s\S]*)$/.exec(word);
    if (match === null) throw usage(`${program} does not take any arguments, got ${JSON.stringify(word)}`);
    const row = findRow(program, match[1] ?? '', table);
    const holdsValue = word.includes('=') || match[2] !== '';
    const value = holdsValue ? match[2] : row.type === 'bool' ? 'true' : rest.shift();
    if (value === undefined) throw usage(`flag needs an argument: --${row.name}`);
    const checked = checkValue(row, value);
    if (row.type !== 'strings') {
      values.set(row.name, checked);
      continue;
    }
    // An empty value adds no word (pflag string_slice.go, readAsCSV).
    const all = [...(given.get(row.name) ?? []), ...(checked === '' ? [] : [checked])];
    given.set(row.name, all);
    values.set(row.name, all.join(','));
  }
  return values;
}

function findRow(program: string, name: string, table: readonly ComponentFlag[]): ComponentFlag {
  const row = table.find((it) => it.name === name);
  if (row !== undefined) return row;
  const [near] = nearestNames(
    name,
    table.map((it) => it.name),
  );
  throw usage(
    `unknown flag: --${name}`,
    near === undefined
      ? `${program} flags this lab knows: see --help`
      : `did you mean --${near}? See --help for all`,
  );
}

/** pflag's checks of one value, in its words; a bool comes back as true or false. */
function checkValue(row: ComponentFlag, value: string): string {
  const refuse = (why: string): MidplaneError =>
    usage(`invalid argument ${JSON.stringify(value)} for "--${row.name}" flag: ${why}`);
  switch (row.type) {
    case 'string':
    case 'strings':
      return value;
    case 'int':
      if (!/^[+-]?\d+$/.test(value))
        throw refuse(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
      return value;
    case 'float':
      if (!/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(value))
        throw refuse(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`);
      return value;
    case 'bool':
      if (/^(1|t|T|TRUE|true|True)$/.test(value)) return 'true';
      if (/^(0|f|F|FALSE|false|False)$/.test(value)) return 'false';
      throw refuse(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
    case 'duration':
      if (parseGoDuration(value) === null) throw refuse(`time: invalid duration ${JSON.stringify(value)}`);
      return value;
    case 'ip':
      // A flag whose default is no address takes none.
      if (value !== row.default && isIP(value) === 0) {
        throw refuse(`failed to parse IP: ${JSON.stringify(value)}`);
      }
      return value;
  }
  return row.type satisfies never;
}

/** The text of `--help`; `own` holds, by name, defaults that differ from the table's. */
export function renderComponentHelp(
  program: string,
  table: readonly ComponentFlag[],
  own: ReadonlyMap<string, string> = new Map(),
): string {
  const lines = [`Flags (${program}'s names):`, ''];
  for (const row of table) {
    const short = row.name.length === 1 ? `-${row.name}, ` : '';
    const type = row.type === 'bool' ? '' : ` ${row.type}`;
    lines.push(
      `  ${short}--${row.name}${type}`,
      `        ${row.help}${defaultNote(program, row, own.get(row.name))}`,
      `        upstream: ${row.source}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function defaultNote(program: string, row: ComponentFlag, own: string | undefined): string {
  if (own !== undefined) return ` (default ${own}; ${program}'s own is ${row.default})`;
  return row.default === '' ? '' : ` (default ${row.default})`;
}

/** The refusal of a command line. */
export function usage(message: string, hint = 'see --help for the flags and their values'): MidplaneError {
  return new MidplaneError('USAGE', message, { hint });
}
