import { verdictIds } from '../../scenarios/vocabulary';
import { knownWords, matches, matchingWords } from './cell-words';
import {
  type Expectation,
  type ExpectedOutcome,
  type ExpectedPart,
  type KeyPart,
  keyParts,
  partNames,
  type Reading,
} from './expectations';
import { type Field, type Found, scalar, YamlReader } from './yaml-reader';

/** Pure: the text of a file in, expectations or all its faults out. */
export function readExpectations(text: string, file: string): Reading<readonly Expectation[]> {
  const reader = new YamlReader(file);
  const root = reader.root(text);
  const value = root === null ? [] : expectationsOf(reader, root);
  return reader.faults.length > 0 ? { kind: 'faults', faults: reader.faults } : { kind: 'read', value };
}

function expectationsOf(reader: YamlReader, root: Found): Expectation[] {
  const top = reader.fields(root, 'the document', ['apiVersion', 'kind', 'metadata', 'spec']);
  reader.head(top, 'Expectations', root);
  const spec = top.get('spec');
  if (spec === undefined) {
    reader.fault(root.at, 'no spec: what is expected stands in spec.expect');
    return [];
  }
  const list = reader.fields(spec.value, 'spec', ['expect']).get('expect');
  if (list === undefined) {
    reader.fault(spec.at, 'no spec.expect: a list of what is expected');
    return [];
  }
  const items = reader.items(list.value, 'spec.expect');
  if (items.length === 0) reader.fault(list.at, 'spec.expect expects nothing');
  return items.map((item) => expectationOf(reader, item));
}

function expectationOf(reader: YamlReader, item: Found): Expectation {
  const before = reader.faults.length;
  const fields = reader.fields(item, 'an expectation', [...keyParts, 'open', 'verdict', 'parts', 'why']);
  const of: Partial<Record<KeyPart, readonly string[]>> = {};
  const said: string[] = [];
  let exact = true;
  for (const part of keyParts) {
    const field = fields.get(part);
    if (field === undefined) continue;
    const words = reader.words(field.value, part);
    said.push(`${part}: ${words.map(({ word }) => word).join(' or ')}`);
    if (words.some(({ word }) => word.includes('*'))) exact = false;
    of[part] = words.flatMap(({ word, at }) => {
      const meant = matchingWords(part, word);
      if (meant.length > 0) return meant;
      if (word.includes('*')) reader.fault(at, `"${word}" matches no ${part} of the vocabulary`);
      else reader.unknown(part, word, knownWords(part), at);
      return [];
    });
  }
  const whole = exact && of.path !== undefined && of.defence !== undefined && of.technique !== undefined;
  const why = fields.get('why');
  const expectation: Expectation = {
    of,
    exact: whole,
    outcome: outcomeOf(reader, fields),
    parts: partsOf(reader, fields.get('parts')),
    why: why === undefined ? null : reader.text(why.value, 'why'),
    at: item.at,
    text: said.length === 0 ? 'every cell' : said.join(', '),
  };
  const misspelled = reader.faults.length > before;
  if (!misspelled && !fields.has('open') && !fields.has('verdict') && !fields.has('parts')) {
    reader.fault(item.at, 'expects nothing: say open, verdict or parts');
  }
  return expectation;
}

function outcomeOf(reader: YamlReader, fields: ReadonlyMap<string, Field>): ExpectedOutcome | null {
  const open = fields.get('open');
  const verdict = fields.get('verdict');
  if (open !== undefined && verdict !== undefined) {
    reader.fault(open.at, 'says both open and verdict: the verdict says it already, leave one out');
    return null;
  }
  if (open !== undefined) {
    const value = reader.flag(open.value, 'open');
    return value === null ? null : { kind: 'open', open: value };
  }
  if (verdict === undefined) return null;
  const verdicts = reader.words(verdict.value, 'verdict').flatMap(({ word, at }) => {
    // A fault of the lab is no outcome that could be meant by a wildcard.
    const known = verdictIds.filter((id) => id === word || (id !== 'broken' && matches(word, id)));
    if (known.length === 0) reader.unknown('verdict', word, verdictIds, at);
    return known;
  });
  return { kind: 'verdict', verdicts };
}

function partsOf(reader: YamlReader, field: Field | undefined): ExpectedPart[] {
  if (field === undefined) return [];
  const fields = reader.fields(field.value, 'parts', partNames);
  return partNames.flatMap((name): ExpectedPart[] => {
    const part = fields.get(name);
    if (part === undefined) return [];
    if (name === 'credential') {
      const value = scalar(part.value);
      if (value === null || value === 'captured' || value === 'replayed') return [{ name, value }];
      const words = ['null', 'captured', 'replayed'];
      reader.unknown('credential', String(value), words, part.value.at);
      return [];
    }
    const value = reader.flag(part.value, name);
    return value === null ? [] : [{ name, value }];
  });
}
