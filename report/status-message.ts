/** What a Status says; of every other answer the text. */
export function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : text.trim();
  } catch {
    return text.trim();
  }
}
