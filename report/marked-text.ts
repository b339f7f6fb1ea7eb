import type { Style } from './style';
import { oneLine, truncate } from './text';

/**
 * A sentence with its ids and quotations kept apart, so that the terminal, Markdown and HTML can each mark them their
 * own way, and so that a quotation can never be taken for markup.
 */
export type Part = string | { readonly id: string } | { readonly quote: string };
export type Sentence = readonly Part[];

/** For a terminal: each word of a quotation is coloured by itself, so that wrapping never tears a colour open. */
export function terminal(sentence: Sentence, style: Style): string {
  return sentence
    .map((part) => {
      if (typeof part === 'string') return style.words(part);
      if ('id' in part) return style.bold(part.id);
      const quotation = `${style.sign.openQuote}${style.words(part.quote)}${style.sign.closeQuote}`;
      return quotation.split(' ').map(style.cyan).join(' ');
    })
    .join('');
}

/** Markdown of the GitHub kind: quotations as code, fenced by more backticks than they contain. */
export function markdown(sentence: Sentence): string {
  return sentence
    .map((part) => {
      if (typeof part === 'string') return escapeMarkdown(part);
      return codeSpan('id' in part ? part.id : part.quote);
    })
    .join('');
}

export function codeSpan(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 ? ' ' : '';
  return `${fence}${pad}${text}${pad}${fence}`;
}

export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_[\]|#]/g, (character) => `\\${character}`)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
}

/** `a, b and c`, each as an id. */
export function listed(ids: readonly string[]): Part[] {
  return ids.flatMap((id, index): Part[] => {
    if (index === 0) return [{ id }];
    return [index === ids.length - 1 ? ' and ' : ', ', { id }];
  });
}

/** A quotation of foreign words, on one line and short enough to be read. */
export function quoted(text: string, width = 72): Part {
  return { quote: truncate(oneLine(text), width, '…') };
}

/** The same for error messages, whose cause stands at the end: a long one loses its middle. */
export function quotedError(text: string, width = 150): Part {
  const line = [...oneLine(text)];
  if (line.length <= width) return { quote: line.join('') };
  const head = Math.floor(width / 3);
  return {
    quote: `${line.slice(0, head).join('')}…${line.slice(line.length - (width - head - 1)).join('')}`,
  };
}
