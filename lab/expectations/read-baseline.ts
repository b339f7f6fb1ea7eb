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
import { knownWords, matchingWords } from './cell-words';
import { type Baseline, type BaselineEntry, type KeyPart, keyParts, type Reading } from './expectations';
import { type Found, YamlReader } from './yaml-reader';

/** Pure, as readExpectations. */
export function readBaseline(text: string, file: string): Reading<Baseline> {
  const reader = new YamlReader(file);
  const root = reader.root(text);
  const open = root === null ? [] : entriesOf(reader, root);
  if (reader.faults.length > 0) return { kind: 'faults', faults: reader.faults };
  return { kind: 'read', value: { open } };
}

function entriesOf(reader: YamlReader, root: Found): BaselineEntry[] {
  const top = reader.fields(root, 'the document', ['apiVersion', 'kind', 'metadata', 'spec']);
  reader.head(top, 'Baseline', root);
  const spec = top.get('spec');
  const list = spec === undefined ? undefined : reader.fields(spec.value, 'spec', ['open']).get('open');
  if (list === undefined) {
    reader.fault(root.at, 'no spec.open: the list of what stands open');
    return [];
  }
  return reader.items(list.value, 'spec.open').flatMap((item) => {
    const entry = entryOf(reader, item);
    return entry === null ? [] : [entry];
  });
}

function entryOf(reader: YamlReader, item: Found): BaselineEntry | null {
  const fields = reader.fields(item, 'an entry', [...keyParts, 'verdict']);
  const key: Partial<Record<KeyPart | 'verdict', string>> = {};
  for (const part of [...keyParts, 'verdict'] as const) {
    const field = fields.get(part);
    if (field === undefined) {
      if (part !== 'position' && part !== 'side') reader.fault(item.at, `an entry without ${part}`);
      continue;
    }
    const word = reader.text(field.value, part);
    if (word === null) continue;
    const open = verdictIds.filter(isOpen);
    const known = part === 'verdict' ? open : knownWords(part);
    const meant = part === 'verdict' ? open.filter((id) => id === word) : matchingWords(part, word);
    // A baseline is written by a run: it names what was seen, and no wildcard.
    if (meant.length !== 1)
      reader.unknown(part === 'verdict' ? 'open verdict' : part, word, known, field.value.at);
    else key[part] = word;
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
