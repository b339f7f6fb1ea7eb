import { parseRules } from '../../attacker/parse-rules';
import type { Rule } from '../../attacker/rules';
import { MidplaneError } from '../../error';
import { readTechnique } from '../../scenarios/read-technique';
import { isRun, positionsRun, sides, type TechniqueId } from '../../scenarios/vocabulary';
import type { DocumentPart } from './document-part';
import type { AttackerWords } from './scenario-file';

export function readAttacker(part: DocumentPart): AttackerWords {
  const technique = techniqueIn(part);
  const rules = rulesOf(part, technique);
  return {
    ...placeIn(part),
    technique,
    ...(rules === undefined ? {} : { rules }),
  };
}

/** Where the attacker is, as far as that is said. */
export function placeIn(part: DocumentPart): Pick<AttackerWords, 'position' | 'side'> {
  const position = part.word('position', positionsRun);
  const side = part.word('side', sides);
  return {
    ...(position === undefined ? {} : { position }),
    ...(side === undefined ? {} : { side }),
  };
}

/** The words may be joined: rogue-ca--expired. */
export function techniqueIn(part: DocumentPart): TechniqueId {
  const given = part.neededText('technique');
  if (given === '') return 'tap';
  try {
    const technique = readTechnique(given);
    if (!isRun(technique))
      part.note('technique', `technique "${given}" is not run`, 'midplane list techniques');
    return technique;
  } catch (error) {
    if (!(error instanceof MidplaneError)) throw error;
    part.note('technique', error.message, error.hint ?? 'midplane list techniques shows them all');
    return 'tap';
  }
}

function rulesOf(part: DocumentPart, technique: TechniqueId): readonly Rule[] | undefined {
  if (!part.has('rules')) return undefined;
  const rules: Rule[] = [];
  for (const [at, item] of part.items('rules').entries()) {
    const read = parseRules([item]);
    if (read.kind === 'malformed')
      part.note('rules', read.text.replace('rule 1', `rule ${at + 1}`), read.hint, [at]);
    else rules.push(...read.rules);
  }
  if (technique !== 'relay') {
    part.noteName('rules', `technique "${technique}" plays no rules`, 'a relay does: technique: relay');
  }
  return rules;
}
