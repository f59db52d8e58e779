// In which order several branches land so that as few of them as possible meet a conflict. Two that conflict meet,
// whoever comes second; what can be chosen is who lands untouched, which is a set without a conflict within. Of several
// such sets and orders, the one counts in which fewest break what has landed without conflicting with it.

export interface Landing {
  id: string;
  /** How much it changes. */
  size: number;
  /** It does not merge where it is to land, whatever lands before. */
  isMeetingTarget: boolean;
  /** Those it conflicts with, or may. */
  conflicts: ReadonlySet<string>;
  /** Of these, those of which it is not known. */
  unsure: ReadonlySet<string>;
  /** Those it merges with, and does not hold together then. */
  breaks: ReadonlySet<string>;
}

export interface Step {
  id: string;
  /** Those that have landed before and that it conflicts with. */
  meets: string[];
  /** Those of which that could not be told. */
  mayMeet: string[];
  /** Those that have landed before and with which it does not hold together. */
  breaks: string[];
}

/** All sets are looked at up to so many, which takes some milliseconds; beyond, the least entangled goes first. */
const MOST_EXACT = 14;

export function landingOrder(all: readonly Landing[]): Step[] {
  const free = all.filter(({ isMeetingTarget }) => !isMeetingTarget);
  const first = free.length <= MOST_EXACT ? bestOf(free) : greedy(free);
  const landed: Landing[] = [];
  land(first, landed);
  land(
    all.filter((one) => !first.includes(one)),
    landed,
  );
  return landed.map(({ id, conflicts, unsure, breaks }, at) => {
    const before = landed.slice(0, at).map((one) => one.id);
    return {
      id,
      meets: before.filter((other) => conflicts.has(other) && !unsure.has(other)),
      mayMeet: before.filter((other) => unsure.has(other)),
      breaks: before.filter((other) => breaks.has(other) && !conflicts.has(other)),
    };
  });
}

/** One after another, each time who meets least of what has landed, and breaks least of what is to come. */
function land(all: readonly Landing[], landed: Landing[]): void {
  const waiting = new Set(all);
  const among = (ids: ReadonlySet<string>, others: Iterable<Landing>) => {
    let found = 0;
    for (const { id } of others) if (ids.has(id)) found++;
    return found;
  };
  while (waiting.size > 0) {
    const costs = ({ conflicts, breaks, size }: Landing) =>
      [among(conflicts, landed), among(breaks, landed), among(breaks, waiting), size] as const;
    const [next] = [...waiting].map((one) => ({ one, costs: costs(one) })).sort((a, b) => compare(a.costs, b.costs));
    if (next === undefined) return;
    waiting.delete(next.one);
    landed.push(next.one);
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((one, index) => one !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** The largest set in which nobody conflicts; of several, the one in which fewest break others, then changes least. */
function bestOf(all: readonly Landing[]): Landing[] {
  const bitsOf = (ids: ReadonlySet<string>) =>
    all.reduce((bits, { id }, at) => (ids.has(id) ? bits | (1 << at) : bits), 0);
  const near = all.map(({ conflicts }) => bitsOf(conflicts));
  const broken = all.map(({ breaks }) => bitsOf(breaks));
  const isFree = new Uint8Array(1 << all.length);
  const counts = new Uint8Array(1 << all.length);
  const breaks = new Uint8Array(1 << all.length);
  const sizes = new Float64Array(1 << all.length);
  isFree[0] = 1;
  let best = 0;
  for (let set = 1; set < isFree.length; set++) {
    const lowest = 31 - Math.clz32(set & -set);
    const rest = set & (set - 1);
    if (isFree[rest] !== 1 || ((near[lowest] ?? 0) & rest) !== 0) continue;
    isFree[set] = 1;
    counts[set] = (counts[rest] ?? 0) + 1;
    sizes[set] = (sizes[rest] ?? 0) + (all[lowest]?.size ?? 0);
    breaks[set] = (breaks[rest] ?? 0) + bitCount((broken[lowest] ?? 0) & rest);
    const costs = (which: number) => [-(counts[which] ?? 0), breaks[which] ?? 0, sizes[which] ?? 0] as const;
    if (compare(costs(set), costs(best)) < 0) best = set;
  }
  return all.filter((_, at) => (best & (1 << at)) !== 0);
}

function bitCount(set: number): number {
  let count = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function greedy(all: readonly Landing[]): Landing[] {
  const left = new Set(all);
  const chosen: Landing[] = [];
  while (left.size > 0) {
    const within = (ids: ReadonlySet<string>) => [...left].filter(({ id }) => ids.has(id)).length;
    const costs = ({ conflicts, breaks, size }: Landing) => [within(conflicts), within(breaks), size] as const;
    const [next] = [...left].sort((a, b) => compare(costs(a), costs(b)));
    if (next === undefined) break;
    chosen.push(next);
    for (const one of [...left]) if (one === next || next.conflicts.has(one.id)) left.delete(one);
  }
  return chosen;
}
