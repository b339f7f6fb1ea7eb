import { verdictIds } from '../../scenarios/vocabulary';
import { type DocumentPart, nearOf } from '../scenario-files/document-part';
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
import { readDocument } from './read-document';

/** Pure: the text of a file in, expectations or all its faults out. */
export function readExpectations(text: string, file: string): Reading<readonly Expectation[]> {
  return readDocument(text, file, 'Expectations', (spec) => {
    spec.only(['expect']);
    if (!Array.isArray(spec.value('expect')) || spec.items('expect').length === 0)
      spec.note('expect', 'spec.expect expects nothing', 'it is a list of what is expected');
    return spec.parts('expect').map((item) => expectationOf(item, file));
  });
}

function expectationOf(item: DocumentPart, file: string): Expectation {
  item.only([...keyParts, 'open', 'verdict', 'parts', 'why']);
  const of: Partial<Record<KeyPart, readonly string[]>> = {};
  const said: string[] = [];
  let exact = true;
  for (const part of keyParts.filter((each) => item.has(each))) {
    const words = item.words(part);
    said.push(`${part}: ${words.map(({ word }) => word).join(' or ')}`);
    if (words.some(({ word }) => word.includes('*'))) exact = false;
    of[part] = words.flatMap(({ word, below }) => {
      const meant = matchingWords(part, word);
      if (meant.length === 0) {
        const isPattern = word.includes('*');
        const known = knownWords(part);
        const text = isPattern
          ? `"${word}" matches no ${part} of the vocabulary`
          : `unknown ${part} "${word}"`;
        item.note(part, text, isPattern ? `known: ${known.join(', ')}` : nearOf(word, known), below);
      }
      return meant;
    });
  }
  if (!item.has('open') && !item.has('verdict') && !item.has('parts'))
    item.noteHere('expects nothing', 'say open, verdict or parts');
  return {
    of,
    exact: exact && of.path !== undefined && of.defence !== undefined && of.technique !== undefined,
    outcome: outcomeOf(item),
    parts: partsOf(item.part('parts')),
    why: item.text('why') ?? null,
    at: { file, ...item.at },
    text: said.length === 0 ? 'every cell' : said.join(', '),
  };
}

function outcomeOf(item: DocumentPart): ExpectedOutcome | null {
  if (item.has('open') && item.has('verdict')) {
    item.noteName('open', 'says both open and verdict', 'the verdict says it already: leave one out');
    return null;
  }
  if (item.has('verdict')) {
    const verdicts = item.words('verdict').flatMap(({ word, below }) => {
      // A fault of the lab is no outcome that could be meant by a wildcard.
      const known = verdictIds.filter((id) => id === word || (id !== 'broken' && matches(word, id)));
      if (known.length === 0)
        item.note('verdict', `unknown verdict "${word}"`, nearOf(word, verdictIds), below);
      return known;
    });
    return { kind: 'verdict', verdicts };
  }
  const open = item.truth('open');
  return open === undefined ? null : { kind: 'open', open };
}

function partsOf(part: DocumentPart | null): ExpectedPart[] {
  if (part === null) return [];
  part.only(partNames);
  return partNames.flatMap((name): ExpectedPart[] => {
    if (name === 'credential') return credentialOf(part);
    const value = part.truth(name);
    return value === undefined ? [] : [{ name, value }];
  });
}

/** Here null is a value: none was captured. */
function credentialOf(part: DocumentPart): ExpectedPart[] {
  if (part.isNull('credential')) return [{ name: 'credential', value: null }];
  const value = part.word('credential', ['captured', 'replayed']);
  return value === undefined ? [] : [{ name: 'credential', value }];
}
