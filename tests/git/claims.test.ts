// Claims between two sessions of a real repository, by what agents and people ask.

import { describe, expect, test } from "bun:test";
import { mkdirSync, renameSync, rmdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../src/core/failure.ts";
import {
  checkPaths,
  claimPaths,
  listClaims,
  nameNotes,
  releaseAll,
  releaseNamed,
} from "../../src/features/claims/ask.ts";
import type { Mode } from "../../src/features/claims/modes.ts";
import { touch } from "../../src/features/roster/roster.ts";
import { release } from "../../src/features/sessions/release.ts";
import { type AtWork, type TwoSessions, twoSessions } from "../support/two-sessions.ts";

const HOUR_MS = 3_600_000;

async function claim(who: AtWork, path: string | readonly string[], mode: Mode = "EXCLUSIVE", ttlHours = 24) {
  const paths = typeof path === "string" ? [path] : path;
  return claimPaths(who.world, await who.world.db(), who.known, { paths, mode, ttlHours, reason: undefined });
}

const isGranted = async (...asked: Parameters<typeof claim>) => (await claim(...asked)).isGranted;

async function listed({ world, one }: TwoSessions): Promise<string[]> {
  const found = listClaims(world, await world.db(), { gitDirId: one.known.git_dir_id ?? "" });
  return found.map(({ claim: { file_path, claim_mode }, holder }) => `${holder?.name} ${claim_mode} ${file_path}`);
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown.code;
    throw thrown;
  }
  return "none";
}

describe("while one session has a file", () => {
  test.each([
    ["EXCLUSIVE", "EXCLUSIVE", false],
    ["EXCLUSIVE", "SHARED", false],
    ["EXCLUSIVE", "INTENT", false],
    ["SHARED", "EXCLUSIVE", false],
    ["SHARED", "SHARED", true],
    ["SHARED", "INTENT", true],
    ["INTENT", "EXCLUSIVE", false],
    ["INTENT", "SHARED", true],
    ["INTENT", "INTENT", true],
  ] as const)("%s, another gets it %s: %p", async (first, second, expected) => {
    await using scene = await twoSessions();
    expect(await isGranted(scene.one, "file-0.txt", first)).toBe(true);
    expect(await isGranted(scene.two, "file-0.txt", second)).toBe(expected);
  });

  test("what is refused changes nothing, and names who has it", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "file-0.txt");
    await claim(scene.two, "b.txt", "SHARED");
    const outcome = await claim(scene.two, ["a.txt", "file-0.txt", "b.txt"]);
    expect(outcome).toMatchObject({ isGranted: false, held: [{ holder: { name: "one" } }] });
    expect(await listed(scene)).toEqual(["one EXCLUSIVE file-0.txt", "two SHARED b.txt"]);
  });
});

