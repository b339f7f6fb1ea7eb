import { MidplaneError } from '../error';
import { type FilePlace, placeText } from '../report/outcome';
import { shellWords as cut } from '../wire/shell-words';

export interface Word {
  readonly text: string;
  readonly at: FilePlace;
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
