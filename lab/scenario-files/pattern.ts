/** Whether a text holds what an author wrote: `/…/` and `/…/i` are regular expressions, anything else is a text. */
export function isIn(text: string, pattern: string): boolean {
  const expression = patternOf(pattern);
  return expression === null ? text.includes(pattern) : expression.test(text);
}

/** Null: it is a plain text. Throws SyntaxError. */
export function patternOf(text: string): RegExp | null {
  const [, source, flags] = /^\/(.+)\/(i?)$/s.exec(text) ?? [];
  return source === undefined ? null : new RegExp(source, `${flags ?? ''}su`);
}
