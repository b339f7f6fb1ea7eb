/** For options that may be given more than once: the values in their order. */
export function repeatable(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
