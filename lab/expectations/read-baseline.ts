import {
  type DefenceId,
  isOpen,
  type PathId,
  type PositionId,
  type Side,
  type TechniqueId,
  type VerdictId,
  verdictIds,
} from '../../scenarios/vocabulary';
import { type DocumentPart, nearOf } from '../scenario-files/document-part';
import { knownWords, matchingWords } from './cell-words';
import { type Baseline, type BaselineEntry, type KeyPart, keyParts, type Reading } from './expectations';
import { readDocument } from './read-document';

/** Pure, as readExpectations. */
export function readBaseline(text: string, file: string): Reading<Baseline> {
  return readDocument(text, file, 'Baseline', (spec) => {
    spec.only(['open']);
    if (!spec.has('open')) spec.noteHere('no spec.open', 'it is the list of what stands open');
    return { open: spec.parts('open').flatMap((item) => entryOf(item) ?? []) };
  });
}

function entryOf(item: DocumentPart): BaselineEntry | null {
  item.only([...keyParts, 'verdict']);
  const key: Partial<Record<KeyPart | 'verdict', string>> = {};
  for (const part of [...keyParts, 'verdict'] as const) {
    const isNeeded = part !== 'position' && part !== 'side';
    if (!isNeeded && !item.has(part)) continue;
    const word = item.neededText(part);
    if (word === '') continue;
    const open = verdictIds.filter(isOpen);
    const known = part === 'verdict' ? open : knownWords(part);
    const meant = part === 'verdict' ? open.filter((id) => id === word) : matchingWords(part, word);
    // A baseline is written by a run: it names what was seen, and no wildcard.
    if (meant.length === 1) key[part] = word;
    else
      item.note(part, `unknown ${part === 'verdict' ? 'open verdict' : part} "${word}"`, nearOf(word, known));
  }
  const { path, defence, technique, position, side, verdict } = key;
  if (path === undefined || defence === undefined || technique === undefined || verdict === undefined)
    return null;
  return {
    path: path as PathId,
    defence: defence as DefenceId,
    technique: technique as TechniqueId,
    ...(position === undefined ? {} : { position: position as PositionId }),
    ...(side === undefined ? {} : { side: side as Side }),
    verdict: verdict as VerdictId,
  };
}
