// Whether an agent is told before an edit, against git's own merge of what both sessions have once the edit is made: told
// where git conflicts, silent where it merges.

import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { wouldConflict } from "../../src/features/radar/radar.ts";
import { runGit } from "../support/repo.ts";
import { type AtWork, type TwoSessions, twoSessions } from "../support/two-sessions.ts";

const text = (changes: Record<number, string> = {}) =>
  Array.from({ length: 40 }, (_, at) => `${changes[at + 1] ?? `line ${at + 1}`}\n`).join("");
const windows = (of: string) => of.replaceAll("\n", "\r\n");

/** In both. */
const BASE: Record<string, string> = {
  "a.txt": text(),
  "whole.txt": text(),
  "union.txt": text(),
  "windows.txt": windows(text()),
  "dir/inner.txt": text(),
  "data.bin": "\0\u0001",
  "latin.txt": text({ 30: "caf\u00e9" }),
  ".gitattributes": "whole.txt -merge\nunion.txt merge=union\nown.txt merge=own\nkept.txt filter=kept\n",
  "own.txt": text(),
  "kept.txt": text(),
};

type At = (who: AtWork, path: string) => string;
const at: At = ({ known }, path) => join(known.worktree_path, path);

function put(who: AtWork, path: string, content: string): void {
  mkdirSync(dirname(at(who, path)), { recursive: true });
  writeFileSync(at(who, path), content, "latin1");
}

async function makeScene(): Promise<TwoSessions> {
  const scene = await twoSessions();
  for (const [path, content] of Object.entries(BASE)) put(scene.one, path, content);
  await scene.repo.git("add", "--all");
  await scene.repo.git("commit", "--quiet", "-m", "Texts");
  await scene.repo.git("config", "merge.own.driver", "false");
  await scene.repo.git("config", "filter.kept.clean", "cat");
  await git(scene, scene.two, "merge", "--quiet", "main");
  return scene;
}

const git = (scene: TwoSessions, { known }: AtWork, ...args: string[]) =>
  runGit(args, { cwd: known.worktree_path, env: scene.place.env() });

const told = async (who: AtWork, path: string, tool: string, input: object) =>
  wouldConflict(who.world, await who.world.db(), who.known, {
    ...{ path, directory: who.known.worktree_path, tool, input },
  });

interface Edit {
  path: string;
  /** Or the whole of it. */
  old?: string;
  made: string;
}

/** What is told before the edit, and whether git merges both afterwards. */
async function edited(scene: TwoSessions, { path, old, made }: Edit) {
  const input = old === undefined ? { content: made } : { old_string: old, new_string: made };
  const words = await told(scene.two, path, old === undefined ? "Write" : "Edit", input);
  if (old === undefined) put(scene.two, path, made);
  else {
    const before = readFileSync(at(scene.two, path), "latin1");
    const isWindows = before.includes("\r\n");
    const after = before.replaceAll("\r\n", "\n").replace(old, () => made);
    put(scene.two, path, isWindows ? windows(after) : after);
  }
  const sides: string[] = [];
  for (const who of [scene.two, scene.one]) {
    await git(scene, who, "add", "--all");
    await git(scene, who, "commit", "--quiet", "--allow-empty", "-m", "Side");
    sides.push(await git(scene, who, "rev-parse", "HEAD"));
  }
  const merged = Bun.spawnSync(["git", "merge-tree", "--write-tree", ...sides], {
    ...{ cwd: scene.repo.path, env: scene.place.env(), stdout: "ignore", stderr: "ignore" },
  });
  return { words, merges: merged.exitCode === 0 };
}

const A9 = { path: "a.txt", old: "line 9\n", made: "of two 9\n" };

