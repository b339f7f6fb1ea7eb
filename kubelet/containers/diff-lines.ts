import { takeTurn } from './turns';

/** A stretch where two lists of lines differ: what is gone, and what is there instead. Ends are past the last line. */
export interface Change {
  readonly from: number;
  readonly fromEnd: number;
  readonly to: number;
  readonly toEnd: number;
}

/** Beyond this many single differences the rest counts as replaced: the search's memory grows with their square. */
const MOST_EDITS = 1000;

/** The least changes (E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986). */
export async function diffLines(left: readonly string[], right: readonly string[]): Promise<Change[]> {
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start += 1;
  let [leftEnd, rightEnd] = [left.length, right.length];
  while (leftEnd > start && rightEnd > start && left[leftEnd - 1] === right[rightEnd - 1]) {
    leftEnd -= 1;
    rightEnd -= 1;
  }
  const [a, b] = [left.slice(start, leftEnd), right.slice(start, rightEnd)];
  const changes = joined(await editsOf(a, b));
  return changes.map((it) => ({
    from: it.from + start,
    fromEnd: it.fromEnd + start,
    to: it.to + start,
    toEnd: it.toEnd + start,
  }));
}

async function editsOf(a: readonly string[], b: readonly string[]): Promise<Change[]> {
  if (a.length === 0 && b.length === 0) return [];
  const everything = [{ from: 0, fromEnd: a.length, to: 0, toEnd: b.length }];
  if (a.length === 0 || b.length === 0) return everything;
  const most = Math.min(a.length + b.length, MOST_EDITS);
  const offset = most + 1;
  const furthest = new Int32Array(2 * most + 3);
  const trace: Int32Array[] = [];
  const at = (frontier: Int32Array, diagonal: number): number => frontier[offset + diagonal] ?? 0;
  for (let edits = 0; edits <= most; edits += 1) {
    trace.push(furthest.slice());
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      await takeTurn();
      const down =
        diagonal === -edits ||
        (diagonal !== edits && at(furthest, diagonal - 1) < at(furthest, diagonal + 1));
      let x = down ? at(furthest, diagonal + 1) : at(furthest, diagonal - 1) + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1;
      furthest[offset + diagonal] = x;
      if (x >= a.length && x - diagonal >= b.length) return backtrack(trace, a.length, b.length, at);
    }
  }
  return everything;
}

/** From the end to the start, one line at a time. */
function backtrack(
  trace: readonly Int32Array[],
  aLength: number,
  bLength: number,
  at: (frontier: Int32Array, diagonal: number) => number,
): Change[] {
  const edits: Change[] = [];
  let [x, y] = [aLength, bLength];
  for (let count = trace.length - 1; count > 0; count -= 1) {
    const frontier = trace[count];
    if (frontier === undefined) break;
    const diagonal = x - y;
    const down =
      diagonal === -count || (diagonal !== count && at(frontier, diagonal - 1) < at(frontier, diagonal + 1));
    const before = down ? diagonal + 1 : diagonal - 1;
    const beforeX = at(frontier, before);
    const beforeY = beforeX - before;
    edits.push(
      down
        ? { from: beforeX, fromEnd: beforeX, to: beforeY, toEnd: beforeY + 1 }
        : { from: beforeX, fromEnd: beforeX + 1, to: beforeY, toEnd: beforeY },
    );
    [x, y] = [beforeX, beforeY];
  }
  return edits.reverse();
}

function joined(edits: readonly Change[]): Change[] {
  const changes: Change[] = [];
  for (const edit of edits) {
    const last = changes.at(-1);
    if (last !== undefined && last.fromEnd === edit.from && last.toEnd === edit.to)
      changes[changes.length - 1] = { ...last, fromEnd: edit.fromEnd, toEnd: edit.toEnd };
    else changes.push(edit);
  }
  return changes;
}