describe("a path means the same file", () => {
  test("in the main checkout, in a worktree, and by its absolute name in either", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, join(scene.repo.path, "src/new.ts"));
    expect(await isGranted(scene.two, "src/new.ts")).toBe(false);
    expect(await isGranted(scene.two, "./src/../src/new.ts")).toBe(false);
    expect(await isGranted(scene.two, join(scene.two.known.worktree_path, "src/new.ts"))).toBe(false);
  });

  test("through a symbolic link to it or to a directory above it", async () => {
    await using scene = await twoSessions();
    const top = scene.repo.path;
    mkdirSync(join(top, "real"));
    symlinkSync("real", join(top, "linked"));
    writeFileSync(join(top, "real/a.txt"), "a\n");
    symlinkSync("real/a.txt", join(top, "also.txt"));
    await claim(scene.one, "linked/a.txt");
    expect(await listed(scene)).toEqual(["one EXCLUSIVE real/a.txt"]);
    expect(await isGranted(scene.two, join(top, "also.txt"))).toBe(false);
    expect(await isGranted(scene.two, "real/b.txt")).toBe(true);
  });

  test("when its repository was renamed since", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "a.txt");
    const elsewhere = scene.place.at("renamed");
    renameSync(scene.repo.path, elsewhere);
    const moved = { ...scene.two, world: scene.world.as({ cwd: elsewhere }) };
    expect(await isGranted(moved, "a.txt")).toBe(false);
  });

  test("in a submodule, which each worktree has for itself", async () => {
    await using scene = await twoSessions();
    const { place, repo, one, two } = scene;
    await repo.git("init", "--quiet", place.at("library"));
    await repo.git("-C", place.at("library"), "commit", "--quiet", "--allow-empty", "-m", "Library");
    for (const top of [repo.path, two.known.worktree_path]) {
      const add = ["submodule", "--quiet", "add", place.at("library"), "lib"];
      await repo.git("-C", top, "-c", "protocol.file.allow=always", ...add);
    }
    await claim(one, join(repo.path, "lib/a.c"));
    expect(await listed(scene)).toEqual(["one EXCLUSIVE lib/a.c"]);
    expect(await isGranted(two, join(two.known.worktree_path, "lib/a.c"))).toBe(false);
  });

  test("of names that could be patterns, and are not", async () => {
    await using scene = await twoSessions();
    for (const path of ["app/[...slug].tsx", "app/[[...id]]/page.tsx", "(group)/@slot/$x.tsx", "-rf", "a b\n'c\""]) {
      expect(await isGranted(scene.one, path)).toBe(true);
      expect(await isGranted(scene.two, path)).toBe(false);
    }
    expect(await isGranted(scene.two, "app/s.tsx")).toBe(true);
  });

  test("in whatever case, where the file system finds a name in any case", async () => {
    await using scene = await twoSessions();
    // As it is found there.
    for (const { known } of [scene.one, scene.two]) symlinkSync(".git", join(known.worktree_path, ".GIT"));
    await claim(scene.one, "Docs/README.md");
    expect(await isGranted(scene.two, "docs/readme.md")).toBe(false);
    expect(await isGranted(scene.two, "DOCS/*.MD")).toBe(false);
    expect(await listed(scene)).toEqual(["one EXCLUSIVE Docs/README.md"]);
  });

  test("that has a star in its name, when it is there", async () => {
    await using scene = await twoSessions();
    writeFileSync(join(scene.repo.path, "a*.txt"), "");
    await claim(scene.one, "a*.txt");
    expect(await isGranted(scene.two, join(scene.repo.path, "ab.txt"))).toBe(true);
  });
});

describe("a claim of many files", () => {
  test("keeps others from each of them, and is kept by each", async () => {
    await using scene = await twoSessions();
    mkdirSync(join(scene.repo.path, "src"));
    await claim(scene.one, ["src", "docs/**/*.md"]);
    expect(await listed(scene)).toEqual(["one EXCLUSIVE src/", "one EXCLUSIVE docs/**/*.md"]);
    expect(await isGranted(scene.two, "src/deep/a.ts")).toBe(false);
    expect(await isGranted(scene.two, "docs/a/b.md")).toBe(false);
    expect(await isGranted(scene.two, "docs/a/b.txt")).toBe(true);
    expect(await isGranted(scene.two, "**/*.md", "SHARED")).toBe(false);
    expect(await isGranted(scene.two, ".", "SHARED")).toBe(false);
    expect(await isGranted(scene.one, ".")).toBe(false);
  });

  test("holds a directory that is still to come, by whichever name", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, ["new/part", "next/"]);
    expect(await isGranted(scene.two, "new/part/a.ts")).toBe(false);
    expect(await isGranted(scene.two, "new/partner.ts")).toBe(true);
    await claim(scene.two, "two/deep/b.ts");
    expect(await isGranted(scene.one, "two")).toBe(false);
  });

  test("names several directories in braces", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "{src/api,lib/web}/*.ts");
    expect(await listed(scene)).toEqual(["one EXCLUSIVE {src/api,lib/web}/*.ts"]);
    expect(await isGranted(scene.two, "lib/web/a.ts")).toBe(false);
    expect(await isGranted(scene.two, "lib/api/a.ts")).toBe(true);
  });

  test("is released when its directory is gone", async () => {
    await using scene = await twoSessions();
    const { one } = scene;
    mkdirSync(join(scene.repo.path, "gone"));
    await claim(one, "gone");
    rmdirSync(join(scene.repo.path, "gone"));
    expect(releaseNamed(one.world, await scene.world.db(), { named: ["gone"], own: one.known })).toHaveLength(1);
  });

  test("may hold what the same session has claimed already", async () => {
    await using scene = await twoSessions();
    expect(await isGranted(scene.one, "src/a.ts", "INTENT")).toBe(true);
    expect(await isGranted(scene.one, "src/", "EXCLUSIVE")).toBe(true);
    expect(await listed(scene)).toHaveLength(2);
  });
});

