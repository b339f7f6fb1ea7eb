/** The known name that was probably meant, or null when none is near. */
export function nearestName(wanted: string, known: Iterable<string>): string | null {
  let nearest: string | null = null;
  let least = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const name of known) {
    const steps = editDistance(wanted.toLowerCase(), name.toLowerCase());
    if (steps < least) {
      nearest = name;
      least = steps;
    }
  }
  return nearest;
}

/** Levenshtein's: insertions, deletions and substitutions. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + Number(from.charAt(i - 1) !== to.charAt(j - 1));
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substituted));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
