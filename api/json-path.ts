/**
 * kubectl's JSONPath without templates: one expression, in braces or not. Fields (`.a`, `['a']`, `\.` for a dot in a name),
 * `*`, `..`, indices and slices, several at once, and filters.
 * Source: staging/src/k8s.io/client-go/util/jsonpath (parser.go, jsonpath.go).
 */
export interface JsonPath {
  readonly kind: 'path';
  /** What it leads to; what is not there is left out, as kubectl get does. */
  read(value: unknown): readonly unknown[];
}

export interface MalformedPath {
  readonly kind: 'malformed';
  readonly text: string;
}

type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'all' }
  | { readonly kind: 'descend' }
  | { readonly kind: 'slice'; readonly from: number | null; readonly to: number | null; readonly by: number }
  | { readonly kind: 'index'; readonly at: number }
  | { readonly kind: 'several'; readonly steps: readonly Step[] }
  | { readonly kind: 'filter'; readonly left: Operand; readonly sign: Sign | null; readonly right: Operand };

type Operand =
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'steps'; readonly steps: readonly Step[] };

const signs = ['==', '!=', '<=', '>=', '<', '>'] as const;
type Sign = (typeof signs)[number];

class Malformed extends Error {}

/** Takes any text. Pure. */
export function parseJsonPath(text: string): JsonPath | MalformedPath {
  const inBraces = /^\{(.*)\}$/s.exec(text.trim())?.[1] ?? text.trim();
  try {
    const steps = parseSteps(inBraces);
    if (steps.length === 0) throw new Malformed('it leads nowhere');
    return { kind: 'path', read: (value) => follow(steps, [value]) };
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'malformed', text: error.message };
    throw error;
  }
}

/** As kubectl prints it: texts as they are, several with a space between them. */
export function printJsonPath(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' ');
}

function parseSteps(text: string): Step[] {
  const steps: Step[] = [];
  let at = text.startsWith('$') || text.startsWith('@') ? 1 : 0;
  while (at < text.length) {
    if (text.startsWith('..', at)) {
      steps.push({ kind: 'descend' });
      // The field behind it needs no dot of its own.
      at += text[at + 2] === '[' ? 2 : 1;
    } else if (text[at] === '[') {
      const end = closing(text, at);
      steps.push(parseBrackets(text.slice(at + 1, end).trim()));
      at = end + 1;
    } else {
      const start = text[at] === '.' ? at + 1 : at;
      const end = nameEnd(text, start);
      const name = text.slice(start, end).replace(/\\(.)/gs, '$1');
      if (name === '' && !(steps.length === 0 && end === text.length))
        throw new Malformed(`a name is missing at ${JSON.stringify(text.slice(at))}`);
      if (/[{}()\s]/.test(name)) throw new Malformed(`${JSON.stringify(name)} is no name of a field`);
      if (name !== '') steps.push(name === '*' ? { kind: 'all' } : { kind: 'field', name });
      at = end;
    }
  }
  return steps;
}

function nameEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== '.' && text[at] !== '[') at += text[at] === '\\' ? 2 : 1;
  return Math.min(at, text.length);
}

/** The bracket that belongs to the one at `start`. */
function closing(text: string, start: number): number {
  let depth = 0;
  let quote = '';
  for (let at = start; at < text.length; at += 1) {
    const sign = text[at] ?? '';
    if (quote !== '') {
      if (sign === '\\') at += 1;
      else if (sign === quote) quote = '';
    } else if (sign === '"' || sign === "'") quote = sign;
    else if (sign === '[') depth += 1;
    else if (sign === ']') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  throw new Malformed('a bracket does not end');
}

function parseBrackets(text: string): Step {
  if (text === '*') return { kind: 'all' };
  const filter = /^\?\((.*)\)$/s.exec(text)?.[1];
  if (filter !== undefined) return parseFilter(filter);
  const parts = outsideQuotes(text, ',').map((part) => parseElement(part.trim()));
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: 'several', steps: parts };
}

