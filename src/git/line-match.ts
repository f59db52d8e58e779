// Which lines of one text are which of another: the shortest way from one to the other, as `diff` finds it (Myers).

/** More differences than that take too long and tell nothing; their square is held in memory. */
const MOST_DIFFERENCES = 1500;

export const NO_MATCH = -1;

/** For each line of `a` its index in `b`, or NO_MATCH; undefined when the two are too far apart. */
export function matchLines(a: readonly string[], b: readonly string[]): Int32Array | undefined {
  const matched = new Int32Array(a.length).fill(NO_MATCH);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) {
    matched[start] = start;
    start++;
  }
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
    matched[endA] = endB;
  }
  const ids = new Map<string, number>();
  const numbered = (lines: readonly string[], end: number) =>
    Int32Array.from(lines.slice(start, end), (line) => {
      const known = ids.get(line) ?? ids.size;
      ids.set(line, known);
      return known;
    });
  const inner = shortestWay(numbered(a, endA), numbered(b, endB));
  if (inner === undefined) return undefined;
  for (const [fromA, fromB, length] of inner) {
    for (let step = 0; step < length; step++) matched[start + fromA + step] = start + fromB + step;
  }
  return matched;
}

type Run = readonly [a: number, b: number, length: number];

/** The runs that both have, from the furthest reaching point of each diagonal after d differences. */
function shortestWay(a: Int32Array, b: Int32Array): Run[] | undefined {
  const most = Math.min(a.length + b.length, MOST_DIFFERENCES);
  const reached = new Int32Array(2 * most + 3);
  const at = most + 1;
  const trace: Int32Array[] = [];
  for (let d = 0; d <= most; d++) {
    trace.push(reached.slice(at - d - 1, at + d + 2));
    for (let k = -d; k <= d; k += 2) {
      let x = stepsDown(reached, at, k, d) ? (reached[at + k + 1] ?? 0) : (reached[at + k - 1] ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reached[at + k] = x;
      if (x >= a.length && x - k >= b.length) return wayBack(trace, a.length, b.length);
    }
  }
  return undefined;
}

function stepsDown(reached: Int32Array, at: number, k: number, d: number): boolean {
  return k === -d || (k !== d && (reached[at + k - 1] ?? 0) < (reached[at + k + 1] ?? 0));
}

function wayBack(trace: readonly Int32Array[], lengthA: number, lengthB: number): Run[] {
  const runs: Run[] = [];
  let [x, y] = [lengthA, lengthB];
  for (let d = trace.length - 1; d >= 0; d--) {
    const before = trace[d] ?? new Int32Array();
    const k = x - y;
    const at = d + 1;
    const isDown = stepsDown(before, at, k, d);
    const beforeK = isDown ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : (before[at + beforeK] ?? 0);
    const runX = d === 0 ? 0 : isDown ? fromX : fromX + 1;
    if (x > runX) runs.push([runX, runX - k, x - runX]);
    [x, y] = [fromX, fromX - beforeK];
  }
  return runs;
}