const CONFLICTS: [string, (scene: TwoSessions) => unknown, Edit, string][] = [
  [
    "the other one has renamed the file and changed that line",
    async (scene) => {
      await git(scene, scene.one, "mv", "a.txt", "b.txt");
      put(scene.one, "b.txt", text({ 9: "of one 9" }));
    },
    A9,
    `it has renamed the file to "b.txt"; your line 9, its line 9.`,
  ],
  [
    "the other one has moved the file without git and changed that line",
    ({ one }) => {
      rmSync(at(one, "a.txt"));
      put(one, "other/a.txt", text({ 9: "of one 9" }));
    },
    A9,
    `it has renamed the file to "other/a.txt"; your line 9, its line 9.`,
  ],
  ["the other one has deleted the file", ({ one }) => rmSync(at(one, "a.txt")), A9, "it has deleted the file."],
  [
    "it was renamed here, and the other one changes it by its old name",
    async (scene) => {
      await git(scene, scene.two, "mv", "a.txt", "b.txt");
      put(scene.one, "a.txt", text({ 9: "of one 9" }));
    },
    { ...A9, path: "b.txt" },
    "your line 9, its line 9.",
  ],
  [
    "it was renamed here without git, and the other one changes it by its old name",
    ({ one, two }) => {
      rmSync(at(two, "a.txt"));
      put(two, "b.txt", text());
      put(one, "a.txt", text({ 9: "of one 9" }));
    },
    { ...A9, path: "b.txt" },
    "your line 9, its line 9.",
  ],
  [
    "it was renamed and committed here, and the other one changes it by its old name",
    async (scene) => {
      await git(scene, scene.two, "mv", "a.txt", "b.txt");
      await git(scene, scene.two, "commit", "--quiet", "-m", "Rename");
      put(scene.one, "a.txt", text({ 9: "of one 9" }));
    },
    { ...A9, path: "b.txt" },
    "your line 9, its line 9.",
  ],
  [
    "it was renamed here, and deleted by the other one",
    async (scene) => {
      await git(scene, scene.two, "mv", "a.txt", "b.txt");
      rmSync(at(scene.one, "a.txt"));
    },
    { ...A9, path: "b.txt" },
    "it has deleted the file.",
  ],
  [
    "both have renamed it, differently",
    async (scene) => {
      await git(scene, scene.two, "mv", "a.txt", "b.txt");
      await git(scene, scene.one, "mv", "a.txt", "c.txt");
    },
    { ...A9, path: "b.txt" },
    `it has renamed the file as well, to "c.txt".`,
  ],
  [
    "an attribute has git merge none of its lines",
    ({ one }) => put(one, "whole.txt", text({ 5: "of one" })),
    { path: "whole.txt", old: "line 35\n", made: "of two\n" },
    "git merges none of its lines.",
  ],
  [
    "the file has the line ends of Windows, and the edit not",
    ({ one }) => put(one, "windows.txt", windows(text({ 5: "of one" }))),
    { path: "windows.txt", old: "line 5\nline 6\n", made: "of two\nof two\n" },
    "your lines 5-6, its lines 5-6.",
  ],
  [
    "the other one has a file where a directory is made",
    ({ one }) => put(one, "p", "a file\n"),
    { path: "p/q/new.txt", made: "x\n" },
    `it has no directory, but a file or a link at "p".`,
  ],
  [
    "the other one has a directory where a file is made",
    ({ one }) => put(one, "p/new.txt", "a file\n"),
    { path: "p", made: "x\n" },
    "it has a directory there.",
  ],
  [
    "the other one has a link at the new path",
    ({ one }) => symlinkSync("nowhere", at(one, "new")),
    { path: "new", made: "x\n" },
    "it has a symbolic link there.",
  ],
  [
    "the other one has made a link of the file",
    ({ one }) => {
      rmSync(at(one, "a.txt"));
      symlinkSync("nowhere", at(one, "a.txt"));
    },
    A9,
    "it has a symbolic link there.",
  ],
  [
    "both write something binary",
    ({ one }) => put(one, "data.bin", "\0\u0002"),
    { path: "data.bin", made: "\0\u0003" },
    "git merges none of its lines.",
  ],
  [
    "the other one's text is not in UTF-8",
    ({ one }) => put(one, "latin.txt", text({ 5: "of one \u00e9", 30: "caf\u00e9" })),
    { path: "latin.txt", made: text({ 5: "of two", 30: "cafe" }) },
    "your line 5, its line 5.",
  ],
  [
    "a filter is set for the file",
    ({ one }) => put(one, "kept.txt", text({ 5: "of one" })),
    { path: "kept.txt", old: "line 5\n", made: "of two\n" },
    "your line 5, its line 5.",
  ],
];