describe("what a session has, it can", () => {
  test("claim again, and has the same claim", async () => {
    await using scene = await twoSessions();
    const [first, again] = [await claim(scene.one, "a.txt"), await claim(scene.one, "a.txt")];
    expect(again).toMatchObject({ isGranted: true, claims: [{ id: first.isGranted && first.claims[0]?.id }] });
    expect(await listed(scene)).toHaveLength(1);
  });

  test("weaken and strengthen, unless another is there by then", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "a.txt");
    await claim(scene.one, "a.txt", "SHARED");
    expect(await isGranted(scene.two, "a.txt", "SHARED")).toBe(true);
    expect(await isGranted(scene.one, "a.txt", "EXCLUSIVE")).toBe(false);
    expect(await listed(scene)).toEqual(["one SHARED a.txt", "two SHARED a.txt"]);
  });

  test("release by its path and by its id, once", async () => {
    await using scene = await twoSessions();
    const { one } = scene;
    const db = await scene.world.db();
    const made = await claim(one, ["a.txt", "b.txt"]);
    const id = made.isGranted ? made.claims[1]?.id : undefined;
    expect(releaseNamed(one.world, db, { named: ["a.txt", id ?? ""], own: one.known })).toHaveLength(2);
    expect(releaseNamed(one.world, db, { named: ["a.txt"], own: one.known })).toEqual([]);
    expect(await isGranted(scene.two, ["a.txt", "b.txt"])).toBe(true);
  });

  test("not release for another, by path or by id, unless a person says so", async () => {
    await using scene = await twoSessions();
    const { one, two } = scene;
    const db = await scene.world.db();
    const made = await claim(one, "a.txt");
    const id = (made.isGranted ? made.claims[0]?.id : undefined) ?? "";
    for (const name of ["a.txt", id]) {
      expect(codeOf(() => releaseNamed(two.world, db, { named: [name], own: two.known }))).toBe("claim.not-yours");
    }
    expect(await listed(scene)).toHaveLength(1);
    expect(releaseNamed(scene.world, db, { named: ["a.txt"], own: undefined, isForced: true })).toHaveLength(1);
    expect(await listed(scene)).toEqual([]);
  });

  test("release all of, and no other's", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, ["a.txt", "src/"]);
    await claim(scene.two, "b.txt");
    expect(releaseAll(scene.world, await scene.world.db(), scene.one.known)).toHaveLength(2);
    expect(await listed(scene)).toEqual(["two EXCLUSIVE b.txt"]);
  });
});