function parseElement(text: string): Step {
  const quoted = literalText(text);
  if (quoted !== null) return { kind: 'field', name: quoted };
  if (/^-?\d+$/.test(text)) return { kind: 'index', at: Number(text) };
  const slice = /^(-?\d*):(-?\d*)(?::(-?\d+))?$/.exec(text);
  if (slice === null) throw new Malformed(`[${text}] is no index, no slice and no name in quotes`);
  const number = (digits = ''): number | null => (digits === '' ? null : Number(digits));
  const by = number(slice[3]) ?? 1;
  if (by < 1) throw new Malformed(`[${text}] does not go forwards`);
  return { kind: 'slice', from: number(slice[1]), to: number(slice[2]), by };
}

function parseFilter(text: string): Step {
  for (const sign of signs) {
    const [left = '', right, ...more] = outsideQuotes(text, sign);
    if (right === undefined) continue;
    if (more.length > 0) throw new Malformed(`?(${text}) compares more than two things`);
    return { kind: 'filter', left: parseOperand(left), sign, right: parseOperand(right) };
  }
  if (outsideQuotes(text, '=').length > 1)
    throw new Malformed(`?(${text}) compares with none of ${signs.join(' ')}`);
  const left = parseOperand(text);
  if (left.kind === 'literal') throw new Malformed(`?(${text}) asks nothing of @`);
  return { kind: 'filter', left, sign: null, right: { kind: 'literal', value: true } };
}

function parseOperand(given: string): Operand {
  const text = given.trim();
  if (text.startsWith('@') || text.startsWith('$')) return { kind: 'steps', steps: parseSteps(text) };
  const quoted = literalText(text);
  if (quoted !== null) return { kind: 'literal', value: quoted };
  if (/^(true|false|-?\d+(\.\d+)?)$/.test(text)) return { kind: 'literal', value: JSON.parse(text) };
  throw new Malformed(`${JSON.stringify(text)} is not @…, a text in quotes, a number, true or false`);
}

/** Null: it is not in quotes. */
function literalText(text: string): string | null {
  const [, , inside] = /^(["'])((?:\\.|(?!\1).)*)\1$/s.exec(text) ?? [];
  return inside?.replace(/\\(.)/gs, '$1') ?? null;
}

function outsideQuotes(text: string, sign: string): string[] {
  const parts: string[] = [''];
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const here = text[at] ?? '';
    if (here === '\\') {
      parts.push(`${parts.pop() ?? ''}${text.slice(at, at + 2)}`);
      at += 1;
      continue;
    }
    if (quote === '' && text.startsWith(sign, at)) {
      parts.push('');
      at += sign.length - 1;
      continue;
    }
    if (quote === '' && (here === '"' || here === "'")) quote = here;
    else if (here === quote) quote = '';
    parts.push(`${parts.pop() ?? ''}${here}`);
  }
  return parts;
}

function follow(steps: readonly Step[], values: readonly unknown[]): unknown[] {
  return steps.reduce<unknown[]>(
    (reached, step) => reached.flatMap((value) => take(step, value)),
    [...values],
  );
}

function take(step: Step, value: unknown): unknown[] {
  switch (step.kind) {
    case 'field':
      return isObject(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case 'all':
      return below(value);
    case 'descend':
      return [value, ...below(value).flatMap((each) => take(step, each))];
    case 'index':
      return Array.isArray(value) && value.at(step.at) !== undefined ? [value.at(step.at)] : [];
    case 'slice':
      return Array.isArray(value)
        ? value.slice(step.from ?? 0, step.to ?? value.length).filter((_, at) => at % step.by === 0)
        : [];
    case 'several':
      return step.steps.flatMap((each) => take(each, value));
    case 'filter':
      return Array.isArray(value) ? value.filter((each) => passes(step, each)) : [];
  }
}

function below(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

function passes({ left, sign, right }: Step & { kind: 'filter' }, value: unknown): boolean {
  const [a] = operandOf(left, value);
  if (sign === null) return a !== undefined;
  const [b] = operandOf(right, value);
  if (a === undefined || b === undefined || typeof a !== typeof b) return false;
  switch (sign) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return isOrdered(a) && isOrdered(b) && a < b;
    case '>':
      return isOrdered(a) && isOrdered(b) && a > b;
    case '<=':
      return isOrdered(a) && isOrdered(b) && a <= b;
    case '>=':
      return isOrdered(a) && isOrdered(b) && a >= b;
  }
}

function operandOf(operand: Operand, value: unknown): readonly unknown[] {
  return operand.kind === 'literal' ? [operand.value] : follow(operand.steps, [value]);
}

function isOrdered(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
