// Who gets what, as a table over everything the decision may hang on.

import { describe, expect, test } from "bun:test";
import { decidePlacement, type Holder, type Placement, whyNotContinue } from "../../src/features/sessions/place.ts";
import type { WorktreeEntry } from "../../src/git/porcelain.ts";
import type { Place } from "../../src/git/repository.ts";

const MAIN = "/src/shop";
const LINKED = "/src/shop-worktrees/parallel-1";
const LAST = "/src/shop-worktrees/parallel-2";

function holder(worktreePath: string): Holder {
  return { sessionId: `in ${worktreePath}`, name: null, worktreePath, adminName: null };
}

const HERE: Record<string, Place> = {
  "in main": { top: MAIN, subdirectory: "", isLinked: false, adminName: "", head: "c0ffee", branch: "main" },
  "in a linked worktree": {
    top: LINKED,
    subdirectory: "lib",
    isLinked: true,
    adminName: "linked",
    head: "c0ffee",
    branch: "x",
  },
  "in no checkout": {
    top: undefined,
    subdirectory: "",
    isLinked: false,
    adminName: "",
    head: "c0ffee",
    branch: "main",
  },
};
const HOLDERS: Record<string, Holder[]> = {
  nobody: [],
  "one in main": [holder(MAIN)],
  "one in the linked worktree": [holder(LINKED)],
  "one elsewhere": [holder("/src/shop-worktrees/parallel-3")],
};

const own = (path: string): Placement => ({ kind: "checkout", path, sharedWith: undefined });
const shared = (path: string): Placement => ({ kind: "checkout", path, sharedWith: holder(path) });
const fresh: Placement = { kind: "worktree" };

/** Where, who else lives, then: plainly, with --no-worktree, with --continue, with both. */
const TABLE: [keyof typeof HERE, keyof typeof HOLDERS, [Placement, Placement, Placement, Placement]][] = [
  ["in main", "nobody", [own(MAIN), own(MAIN), own(LAST), own(MAIN)]],
  ["in main", "one in main", [fresh, shared(MAIN), own(LAST), shared(MAIN)]],
  ["in main", "one in the linked worktree", [fresh, own(MAIN), own(LAST), own(MAIN)]],
  ["in main", "one elsewhere", [fresh, own(MAIN), own(LAST), own(MAIN)]],
  ["in a linked worktree", "nobody", [own(LINKED), own(LINKED), own(LINKED), own(LINKED)]],
  ["in a linked worktree", "one in main", [own(LINKED), own(LINKED), own(LINKED), own(LINKED)]],
  ["in a linked worktree", "one in the linked worktree", [fresh, shared(LINKED), own(LAST), shared(LINKED)]],
  ["in a linked worktree", "one elsewhere", [own(LINKED), own(LINKED), own(LINKED), own(LINKED)]],
  ["in no checkout", "nobody", [own(MAIN), own(MAIN), own(LAST), own(LAST)]],
  ["in no checkout", "one in main", [fresh, fresh, own(LAST), own(LAST)]],
  ["in no checkout", "one in the linked worktree", [fresh, fresh, own(LAST), own(LAST)]],
  ["in no checkout", "one elsewhere", [fresh, fresh, own(LAST), own(LAST)]],
];
const WANTS = [
  ["plainly", { noWorktree: false, continueAt: undefined, isGoing: false }],
  ["with --no-worktree", { noWorktree: true, continueAt: undefined, isGoing: false }],
  ["with --continue", { noWorktree: false, continueAt: LAST, isGoing: false }],
  ["with both", { noWorktree: true, continueAt: LAST, isGoing: false }],
] as const;

describe("in a repository with a main checkout", () => {
  test("the table has every case", () => {
    expect(TABLE.map(([here, holders]) => `${here}, ${holders}`)).toEqual(
      Object.keys(HERE).flatMap((here) => Object.keys(HOLDERS).map((holders) => `${here}, ${holders}`)),
    );
  });

  const cases = TABLE.flatMap(([here, holders, placements]) =>
    WANTS.map(([how, wants], i) => [here, holders, how, wants, placements[i] ?? fresh] as const),
  );
  test.each(cases)("%s, %s, %s", (where, who, _how, wants, placement) => {
    const here = HERE[where];
    if (here === undefined) throw new Error(`no place ${where}`);
    const repository = { path: MAIN, isBare: false, here };
    expect(decidePlacement(repository, HOLDERS[who] ?? [], wants)).toEqual(placement);
  });
});

describe("in a bare repository", () => {
  const bare: Place = {
    top: undefined,
    subdirectory: "",
    isLinked: false,
    adminName: "",
    head: undefined,
    branch: undefined,
  };

  test("nobody is given the repository itself", () => {
    const repository = { path: "/src/shop.git", isBare: true, here: bare };
    for (const [, wants] of WANTS.slice(0, 2)) expect(decidePlacement(repository, [], wants)).toEqual(fresh);
  });

  test("a free linked worktree is its first visitor's", () => {
    const here: Place = {
      top: LINKED,
      subdirectory: "",
      isLinked: true,
      adminName: "linked",
      head: "c0ffee",
      branch: "x",
    };
    const repository = { path: "/src/shop.git", isBare: true, here };
    expect(decidePlacement(repository, [], WANTS[0][1])).toEqual(own(LINKED));
    expect(decidePlacement(repository, [holder(LINKED)], WANTS[0][1])).toEqual(fresh);
  });
});

describe("the last session's place", () => {
  const entry = (path: string, prunable?: string): WorktreeEntry => ({
    path,
    head: "c0ffee",
    branch: "x",
    isBare: false,
    isDetached: false,
    locked: undefined,
    prunable,
  });
  const known = [entry(MAIN), entry(LAST)];
  const gone = [entry(MAIN)];
  const broken = [entry(MAIN), entry(LAST, "gitdir file points to non-existent location")];
  const main = { worktreePath: MAIN, isMain: true };
  const linked = { worktreePath: LAST, isMain: false };

  test.each([
    ["main, nobody else", known, [], main, undefined],
    ["main, held", known, [holder(MAIN)], main, "another live session works there"],
    ["main, others elsewhere", known, [holder(LINKED)], main, "the main checkout is not handed out while others work"],
    ["a worktree, nobody else", known, [], linked, undefined],
    ["a worktree, others elsewhere", known, [holder(MAIN), holder(LINKED)], linked, undefined],
    ["a worktree, held", known, [holder(LAST)], linked, "another live session works there"],
    ["a worktree git does not know", gone, [], linked, "that worktree is gone"],
    ["a worktree whose directory is gone", broken, [], linked, "that worktree is gone"],
  ])("%s", (_case, worktrees, holders, last, reason) => {
    expect(whyNotContinue({ path: MAIN, worktrees }, holders, last)).toBe(reason);
  });
});
