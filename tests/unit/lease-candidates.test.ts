// Which ports a checkout asks for: always the same ones, in the same order, and none that a browser refuses.

import { describe, expect, test } from "bun:test";
import { type Checkout, candidates } from "../../src/features/leases/candidates.ts";

const checkout: Checkout = { gitDir: "/src/shop/.git", isMain: false, branch: "feature/x", adminName: "x" };
const RANGE = { from: 10_000, to: 19_999 };

function first(of: Partial<Checkout>, range = RANGE): number {
  const [port = 0] = candidates({ ...checkout, ...of }, range);
  return port;
}

describe("candidates", () => {
  test("begin where they have begun in every release", () => {
    expect([...candidates(checkout, RANGE).take(2)]).toEqual([14_789, 14_790]);
  });

  test("depend on repository and branch", () => {
    const others = [{ gitDir: "/src/other/.git" }, { branch: "feature/y" }, { branch: null }, { isMain: true }];
    expect(new Set([checkout, ...others].map((of) => first(of))).size).toBe(5);
    expect(first({ adminName: "moved" })).toBe(first({}));
  });

  test("stay as they are in the main checkout, whatever branch it is on", () => {
    expect(first({ isMain: true, branch: "main" })).toBe(first({ isMain: true, branch: null }));
  });

  test("of detached worktrees differ", () => {
    expect(first({ branch: null, adminName: "a" })).not.toBe(first({ branch: null, adminName: "b" }));
  });

  test("are every port of the range once, going round at its end", () => {
    const range = { from: 3000, to: 3009 };
    const ports = [...candidates(checkout, range)];
    expect(ports.toSorted()).toEqual([3000, 3001, 3002, 3003, 3004, 3005, 3006, 3007, 3008, 3009]);
    for (const [i, port] of ports.slice(1).entries()) expect(port).toBe(ports[i] === 3009 ? 3000 : (ports[i] ?? 0) + 1);
  });

  test("leave out what browsers refuse", () => {
    const all = [...candidates(checkout, { from: 1024, to: 65_535 })];
    expect(all.length).toBe(65_535 - 1024 + 1 - 19);
    for (const refused of [2049, 5060, 6000, 6666, 10_080]) expect(all).not.toContain(refused);
    expect([...candidates(checkout, { from: 6665, to: 6669 })]).toEqual([]);
  });
});
