// In which order several branches land so that as few of them as possible meet a conflict. Two that conflict meet,
// whoever comes second; what can be chosen is who lands untouched, which is a set without a conflict within.

export interface Landing {
  id: string;
  /** How much it changes. */
  size: number;
  /** It does not merge where it is to land, whatever lands before. */
  isMeetingTarget: boolean;
  /** Those it conflicts with, or may. */
  conflicts: ReadonlySet<string>;
}

export interface Step {
  id: string;
  /** Those that have landed before and that it conflicts with. */
  meets: string[];
}

/** All sets are looked at up to so many, which takes some milliseconds; beyond, the least entangled goes first. */
const MOST_EXACT = 14;

export function landingOrder(all: readonly Landing[]): Step[] {
  const free = all.filter(({ isMeetingTarget }) => !isMeetingTarget);
  const first = free.length <= MOST_EXACT ? bestOf(free) : greedy(free);
  const landed: Landing[] = first.toSorted(bySize);
  const waiting = new Set(all.filter((one) => !landed.includes(one)));
  while (waiting.size > 0) {
    const met = (one: Landing) => landed.filter(({ id }) => one.conflicts.has(id)).length;
    const [next] = [...waiting].sort((a, b) => met(a) - met(b) || bySize(a, b));
    if (next === undefined) break;
    waiting.delete(next);
    landed.push(next);
  }
  return landed.map(({ id, conflicts }, at) => ({
    id,
    meets: landed.slice(0, at).flatMap((before) => (conflicts.has(before.id) ? [before.id] : [])),
  }));
}

function bySize(a: Landing, b: Landing): number {
  return a.size - b.size;
}

/** The largest set in which nobody conflicts; of several, the one that changes least. */
function bestOf(all: readonly Landing[]): Landing[] {
  const near = all.map(({ conflicts }) =>
    all.reduce((bits, { id }, at) => (conflicts.has(id) ? bits | (1 << at) : bits), 0),
  );
  const isFree = new Uint8Array(1 << all.length);
  const counts = new Uint8Array(1 << all.length);
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
    const more = (counts[set] ?? 0) - (counts[best] ?? 0);
    if (more > 0 || (more === 0 && (sizes[set] ?? 0) < (sizes[best] ?? 0))) best = set;
  }
  return all.filter((_, at) => (best & (1 << at)) !== 0);
}

function greedy(all: readonly Landing[]): Landing[] {
  const left = new Set(all);
  const chosen: Landing[] = [];
  while (left.size > 0) {
    const degree = (one: Landing) => [...left].filter(({ id }) => one.conflicts.has(id)).length;
    const [next] = [...left].sort((a, b) => degree(a) - degree(b) || bySize(a, b));
    if (next === undefined) break;
    chosen.push(next);
    for (const one of [...left]) if (one === next || next.conflicts.has(one.id)) left.delete(one);
  }
  return chosen;
}
