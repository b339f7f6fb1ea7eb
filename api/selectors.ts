/**
 * Label and field selectors as query parameters carry them. Source: k8s.io/apimachinery pkg/labels/selector.go and
 * pkg/fields/selector.go. Parsing fails with a value: the text goes into a 400.
 */
export interface SelectorError {
  readonly kind: 'selector-error';
  readonly text: string;
}

export type LabelRequirement =
  | { readonly kind: 'in' | 'not-in'; readonly key: string; readonly values: readonly string[] }
  | { readonly kind: 'exists' | 'does-not-exist'; readonly key: string }
  | { readonly kind: 'greater' | 'less'; readonly key: string; readonly bound: number };

export interface LabelSelector {
  readonly kind: 'label-selector';
  readonly requirements: readonly LabelRequirement[];
}

export interface FieldTerm {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

export interface FieldSelector {
  readonly kind: 'field-selector';
  readonly terms: readonly FieldTerm[];
}

const token = /\s*(notin\b|in\b|!=|==|=|!|,|\(|\)|>|<|[^\s!=,()<>]+|$)/y;

export function parseLabelSelector(text: string): LabelSelector | SelectorError {
  const tokens = tokenize(text);
  if (tokens === null)
    return refuse(`unable to parse requirement: unexpected character in ${JSON.stringify(text)}`);
  const requirements: LabelRequirement[] = [];
  let at = 0;
  while (at < tokens.length) {
    const parsed = parseRequirement(tokens, at);
    if ('text' in parsed) return refuse(parsed.text);
    requirements.push(parsed.requirement);
    at = parsed.next;
    if (at === tokens.length) break;
    if (tokens[at] !== ',') return refuse(`found '${tokens[at]}', expected: ',' or 'end of string'`);
    at += 1;
    if (at === tokens.length) return refuse("found '', expected: identifier after ','");
  }
  return { kind: 'label-selector', requirements };
}

function tokenize(text: string): string[] | null {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) return null;
    const word = match[1] ?? '';
    if (word !== '') tokens.push(word);
  }
  return tokens;
}

const labelKey =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const operators = new Set(['=', '==', '!=', 'in', 'notin', '>', '<', '(', ')', ',', '!']);

type Parsed = { requirement: LabelRequirement; next: number } | { text: string };

function parseRequirement(tokens: readonly string[], start: number): Parsed {
  let at = start;
  const negated = tokens[at] === '!';
  if (negated) at += 1;
  const key = tokens[at] ?? '';
  if (key === '' || operators.has(key)) {
    return { text: `unable to parse requirement: found '${key}', expected: identifier` };
  }
  if (!labelKey.test(key))
    return {
      text: `unable to parse requirement: <nil>: Invalid value: "${key}": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`,
    };
  at += 1;
  if (negated) return { requirement: { kind: 'does-not-exist', key }, next: at };
  const operator = tokens[at];
  if (operator === undefined || operator === ',') return { requirement: { kind: 'exists', key }, next: at };
  at += 1;
  switch (operator) {
    case '=':
    case '==':
    case '!=': {
      const value = exactValue(tokens, at);
      if (!labelValue.test(value.text)) return badValue(key, value.text);
      return {
        requirement: { kind: operator === '!=' ? 'not-in' : 'in', key, values: [value.text] },
        next: value.next,
      };
    }
    case '>':
    case '<': {
      const word = tokens[at] ?? '';
      if (!/^-?\d+$/.test(word)) {
        return {
          text: `unable to parse requirement: values[0][${key}]: Invalid value: "${word}": for 'Gt', 'Lt' operators, the value must be an integer`,
        };
      }
      return {
        requirement: { kind: operator === '>' ? 'greater' : 'less', key, bound: Number(word) },
        next: at + 1,
      };
    }
    case 'in':
    case 'notin':
      return parseSet(tokens, at, key, operator === 'in' ? 'in' : 'not-in');
  }
  return {
    text: `unable to parse requirement: found '${operator}', expected: in, notin, =, ==, !=, gt, lt`,
  };
}

