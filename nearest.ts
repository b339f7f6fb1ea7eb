/**
 * At most three known names that look like the word, nearest first; none when nothing is near. For the hints of every
 * "unknown …" error, so that they all guess alike.
 */
export function nearestNames(word: string, known: readonly string[]): string[] {
  const wanted = word.trim().toLowerCase().replaceAll('_', '-');
  if (wanted === '') return [];
  const ranked: { id: string; distance: number }[] = [];
  for (const id of known) {
    const name = id.toLowerCase();
    const distance = editDistance(wanted, name);
    const near = distance <= Math.max(2, Math.floor(Math.max(wanted.length, id.length) / 3));
    // `proxy` means one of the proxies, however many letters are missing.
    const part = wanted.length >= 3 && (name.includes(wanted) || (name.length >= 3 && wanted.includes(name)));
    if (near || part) ranked.push({ id, distance });
  }
  return ranked
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map((entry) => entry.id);
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
