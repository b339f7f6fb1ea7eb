/** Lines that stand in one place: of the first text only (`minus`), and of the second (`plus`). */
export interface Hunk {
  readonly minus: readonly string[];
  readonly plus: readonly string[];
}

/** Beyond this many comparisons the middle of two texts counts as changed as a whole. */
const MOST_COMPARISONS = 16_000_000;

/** Where two lists of lines differ, by their longest common subsequence. */
export function lineHunks(a: readonly string[], b: readonly string[]): Hunk[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA -= 1;
    endB -= 1;
  }
  return hunksOf(a.slice(start, endA), b.slice(start, endB));
}

function hunksOf(a: readonly string[], b: readonly string[]): Hunk[] {
  if (a.length === 0 && b.length === 0) return [];
  if (a.length * b.length > MOST_COMPARISONS) return [{ minus: a, plus: b }];
  const width = b.length + 1;
  // How long the longest common subsequence of what follows is, from each place.
  const longest = new Uint16Array((a.length + 1) * width);
  const at = (row: number, column: number): number => longest[row * width + column] ?? 0;
  for (let row = a.length - 1; row >= 0; row--) {
    for (let column = b.length - 1; column >= 0; column--) {
      longest[row * width + column] =
        a[row] === b[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const hunks: { minus: string[]; plus: string[] }[] = [];
  let open: { minus: string[]; plus: string[] } | null = null;
  let row = 0;
  let column = 0;
  while (row < a.length || column < b.length) {
    if (row < a.length && column < b.length && a[row] === b[column]) {
      open = null;
      row += 1;
      column += 1;
      continue;
    }
    if (open === null) {
      open = { minus: [], plus: [] };
      hunks.push(open);
    }
    const takesA = column === b.length || (row < a.length && at(row + 1, column) >= at(row, column + 1));
    if (takesA) open.minus.push(a[row++] ?? '');
    else open.plus.push(b[column++] ?? '');
  }
  return hunks;
}
