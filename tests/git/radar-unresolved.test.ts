// The radar while a session is in the midst of a merge, a rebase and the like.

import { describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PLAIN } from "../../src/cli/terminal.ts";
import type { RadarAnswer } from "../../src/features/radar/answers.ts";
import { operations } from "../../src/features/radar/operations.ts";
import { snapshotsOf } from "../../src/features/radar/store.ts";
import { runGit } from "../support/repo.ts";
import { type AtWork, type TwoSessions, twoSessions } from "../support/two-sessions.ts";

const [radarOperation] = operations;

async function radar({ world }: TwoSessions): Promise<RadarAnswer> {
  return radarOperation?.run(world, {});
}

const numbered = (changes: Record<number, string> = {}) =>
  Array.from({ length: 30 }, (_, at) => `${changes[at + 1] ?? `line ${at + 1}`}\n`).join("");

interface Scene extends TwoSessions {
  git(who: AtWork, ...args: string[]): Promise<string>;
  write(who: AtWork, text: string, path?: string): void;
}

/** What `one` committed to main and what `two` committed conflict on line 10. */
async function parted(): Promise<Scene> {
  const scene = await twoSessions();
  const git = (who: AtWork, ...args: string[]) =>
    runGit(args, { cwd: who.known.worktree_path, env: scene.place.env() });
  const write = (who: AtWork, text: string, path = "text.txt") =>
    writeFileSync(join(who.known.worktree_path, path), text);
  const commit = async (who: AtWork, text: string) => {
    write(who, text);
    await git(who, "add", "--all");
    await git(who, "commit", "--quiet", "-m", "A text");
  };
  await commit(scene.one, numbered());
  await git(scene.two, "merge", "--quiet", "main");
  await commit(scene.one, numbered({ 10: "of one" }));
  await commit(scene.two, numbered({ 10: "of two" }));
  return { ...scene, git, write };
}

const begun: Readonly<Record<string, { operation: string | null; begin: readonly (readonly string[])[] }>> = {
  merge: { operation: "merge", begin: [["merge", "main"]] },
  rebase: { operation: "rebase", begin: [["rebase", "main"]] },
  "rebase by patches": { operation: "rebase", begin: [["rebase", "--apply", "main"]] },
  "cherry-pick": { operation: "cherry-pick", begin: [["cherry-pick", "main"]] },
  revert: {
    operation: "revert",
    begin: [
      ["commit", "--quiet", "--allow-empty", "-m", "More"],
      ["revert", "--no-edit", "main"],
    ],
  },
};

describe("a session that stopped", () => {
  for (const [name, { operation, begin }] of Object.entries(begun)) {
    test(`in a conflicted ${name} is clean with nobody, and which files those are is kept`, async () => {
      await using scene = await parted();
      const three = await scene.start("three");
      scene.write(three, "of three\n", "other.txt");
      for (const words of begin) await scene.git(scene.two, ...words).catch(() => "");
      expect(await scene.git(scene.two, "status", "--porcelain")).toBe("UU text.txt");
      const answer = await radar(scene);
      const own = scene.two.known.id;
      const pairs = [...answer.pairs.filter(({ a, b }) => a === own || b === own), ...answer.targets.slice(0, 1)];
      expect(pairs.map(({ verdict, files, why }) => [verdict, files, why])).toEqual(
        pairs.map(() => ["unknown", [], `session "two" is in an unresolved ${operation} (1 file)`]),
      );
      expect(pairs).toHaveLength(3);
      const unresolved = { operation, paths: ["text.txt"] };
      expect(answer.sessions.map((one) => one.unresolved)).toEqual([null, unresolved, null]);
      const stored = snapshotsOf(await scene.world.db(), scene.two.known.git_dir_id ?? "");
      expect(stored.get(own)?.unresolved).toEqual(unresolved);
      // What is clean is told of the others.
      expect(answer.pairs.filter(({ a, b }) => a !== own && b !== own)).toMatchObject([{ verdict: "clean" }]);
    });
  }

  test("in a stash that did not apply is clean with nobody", async () => {
    await using scene = await parted();
    await scene.git(scene.two, "reset", "--quiet", "--hard", "HEAD~1");
    scene.write(scene.two, numbered({ 10: "of two" }));
    await scene.git(scene.two, "stash", "--quiet");
    await scene.git(scene.two, "merge", "--quiet", "main");
    await scene.git(scene.two, "stash", "pop").catch(() => "");
    const answer = await radar(scene);
    expect(answer.pairs).toMatchObject([
      { verdict: "unknown", why: 'session "two" has unresolved conflicts (1 file)', files: [] },
    ]);
  });

  test("in a rebase is clean with nobody until it is through, for more of its commits come", async () => {
    await using scene = await parted();
    await scene.git(scene.two, "rebase", "main").catch(() => "");
    scene.write(scene.two, numbered({ 10: "of both" }));
    await scene.git(scene.two, "add", "--all");
    expect((await radar(scene)).pairs).toMatchObject([
      { verdict: "unknown", why: 'session "two" is in a stopped rebase' },
    ]);
    await scene.git(scene.two, "-c", "core.editor=true", "rebase", "--continue");
    expect((await radar(scene)).pairs).toMatchObject([{ verdict: "clean", why: null }]);
  });

  test("in a merge is judged as ever once all is resolved, committed or not", async () => {
    await using scene = await parted();
    await scene.git(scene.two, "merge", "main").catch(() => "");
    scene.write(scene.two, numbered({ 10: "of both" }));
    expect((await radar(scene)).pairs).toMatchObject([{ verdict: "unknown" }]);
    await scene.git(scene.two, "add", "--all");
    const { pairs, sessions } = await radar(scene);
    expect([pairs[0]?.verdict, sessions[1]?.unresolved]).toEqual(["clean", null]);
  });

  test("conflicts where its other files do, and no lines of those it left in conflict are told", async () => {
    await using scene = await parted();
    const three = await scene.start("three");
    for (const who of [scene.two, three]) scene.write(who, `${who.known.name}\n`, "other.txt");
    scene.write(three, numbered({ 10: "of three" }));
    await scene.git(scene.two, "merge", "main").catch(() => "");
    const { pairs } = await radar(scene);
    expect(pairs.find(({ a, b }) => a === scene.two.known.id && b === three.known.id)).toMatchObject({
      ...{ verdict: "conflict", fileCount: 1, why: 'session "two" is in an unresolved merge (1 file)' },
      files: [{ path: "other.txt", kind: "add/add" }],
    });
  });
});

test("people see what a session is in the midst of, and that it may meet the others when it lands", async () => {
  await using scene = await parted();
  await scene.git(scene.two, "merge", "main").catch(() => "");
  const three = await scene.start("three");
  rmSync(join(three.known.worktree_path, ".git"));
  const answer = await radar(scene);
  const text = radarOperation?.text(answer, { columns: 80, now: new Date(0), paint: PLAIN }, {}) ?? "";
  expect(text).toContain('one ? two: session "two" is in an unresolved merge (1 file)\n');
  expect(text).toContain("\ntwo is in an unresolved merge (1 file): text.txt\n");
  expect(text).toMatch(
    /Land in this order: one, (two|three) \(may meet one\), (two|three) \(may meet one, (two|three)\)\./,
  );
  expect(answer.order.map(({ meets, mayMeet }) => [meets.length, mayMeet.length])).toEqual([
    [0, 0],
    [0, 1],
    [0, 2],
  ]);
});