/** `a=` and `a=,b` mean the empty value. */
function exactValue(tokens: readonly string[], at: number): { text: string; next: number } {
  const word = tokens[at];
  return word === undefined || word === ',' ? { text: '', next: at } : { text: word, next: at + 1 };
}

function parseSet(tokens: readonly string[], start: number, key: string, kind: 'in' | 'not-in'): Parsed {
  let at = start;
  if (tokens[at] !== '(')
    return { text: `unable to parse requirement: found '${tokens[at] ?? ''}', expected: '('` };
  at += 1;
  const values = new Set<string>();
  let expectValue = true;
  for (; ; at += 1) {
    const word = tokens[at];
    if (word === undefined) return { text: "unable to parse requirement: found '', expected: ',' or ')'" };
    if (word === ')') {
      if (expectValue) values.add('');
      return { requirement: { kind, key, values: [...values] }, next: at + 1 };
    }
    if (word === ',') {
      if (expectValue) values.add('');
      expectValue = true;
      continue;
    }
    if (!expectValue) return { text: `unable to parse requirement: found '${word}', expected: ',' or ')'` };
    if (!labelValue.test(word)) return badValue(key, word);
    values.add(word);
    expectValue = false;
  }
}

function badValue(key: string, value: string): { text: string } {
  return {
    text: `unable to parse requirement: values[0][${key}]: Invalid value: "${value}": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
  };
}

export function matchesLabels(
  selector: LabelSelector,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return selector.requirements.every((requirement) => {
    const value = labels?.[requirement.key];
    switch (requirement.kind) {
      case 'in':
        return value !== undefined && requirement.values.includes(value);
      case 'not-in':
        return value === undefined || !requirement.values.includes(value);
      case 'exists':
        return value !== undefined;
      case 'does-not-exist':
        return value === undefined;
      case 'greater':
        return value !== undefined && /^-?\d+$/.test(value) && Number(value) > requirement.bound;
      case 'less':
        return value !== undefined && /^-?\d+$/.test(value) && Number(value) < requirement.bound;
    }
    return requirement satisfies never;
  });
}

/** A Service's selector and the like: every pair must be there. */
export function matchesPairs(
  pairs: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return Object.entries(pairs).every(([key, value]) => labels?.[key] === value);
}

export function parseFieldSelector(text: string): FieldSelector | SelectorError {
  const terms: FieldTerm[] = [];
  for (const part of splitTerms(text)) {
    if (part === '') continue;
    const match = /^((?:[^\\=!]|\\.|!(?!=))*)(!=|==|=)([\s\S]*)$/.exec(part);
    const value = match === null ? null : unescapeValue(match[3] ?? '');
    if (match === null || value === null)
      return refuse(`invalid selector: '${text}'; can't understand '${part}'`);
    terms.push({ field: match[1] ?? '', equal: match[2] !== '!=', value });
  }
  return { kind: 'field-selector', terms };
}

/** Commas separate terms unless a backslash stands before them. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let current = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\') {
      current += character + text.charAt(at + 1);
      at += 1;
    } else if (character === ',') {
      terms.push(current);
      current = '';
    } else {
      current += character;
    }
  }
  terms.push(current);
  return terms;
}

/** fields.UnescapeValue: only `\\`, `\,` and `\=` are escapes, and a bare `=` or `,` is a mistake. */
function unescapeValue(text: string): string | null {
  if (!/^(?:[^\\,=]|\\[\\,=])*$/.test(text)) return null;
  return text.replace(/\\([\\,=])/g, '$1');
}

export function matchesFields(selector: FieldSelector, fieldOf: (field: string) => string): boolean {
  return selector.terms.every((term) => (fieldOf(term.field) === term.value) === term.equal);
}

/** The value a selector pins a field to, as Selector.RequiresExactMatch finds it; null when it does not. */
export function exactField(selector: FieldSelector, field: string): string | null {
  return selector.terms.find((term) => term.field === field && term.equal)?.value ?? null;
}

function refuse(text: string): SelectorError {
  return { kind: 'selector-error', text };
}
