// The order of landing, against all orders there are.

import { describe, expect, test } from "bun:test";
import { type Landing, landingOrder } from "../../src/features/radar/order.ts";

function landings(
  count: number,
  edges: readonly (readonly [number, number])[],
  sizes: readonly number[] = [],
): Landing[] {
  return Array.from({ length: count }, (_, at) => ({
    ...{ id: String(at), size: sizes[at] ?? 1, isMeetingTarget: false },
    ...{ unsure: new Set<string>(), breaks: new Set<string>() },
    conflicts: new Set(edges.flatMap(([a, b]) => (a === at ? [String(b)] : b === at ? [String(a)] : []))),
  }));
}

function untouched(all: readonly Landing[], order: readonly string[]): number {
  const landed = new Set<string>();
  return order.filter((id) => {
    const one = all.find((other) => other.id === id);
    const isMet = one?.isMeetingTarget === true || [...landed].some((before) => one?.conflicts.has(before));
    landed.add(id);
    return !isMet;
  }).length;
}

function* permutations(ids: readonly string[]): Generator<string[]> {
  if (ids.length === 0) yield [];
  for (const id of ids) for (const rest of permutations(ids.filter((one) => one !== id))) yield [id, ...rest];
}

describe("the order of landing", () => {
  test("lets as many land untouched as any order could", () => {
    // A fixed sequence, so that a failure comes back.
    let seed = 7;
    const next = () => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed / 2147483648;
    };
    for (let round = 0; round < 40; round++) {
      const edges = [];
      for (let a = 0; a < 6; a++) for (let b = a + 1; b < 6; b++) if (next() < 0.4) edges.push([a, b] as const);
      const all = landings(6, edges).map((one) => ({ ...one, isMeetingTarget: next() < 0.2 }));
      const best = Math.max(...permutations(all.map(({ id }) => id)).map((order) => untouched(all, order)));
      const found = landingOrder(all).map(({ id }) => id);
      expect(found.toSorted()).toEqual(all.map(({ id }) => id));
      expect(untouched(all, found)).toBe(best);
    }
  });

  test("of several such orders takes the one that changes least first", () => {
    expect(landingOrder(landings(2, [[0, 1]], [5, 3]))).toEqual([
      { id: "1", meets: [], mayMeet: [], breaks: [] },
      { id: "0", meets: ["1"], mayMeet: [], breaks: [] },
    ]);
    expect(landingOrder(landings(3, [], [3, 1, 2])).map(({ id }) => id)).toEqual(["1", "2", "0"]);
  });

  test("of several such orders takes the one in which fewest break what has landed, and a conflict counts for more", () => {
    const breaking = (all: Landing[], ...pairs: [string, string][]) =>
      all.map((one) => ({
        ...one,
        breaks: new Set(pairs.flatMap(([a, b]) => (a === one.id ? [b] : b === one.id ? [a] : []))),
      }));
    // Both sets of two are free of conflicts; in one of them they break each other, though it changes less.
    const edges = [[0, 1] as const];
    const two = breaking(landings(3, edges, [1, 5, 2]), ["0", "2"]);
    expect(landingOrder(two)).toEqual([
      { id: "2", meets: [], mayMeet: [], breaks: [] },
      { id: "1", meets: [], mayMeet: [], breaks: [] },
      { id: "0", meets: ["1"], mayMeet: [], breaks: ["2"] },
    ]);
    // One that breaks both others comes last, however little it changes.
    expect(landingOrder(breaking(landings(3, [], [1, 2, 3]), ["0", "1"], ["0", "2"]))).toEqual([
      { id: "1", meets: [], mayMeet: [], breaks: [] },
      { id: "2", meets: [], mayMeet: [], breaks: [] },
      { id: "0", meets: [], mayMeet: [], breaks: ["1", "2"] },
    ]);
    const all = breaking(landings(3, [[0, 1]]), ["1", "2"], ["0", "2"]);
    expect(landingOrder(all).flatMap(({ meets }) => meets)).toHaveLength(1);
  });

  test("tells apart whom one meets from whom it may meet", () => {
    const all = landings(3, [
      [0, 2],
      [1, 2],
    ]).map((one) => ({ ...one, unsure: new Set(one.id === "2" ? ["1"] : one.id === "1" ? ["2"] : []) }));
    expect(landingOrder(all).at(-1)).toEqual({ id: "2", meets: ["0"], mayMeet: ["1"], breaks: [] });
  });

  test("of very many is made step by step, and still nobody untouched conflicts", () => {
    const edges = Array.from({ length: 29 }, (_, at) => [at, at + 1] as const);
    const all = landings(30, edges);
    const order = landingOrder(all).map(({ id }) => id);
    expect(untouched(all, order)).toBe(15);
  });
});