describe("a claim is over", () => {
  test("at once when its session was killed", async () => {
    await using scene = await twoSessions();
    await claim(scene.one, "a.txt");
    await scene.one.process.kill();
    expect(await listed(scene)).toEqual([]);
    expect(await isGranted(scene.two, "a.txt")).toBe(true);
  });

  test("at once when its session is released", async () => {
    await using scene = await twoSessions();
    await claim(scene.two, "a.txt");
    await release(scene.world, { sessionId: scene.two.known.id });
    expect(await isGranted(scene.one, "a.txt")).toBe(true);
  });

  test("when its session was not seen for its time, and not while it is seen", async () => {
    await using scene = await twoSessions();
    const { world, one, two } = scene;
    const db = await world.db();
    await claim(one, "a.txt", "EXCLUSIVE", 2);
    for (let hours = 0; hours < 6; hours++) {
      world.pass(HOUR_MS);
      db.write((now) => touch(db, one.known.id, now));
    }
    expect(await isGranted(two, "a.txt")).toBe(false);
    world.pass(2 * HOUR_MS + 1000);
    expect(await listed(scene)).toEqual([]);
    expect(await isGranted(two, "a.txt")).toBe(true);
    db.write((now) => touch(db, one.known.id, now));
    expect(await listed(scene)).toEqual(["two EXCLUSIVE a.txt"]);
  });

  test("for who asks when its own session is over, which is told", async () => {
    await using scene = await twoSessions();
    await release(scene.world, { sessionId: scene.two.known.id });
    const db = await scene.world.db();
    const asked = { paths: ["a.txt"], mode: "SHARED", ttlHours: 24, reason: undefined } as const;
    expect(codeOf(() => claimPaths(scene.world, db, scene.two.known, asked))).toBe("session.over");
  });
});

test("checking claims nothing, and leaves one's own out", async () => {
  await using scene = await twoSessions();
  const { world, one, two } = scene;
  const db = await world.db();
  await claim(one, "a.txt", "SHARED");
  const held = (own: AtWork) => checkPaths(own.world, db, { paths: ["*.txt"], own: own.known }).flatMap((o) => o.held);
  expect(held(one)).toEqual([]);
  expect(held(two)).toMatchObject([{ claim: { claim_mode: "SHARED" }, holder: { name: "one" } }]);
  expect(await listed(scene)).toHaveLength(1);
});

test("what is over is listed when all is asked for", async () => {
  await using scene = await twoSessions();
  const { world, one } = scene;
  const db = await world.db();
  await claim(one, ["a.txt", "b.txt"]);
  releaseNamed(one.world, db, { named: ["a.txt"], own: one.known });
  const all = listClaims(world, db, { gitDirId: one.known.git_dir_id ?? "", isWhole: true });
  expect(all.map(({ claim: { file_path }, isCurrent }) => [file_path, isCurrent])).toEqual([
    ["a.txt", false],
    ["b.txt", true],
  ]);
});

test("a link that leads to itself is a name like any other", async () => {
  await using scene = await twoSessions();
  symlinkSync("loop", join(scene.repo.path, "loop"));
  expect(await isGranted(scene.one, "loop")).toBe(true);
});

test("a name that looks like a pattern is claimed as it is written, and that is said", async () => {
  await using scene = await twoSessions();
  const outcome = await claim(scene.one, ["src/[a-z].ts", "b.ts"]);
  const notes = nameNotes(outcome.isGranted ? outcome.claims : [], scene.one.known);
  expect(notes).toEqual(["There is no file src/[a-z].ts: it is claimed by that very name."]);
});

test.each(["/etc/passwd", ".git/config", "/"])("%s is no file that can be claimed", async (path) => {
  await using scene = await twoSessions();
  const db = await scene.world.db();
  const asked = { paths: [path], mode: "SHARED", ttlHours: 24, reason: undefined } as const;
  expect(codeOf(() => claimPaths(scene.one.world, db, scene.one.known, asked))).toBe("claim.outside");
});

test("another repository's file of the same name is another file", async () => {
  await using scene = await twoSessions();
  const other = scene.place.at("other");
  await scene.repo.git("init", "--quiet", other);
  await claim(scene.one, join(other, "a.txt"));
  expect(await isGranted(scene.two, "a.txt")).toBe(true);
  expect(await isGranted(scene.two, join(other, "a.txt"))).toBe(false);
});
