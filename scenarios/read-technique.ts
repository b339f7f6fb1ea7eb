import { MidplaneError } from '../error';
import { nearestNames } from '../nearest';
import { certificateWords, joint, parseJoinedWords } from './certificate-words';
import { type CompoundTechnique, kindOf, type TechniqueId, techniqueIds } from './vocabulary';

/**
 * The technique that is meant by one word, or by several about a certificate joined with `--` in any order; in its canonical
 * spelling. Throws MidplaneError USAGE that names the word, or the two words, at which it fails.
 */
export function readTechnique(text: string): TechniqueId {
  const single = techniqueIds.find((id) => id === text);
  if (single !== undefined) return single;
  const joined = parseJoinedWords(text);
  switch (joined.kind) {
    case 'joined':
      return joined.words.join(joint) as CompoundTechnique;
    case 'unknown-word':
      throw unknownWord(joined.word, text);
    case 'repeated-word':
      throw new MidplaneError('USAGE', `technique "${text}" says "${joined.word}" twice`, {
        hint: 'name each word once',
      });
    case 'contradiction': {
      const [one, other] = joined.words;
      throw new MidplaneError('USAGE', `"${one}" and "${other}" cannot be joined: ${joined.why}`, {
        hint: `leave one of the two out of "${text}"`,
      });
    }
  }
}

function unknownWord(word: string, text: string): MidplaneError {
  const joins = `words about the certificate can be joined: ${certificateWords.join(', ')}`;
  if (kindOf(word) !== null) {
    return new MidplaneError('USAGE', `"${word}" cannot be joined to others, as in "${text}"`, {
      hint: `only ${joins}`,
    });
  }
  const whole = word === text;
  const near = nearestNames(word, whole ? techniqueIds : certificateWords);
  return new MidplaneError(
    'USAGE',
    whole ? `unknown technique "${text}"` : `unknown word "${word}" in technique "${text}"`,
    {
      hint:
        near.length > 0
          ? `did you mean ${near.map((it) => `"${it}"`).join(' or ')}? midplane list techniques shows them all`
          : whole
            ? `known: ${techniqueIds.join(', ')}`
            : joins,
    },
  );
}