const MERGES: [string, (scene: TwoSessions) => unknown, Edit][] = [
  ["the other one has only renamed the file", (scene) => git(scene, scene.one, "mv", "a.txt", "b.txt"), A9],
  [
    "the other one has only moved the file, without git",
    ({ one }) => {
      rmSync(at(one, "a.txt"));
      put(one, "b.txt", text());
    },
    A9,
  ],
  [
    "the other one has renamed the file and changed another line",
    async (scene) => {
      await git(scene, scene.one, "mv", "a.txt", "b.txt");
      put(scene.one, "b.txt", text({ 30: "of one" }));
    },
    A9,
  ],
  [
    "it was renamed here, and the other one changes another line by its old name",
    async (scene) => {
      await git(scene, scene.two, "mv", "a.txt", "b.txt");
      put(scene.one, "a.txt", text({ 30: "of one" }));
    },
    { ...A9, path: "b.txt" },
  ],
  [
    "both have renamed it to the same",
    async (scene) => {
      for (const who of [scene.one, scene.two]) await git(scene, who, "mv", "a.txt", "b.txt");
      put(scene.one, "b.txt", text({ 30: "of one" }));
    },
    { ...A9, path: "b.txt" },
  ],
  [
    "an attribute has git keep both",
    ({ one }) => put(one, "union.txt", text({ 5: "of one" })),
    { path: "union.txt", old: "line 5\n", made: "of two\n" },
  ],
  [
    "the other one has a directory with nothing in it where a file is made",
    ({ one }) => mkdirSync(at(one, "p")),
    { path: "p", made: "x\n" },
  ],
  [
    "a new directory is made where the other one has nothing",
    ({ one }) => put(one, "q", "a file\n"),
    { path: "p/new.txt", made: "x\n" },
  ],
  [
    "a filter is set for the file, and the other one has only looked at it",
    ({ one }) => put(one, "kept.txt", text()),
    { path: "kept.txt", old: "line 5\n", made: "of two\n" },
  ],
];

test.each(CONFLICTS)("told, as git conflicts: %s", async (_, prepare, edit, said) => {
  await using scene = await makeScene();
  await prepare(scene);
  const { words, merges } = await edited(scene, edit);
  expect(merges).toBe(false);
  expect(words).toContain(`- session "one", on branch "main": ${said.startsWith("git merges") ? "" : said}`);
  expect(words).toContain(said);
});

test.each(MERGES)("silent, as git merges: %s", async (_, prepare, edit) => {
  await using scene = await makeScene();
  await prepare(scene);
  expect(await edited(scene, edit)).toEqual({ words: undefined, merges: true });
});

test("nothing is told of what a program of the user's merges", async () => {
  await using scene = await makeScene();
  put(scene.one, "own.txt", text({ 5: "of one" }));
  const edit = { old_string: "line 5\n", new_string: "of two\n" };
  expect(await told(scene.two, "own.txt", "Edit", edit)).toBeUndefined();
});

test("of a file with conflicts that its session is resolving no line is told", async () => {
  await using scene = await makeScene();
  await git(scene, scene.two, "branch", "--quiet", "side");
  put(scene.one, "a.txt", text({ 9: "of one" }));
  await git(scene, scene.one, "commit", "--quiet", "-am", "One");
  const aside = scene.place.at("aside");
  await scene.repo.git("worktree", "add", "--quiet", aside, "side");
  writeFileSync(join(aside, "a.txt"), text({ 9: "of the side" }));
  await runGit(["commit", "--quiet", "-am", "Side"], { cwd: aside, env: scene.place.env() });
  const merging = Bun.spawnSync(["git", "merge", "--quiet", "side"], {
    ...{ cwd: scene.repo.path, env: scene.place.env(), stdout: "ignore", stderr: "ignore" },
  });
  expect(merging.exitCode).toBe(1);
  const words = await told(scene.two, "a.txt", "Edit", { old_string: "line 9\n", new_string: "of two\n" });
  expect(words).toContain(`on branch "main": it is resolving a conflict in this file.`);
  expect(words).not.toContain("its line");
});

test("what was told of a deletion keeps nothing from being told of lines", async () => {
  await using scene = await makeScene();
  const edit = () => told(scene.two, "a.txt", "Edit", { old_string: "line 9\n", new_string: "of two\n" });
  rmSync(at(scene.one, "a.txt"));
  expect(await edit()).toContain("it has deleted the file");
  put(scene.one, "b.txt", text({ 9: "of one" }));
  expect(await edit()).toContain(`it has renamed the file to "b.txt"; your line 9, its line 9.`);
});
