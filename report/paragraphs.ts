/** Those of a Markdown text, each on one line: an empty line stands between them. */
export function paragraphs(text: string): string[] {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map(folded);
}

/** On one line. */
export function folded(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}
