import type { Page } from '../scenarios/explain/page';
import { type Look, type Style, styleOf } from './style';
import { hanging, wrap } from './text';

export interface KindOfPage extends Page {
  readonly kind: string;
}

/** A page of `midplane explain` for a terminal: wrapped, with its bold words and its code marked as the look allows. */
export function renderPage(page: KindOfPage, options: Look & { readonly width: number }): string {
  const style = styleOf(options);
  const width = Math.max(40, options.width);
  const paragraphs = page.body.flatMap((paragraph) => ['', ...wrap(marked(paragraph, style), width)]);
  const sources = page.sources.flatMap((source) => hanging('  ', style.words(source), width));
  const others = page.seeAlso.map((id) => style.bold(id)).join(', ');
  const lines = [
    style.bold(style.words(page.title)),
    style.dim(page.kind),
    ...paragraphs,
    '',
    style.dim('Sources'),
    ...sources,
    ...(others === '' ? [] : ['', ...hanging(`${style.dim('See also')}  `, others, width)]),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * `**bold**` and `` `code` `` as colours; each word is coloured by itself, so that a line break never tears a colour
 * open. Without colours bold loses its marks and code keeps them.
 */
function marked(text: string, style: Style): string {
  return text
    .split(/(\*\*[^*]+\*\*|`[^`]+`)/)
    .map((part) => {
      if (part.startsWith('**')) return eachWord(style.words(part.slice(2, -2)), style.bold);
      if (!part.startsWith('`')) return style.words(part);
      const code = style.words(part.slice(1, -1));
      const coloured = eachWord(code, style.cyan);
      return coloured === code ? `\`${code}\`` : coloured;
    })
    .join('');
}

function eachWord(text: string, paint: (word: string) => string): string {
  return text.split(' ').map(paint).join(' ');
}
