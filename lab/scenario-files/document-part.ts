import { nearestNames } from '../../nearest';
import type { DocumentPath, LocatedYaml, TextPlace } from '../../wire/located-yaml';
import { patternOf } from './pattern';

/** Something in a file that is not as it has to be. */
export interface Finding extends TextPlace {
  /** Names the field and quotes the value. */
  readonly text: string;
  /** What fits. */
  readonly hint: string;
}

/**
 * An object of a document that is being read. What is wrong is noted where it stands, and reading goes on: who mends a
 * file wants to see all of it at once. What is returned then is only good for going on.
 */
export class DocumentPart {
  readonly #document: LocatedYaml;
  readonly #path: DocumentPath;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #findings: Finding[];

  private constructor(document: LocatedYaml, path: DocumentPath, value: unknown, findings: Finding[]) {
    this.#document = document;
    this.#path = path;
    this.#findings = findings;
    this.#fields = isObject(value) ? value : {};
    const is = value === null ? 'empty' : quoted(value);
    if (!isObject(value)) this.#note(path, 'value', `${nameOf(path)} is ${is}`, 'it is an object');
  }

  static top(document: LocatedYaml, findings: Finding[]): DocumentPart {
    return new DocumentPart(document, [], document.value, findings);
  }

  /** Where it begins. */
  get at(): TextPlace {
    return this.#document.valueAt(this.#path);
  }

  has(name: string): boolean {
    return this.value(name) !== undefined;
  }

  /** Undefined: it is not there, or has no value. */
  value(name: string): unknown {
    const value = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
    return value === null ? undefined : value;
  }

  /** It is there, and has no value. */
  isNull(name: string): boolean {
    return Object.hasOwn(this.#fields, name) && this.#fields[name] === null;
  }

  names(): string[] {
    return Object.keys(this.#fields).filter((name) => this.has(name));
  }

  /** Notes every field that is not one of these. */
  only(known: readonly string[]): this {
    for (const name of Object.keys(this.#fields).filter((each) => !known.includes(each))) {
      const where = this.#path.length === 0 ? 'the document' : nameOf(this.#path);
      this.#note([...this.#path, name], 'name', `unknown field "${name}" in ${where}`, nearOf(name, known));
    }
    return this;
  }

  noteHere(text: string, hint: string): void {
    this.#note(this.#path, 'value', text, hint);
  }

  /** At a field, or an item of the list in it. */
  note(name: string, text: string, hint: string, below: DocumentPath = []): void {
    this.#note([...this.#path, name, ...below], 'value', text, hint);
  }

  noteName(name: string, text: string, hint: string, below: DocumentPath = []): void {
    this.#note([...this.#path, name, ...below], 'name', text, hint);
  }

  /** Null: it is not there. */
  part(name: string): DocumentPart | null {
    const value = this.value(name);
    if (value === undefined) return null;
    return new DocumentPart(this.#document, [...this.#path, name], value, this.#findings);
  }

  neededPart(name: string): DocumentPart {
    const part = this.part(name);
    if (part !== null) return part;
    this.#lacks(name, 'an object');
    // That it lacks everything says the same again.
    return new DocumentPart(this.#document, [...this.#path, name], {}, []);
  }

  parts(name: string): DocumentPart[] {
    return this.items(name).map(
      (item, at) => new DocumentPart(this.#document, [...this.#path, name, at], item, this.#findings),
    );
  }

  items(name: string): readonly unknown[] {
    const value = this.value(name);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    this.note(name, `${this.#named(name)} is ${quoted(value)}`, 'it is a list');
    return [];
  }

  /** Undefined: it is not there. */
  text(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === 'string') return value;
    this.note(name, `${this.#named(name)} is ${quoted(value)}`, `it is a text: put it in quotes`);
    return undefined;
  }

  neededText(name: string): string {
    const text = this.text(name)?.trim();
    if (text === undefined && !this.has(name)) this.#lacks(name, 'a text');
    if (text === '') this.note(name, `${this.#named(name)} is empty`, 'it is a text');
    return text ?? '';
  }

  texts(name: string): readonly string[] {
    return this.items(name).filter((item, at): item is string => {
      if (typeof item === 'string') return true;
      this.note(name, `${this.#named(name)} has ${quoted(item)}`, 'it is a list of texts', [at]);
      return false;
    });
  }

  /** A text, or a list of them, each with its place below the field. */
  words(name: string): { readonly word: string; readonly below: DocumentPath }[] {
    const value = this.value(name);
    if (!Array.isArray(value)) {
      const word = this.text(name);
      return word === undefined ? [] : [{ word, below: [] }];
    }
    if (value.length === 0)
      this.note(name, `${this.#named(name)} is an empty list`, 'it is a word, or a list of them');
    return this.texts(name).map((word) => ({ word, below: [value.indexOf(word)] }));
  }

  /** One of the words, or undefined. */
  word<Word extends string>(name: string, known: readonly Word[]): Word | undefined {
    const given = this.text(name);
    if (given === undefined) return undefined;
    const found = known.find((word) => word === given);
    if (found === undefined) this.note(name, `unknown ${name} "${given}"`, nearOf(given, known));
    return found;
  }

  neededWord<Word extends string>(name: string, known: readonly [Word, ...Word[]]): Word {
    if (!this.has(name)) this.#lacks(name, `one of ${known.join(', ')}`);
    return this.word(name, known) ?? known[0];
  }

  truth(name: string): boolean | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === 'boolean') return value;
    this.note(name, `${this.#named(name)} is ${quoted(value)}`, 'it is true or false');
    return undefined;
  }

  /** Notes one that is no regular expression, where it is to be one. */
  pattern(name: string, pattern: string, below: DocumentPath = []): void {
    if (pattern === '') this.note(name, `${name} is empty`, 'a text, or /a regular expression/', below);
    try {
      patternOf(pattern);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const text = `${name} "${pattern}" is no regular expression: ${why}`;
      this.note(name, text, 'a text stands for itself', below);
    }
  }

  #named(name: string): string {
    return nameOf([...this.#path, name]);
  }

  #lacks(name: string, what: string): void {
    this.#note(this.#path, 'name', `${this.#named(name)} is not there`, `it is ${what}`);
  }

  #note(path: DocumentPath, what: 'name' | 'value', text: string, hint: string): void {
    const at = what === 'name' ? this.#document.nameAt(path) : this.#document.valueAt(path);
    this.#findings.push({ ...at, text, hint });
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `spec.user[0].path`. */
function nameOf(path: DocumentPath): string {
  if (path.length === 0) return 'the document';
  return path.reduce<string>((name, step) => {
    if (typeof step === 'number') return `${name}[${step}]`;
    return name === '' ? step : `${name}.${step}`;
  }, '');
}

export function quoted(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length <= 80 ? json : `${json.slice(0, 80)}…`;
}

export function nearOf(word: string, known: readonly string[]): string {
  if (known.length === 0) return 'there is none yet';
  const near = nearestNames(word, known);
  return near.length > 0
    ? `did you mean ${near.map((it) => `"${it}"`).join(' or ')}?`
    : `known: ${known.join(', ')}`;
}
