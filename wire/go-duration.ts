const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3, // U+03BC beside U+00B5
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Go's time.ParseDuration (`2m30s`, `1.5h`, `-.5s`, `0`), in milliseconds; null when it is not one. */
export function parseGoDuration(text: string): number | null {
  const amount = text.replace(/^[-+]/, '');
  if (amount === '0') return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(amount)) return null;
  let total = 0;
  for (const [, number, unit] of amount.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(number) * (UNITS_MS[unit ?? ''] ?? 0);
  }
  return text.startsWith('-') ? 0 - total : total;
}

/** As time.Duration.String writes it, for whole milliseconds: `2m0s`, `1h0m0s`, `30s`, `500ms`. */
export function formatGoDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1000) return `${ms}ms`;
  const seconds = (ms / 1000) % 60;
  const minutes = Math.floor(ms / 60_000) % 60;
  const hours = Math.floor(ms / 3_600_000);
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
