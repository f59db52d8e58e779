// Which lines of one text are which of another: the shortest way from one to the other, as `diff` finds it (Myers);
// of texts far apart, what stands between the lines that each of them has once.

/** More differences than that take too long; their square is held in memory. */
const MOST_DIFFERENCES = 1500;

export const NO_MATCH = -1;

/** For each line of `a` its index in `b`, or NO_MATCH. */
export function matchLines(a: readonly string[], b: readonly string[]): Int32Array {
  const ids = new Map<string, number>();
  const numbered = (lines: readonly string[]) =>
    Int32Array.from(lines, (line) => {
      const known = ids.get(line) ?? ids.size;
      ids.set(line, known);
      return known;
    });
  const matched = new Int32Array(a.length).fill(NO_MATCH);
  const [idsA, idsB] = [numbered(a), numbered(b)];
  const open: Span[] = [{ startA: 0, endA: a.length, startB: 0, endB: b.length }];
  for (let span = open.pop(); span !== undefined; span = open.pop()) {
    const { startA, endA, startB, endB } = trimmed(idsA, idsB, span, matched);
    const [innerA, innerB] = [idsA.subarray(startA, endA), idsB.subarray(startB, endB)];
    const way = shortestWay(innerA, innerB);
    for (const [fromA, fromB, length] of way ?? []) {
      for (let step = 0; step < length; step++) matched[startA + fromA + step] = startB + fromB + step;
    }
    if (way !== undefined) continue;
    const anchors = anchorsOf(innerA, innerB);
    let [lastA, lastB] = [startA, startB];
    for (const [atA, atB] of anchors) {
      matched[startA + atA] = startB + atB;
      open.push({ startA: lastA, endA: startA + atA, startB: lastB, endB: startB + atB });
      [lastA, lastB] = [startA + atA + 1, startB + atB + 1];
    }
    if (anchors.length > 0) open.push({ startA: lastA, endA, startB: lastB, endB });
  }
  return matched;
}

interface Span {
  startA: number;
  endA: number;
  startB: number;
  endB: number;
}

/** Without what both begin and end with. */
function trimmed(a: Int32Array, b: Int32Array, span: Span, matched: Int32Array): Span {
  let { startA, endA, startB, endB } = span;
  while (startA < endA && startB < endB && a[startA] === b[startB]) matched[startA++] = startB++;
  while (endA > startA && endB > startB && a[endA - 1] === b[endB - 1]) matched[--endA] = --endB;
  return { startA, endA, startB, endB };
}

/** Lines that both have once, in an order that holds in both. */
function anchorsOf(a: Int32Array, b: Int32Array): (readonly [atA: number, atB: number])[] {
  const [onceA, onceB] = [placesOnce(a), placesOnce(b)];
  // The longest rising row of places in `b`: for each length the anchor that ends it lowest, each knowing the one before.
  interface Anchor {
    atA: number;
    atB: number;
    before: Anchor | undefined;
  }
  const ends: Anchor[] = [];
  for (const [id, atA] of onceA) {
    const atB = onceB.get(id);
    if (atB === undefined) continue;
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle]?.atB ?? 0) < atB) low = middle + 1;
      else high = middle;
    }
    ends[low] = { atA, atB, before: ends[low - 1] };
  }
  const anchors: (readonly [number, number])[] = [];
  for (let one = ends.at(-1); one !== undefined; one = one.before) anchors.push([one.atA, one.atB]);
  return anchors.reverse();
}

/** In the order of the text. */
function placesOnce(ids: Int32Array): Map<number, number> {
  const places = new Map<number, number>();
  const twice = new Set<number>();
  for (const [at, id] of ids.entries()) {
    if (places.has(id)) twice.add(id);
    places.set(id, at);
  }
  for (const id of twice) places.delete(id);
  return places;
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
