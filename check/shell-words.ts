import { MidplaneError } from '../error';
import { type FilePlace, placeText } from '../report/outcome';
import { shellWords as cut } from '../wire/shell-words';

export interface Word {
  readonly text: string;
  readonly at: FilePlace;
  /** Of a text with several lines: they are lines of the file, each as far in as `at`. */
  readonly isBlock?: boolean;
}

/** Words that stand in one word, as `sh -c` gets them. */
export function wordsWithin({ text, at, isBlock = false }: Word): Word[] {
  const words = shellWords(text, at);
  if (!text.includes('\n')) return words;
  // Where line ends are written as something else, nobody can tell where a word is.
  if (!isBlock) return words.map((word) => ({ ...word, at }));
  return words.map((word) =>
    word.at.line === at.line ? word : { ...word, at: { ...word.at, column: word.at.column + at.column - 1 } },
  );
}

/** The words of a command line that stands in a file. Throws MidplaneError CONFIG_INVALID for a quote that does not end. */
export function shellWords(text: string, start: FilePlace): Word[] {
  const { file } = start;
  const read = cut(text, start);
  if (read.kind === 'words') return read.words.map((word) => ({ text: word.text, at: { file, ...word.at } }));
  throw new MidplaneError(
    'CONFIG_INVALID',
    `${placeText({ file, ...read.at })}: a quote (${read.sign}) does not end`,
    { hint: 'end the quote, or write \\ before the sign' },
  );
}
