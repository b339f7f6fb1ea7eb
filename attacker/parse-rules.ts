import { type Fields, isFields } from './fields';
import { Pattern } from './pattern';
import { type Rule, type StreamName, streamNames, type When } from './rules';

export type ParsedRules =
  | { readonly kind: 'rules'; readonly rules: readonly Rule[] }
  /** `text` names the rule and quotes the value; `hint` says what fits. */
  | { readonly kind: 'malformed'; readonly text: string; readonly hint: string };

const MOST_RULES = 100;
const MOST_TEXT_CHARACTERS = 16 * 1024;
const MOST_DELAY_MS = 60_000;

/**
 * Rules out of a document that was YAML or JSON: a list, an object with the list in `rules`, or one rule alone. Each is
 * an object with one field, the kind of the rule.
 */
export function parseRules(document: unknown): ParsedRules {
  try {
    const list = listOf(document);
    if (list.length > MOST_RULES) {
      throw new Unfit(`${list.length} rules are too many`, `at most ${MOST_RULES} go into one attack`);
    }
    return { kind: 'rules', rules: list.map((each, at) => readRule(each, `rule ${at + 1}`)) };
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    return { kind: 'malformed', text: error.message, hint: error.hint };
  }
}

/** Stays inside this file. */
class Unfit extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

function listOf(document: unknown): readonly unknown[] {
  if (Array.isArray(document)) return document;
  if (!isFields(document)) {
    throw new Unfit(`rules are a list of objects, not ${quoted(document)}`, EXAMPLE);
  }
  if (!Object.hasOwn(document, 'rules')) return [document];
  onlyFields(document, ['rules'], 'the document of rules');
  if (!Array.isArray(document['rules']))
    throw new Unfit(`rules is ${quoted(document['rules'])}, not a list`, EXAMPLE);
  return document['rules'];
}

const EXAMPLE = 'for example - replace: {stream: logs, match: ERROR, with: fine}';

const kinds = ['replace', 'inject', 'answer', 'drop', 'delay', 'cut'] as const;
const KINDS = `a rule is one of ${kinds.join(', ')}`;

function readRule(given: unknown, place: string): Rule {
  if (!isFields(given))
    throw new Unfit(`${place} is ${quoted(given)}, not an object`, `${KINDS}; ${EXAMPLE}`);
  const words = Object.keys(given);
  const [word = ''] = words;
  const kind = kinds.find((each) => each === word);
  if (words.length !== 1) {
    throw new Unfit(
      `${place} has the fields ${quoted(words)}, and needs exactly one`,
      `${KINDS}; ${EXAMPLE}`,
    );
  }
  if (kind === undefined) throw new Unfit(`${place} is of the unknown kind ${quoted(word)}`, KINDS);
  const fields = given[kind];
  const at = `${place} (${kind})`;
  if (!isFields(fields)) throw new Unfit(`${at} holds ${quoted(fields)}, not an object`, EXAMPLE);
  switch (kind) {
    case 'replace':
      onlyFields(fields, ['stream', 'match', 'with'], at);
      return {
        kind,
        stream: stream(fields, at),
        match: pattern(fields, 'match', at),
        with: text(fields, 'with', at),
      };
    case 'inject':
      onlyFields(fields, ['stream', 'text', 'when'], at);
      return { kind, stream: stream(fields, at), text: text(fields, 'text', at), when: when(fields, at) };
    case 'answer':
      onlyFields(fields, ['prompt', 'with'], at);
      return { kind, prompt: pattern(fields, 'prompt', at), with: text(fields, 'with', at) };
    case 'drop':
      onlyFields(fields, ['stream'], at);
      return { kind, stream: stream(fields, at) };
    case 'delay':
      onlyFields(fields, ['stream', 'ms'], at);
      return { kind, stream: anyStream(fields, at), ms: count(fields, 'ms', at, MOST_DELAY_MS) };
    case 'cut':
      onlyFields(fields, ['stream', 'afterBytes'], at);
      return {
        kind,
        stream: anyStream(fields, at),
        afterBytes: count(fields, 'afterBytes', at, Number.MAX_SAFE_INTEGER),
      };
  }
}

function onlyFields(fields: Fields, known: readonly string[], at: string): void {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Unfit(`${at} has the unknown field ${quoted(unknown)}`, `it knows ${known.join(', ')}`);
  }
}

function field(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function stream(fields: Fields, at: string): StreamName {
  const given = field(fields, 'stream');
  const found = streamNames.find((name) => name === given);
  if (found !== undefined) return found;
  throw new Unfit(
    given === undefined ? `${at} names no stream` : `${at} names the unknown stream ${quoted(given)}`,
    `a stream is one of ${streamNames.join(', ')}`,
  );
}

function anyStream(fields: Fields, at: string): StreamName | null {
  return field(fields, 'stream') === undefined ? null : stream(fields, at);
}

function text(fields: Fields, name: string, at: string): string {
  const given = field(fields, name);
  if (given === undefined) throw new Unfit(`${at} lacks ${name}`, 'it is a text; "" for none');
  if (typeof given !== 'string') {
    throw new Unfit(`${at} has ${name} ${quoted(given)}, not a text`, `put it in quotes: "${String(given)}"`);
  }
  if (given.length > MOST_TEXT_CHARACTERS) {
    throw new Unfit(`${at} has ${name} of ${given.length} characters`, `at most ${MOST_TEXT_CHARACTERS} fit`);
  }
  return given;
}

function pattern(fields: Fields, name: string, at: string): string {
  const given = text(fields, name, at);
  const read = Pattern.read(given);
  if (read instanceof Pattern) return given;
  throw new Unfit(
    `${at} has ${name} ${quoted(given)}, which ${read.text}`,
    'a text stands for itself; /…/ and /…/i are regular expressions',
  );
}

function when(fields: Fields, at: string): When {
  const given = field(fields, 'when');
  if (given === undefined || given === 'open') return { kind: 'open' };
  if (given === 'idle prompt') return { kind: 'idle-prompt' };
  if (isFields(given)) {
    onlyFields(given, ['after'], `${at} when`);
    return { kind: 'after', match: pattern(given, 'after', `${at} when`) };
  }
  throw new Unfit(
    `${at} has when ${quoted(given)}`,
    'it is open, idle prompt, or {after: /regular expression/}',
  );
}

function count(fields: Fields, name: string, at: string, most: number): number {
  const given = field(fields, name);
  if (typeof given === 'number' && Number.isSafeInteger(given) && given >= 0 && given <= most) return given;
  throw new Unfit(
    given === undefined ? `${at} lacks ${name}` : `${at} has ${name} ${quoted(given)}`,
    `it is a whole number from 0 to ${most}`,
  );
}

function quoted(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length <= 80 ? json : `${json.slice(0, 80)}…`;
}
