// What an agent is told before an edit that another live session's work would conflict with.

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { operations } from "../../src/features/radar/operations.ts";
import { wouldConflict } from "../../src/features/radar/radar.ts";
import { storeSetup } from "../../src/features/setup/store.ts";
import { runGit } from "../support/repo.ts";
import { type AtWork, type TwoSessions, twoSessions } from "../support/two-sessions.ts";

const text = (changes: Record<number, string> = {}) =>
  Array.from({ length: 20 }, (_, at) => `${changes[at + 1] ?? `line ${at + 1}`}\n`).join("");

function write({ known }: AtWork, path: string, content: string): void {
  mkdirSync(dirname(join(known.worktree_path, path)), { recursive: true });
  writeFileSync(join(known.worktree_path, path), content);
}

/** Both have `text.txt`. */
async function makeScene(): Promise<TwoSessions> {
  const scene = await twoSessions();
  write(scene.one, "text.txt", text());
  await scene.repo.git("add", "--all");
  await scene.repo.git("commit", "--quiet", "-m", "A text");
  await git(scene, scene.two, "merge", "--quiet", "main");
  return scene;
}

const git = (scene: TwoSessions, { known }: AtWork, ...args: string[]) =>
  runGit(args, { cwd: known.worktree_path, env: scene.place.env() });

/** As the process in the background does it. */
async function refresh(scene: TwoSessions): Promise<void> {
  await operations[0]?.run(scene.world, { unattended: true, repo: scene.repo.path });
}

async function before(who: AtWork, tool: string, input: object, path = "text.txt"): Promise<string | undefined> {
  const edit = { path, directory: who.known.worktree_path, tool, input };
  return wouldConflict(who.world, await who.world.db(), who.known, edit);
}

const replacing = (old: string, made: string) => ({ old_string: `${old}\n`, new_string: `${made}\n` });

describe("an edit", () => {
  test("of lines that another session has changed and not committed is told of, with who, where and on which branch", async () => {
    await using scene = await makeScene();
    write(scene.one, "text.txt", `new\n${text({ 10: "of one" })}`);
    await refresh(scene);
    const words = await before(scene.two, "Edit", replacing("line 10", "of two"));
    expect(words).toContain(`- session "one", on branch "main": your line 10, its line 11`);
    expect(words).toContain(`"text.txt"`);
  });

  test("elsewhere in that file, or of the same in the same way, is nothing to tell", async () => {
    await using scene = await makeScene();
    write(scene.one, "text.txt", text({ 10: "of one" }));
    await refresh(scene);
    expect(await before(scene.two, "Edit", replacing("line 15", "of two"))).toBeUndefined();
    expect(await before(scene.two, "Edit", replacing("line 10", "of one"))).toBeUndefined();
    expect(await before(scene.two, "Edit", replacing("line 1", "of two"), "file-0.txt")).toBeUndefined();
  });

  test("is told of once for each place, and again when the other one has changed that", async () => {
    await using scene = await makeScene();
    write(scene.one, "text.txt", text({ 10: "of one" }));
    await refresh(scene);
    expect(await before(scene.two, "Edit", replacing("line 10", "of two"))).toBeDefined();
    write(scene.two, "text.txt", `first\n${text({ 10: "of two" })}`);
    expect(await before(scene.two, "Edit", replacing("of two", "of two, again"))).toBeUndefined();
    write(scene.one, "text.txt", text({ 10: "of one", 18: "of one" }));
    await refresh(scene);
    const words = await before(scene.two, "Edit", replacing("line 18", "of two"));
    expect(words).toContain("your line 19, its line 18");
    expect(words).not.toContain("line 10");
    write(scene.one, "text.txt", text({ 10: "of one, changed", 18: "of one" }));
    await refresh(scene);
    expect(await before(scene.two, "Edit", replacing("of two", "of two, again"))).toContain("its line 10");
  });

  test("of a file that the other one has deleted, or added as well, is told of", async () => {
    await using scene = await makeScene();
    rmSync(join(scene.one.known.worktree_path, "text.txt"));
    write(scene.one, "new.txt", "of one\n");
    await refresh(scene);
    expect(await before(scene.two, "Edit", replacing("line 10", "of two"))).toContain("has deleted the file");
    expect(await before(scene.two, "Write", { content: "of two\n" }, "new.txt")).toContain("your line 1, its line 1");
    expect(await before(scene.two, "Write", { content: "of two\n" }, "other.txt")).toBeUndefined();
  });

  test("counts what the other one has committed on its branch, too", async () => {
    await using scene = await makeScene();
    write(scene.two, "text.txt", text({ 10: "of two" }));
    await git(scene, scene.two, "commit", "--quiet", "-am", "Two");
    await refresh(scene);
    expect(await before(scene.one, "Edit", replacing("line 10", "of one"))).toContain(`session "two"`);
    await scene.repo.git("merge", "--quiet", scene.two.known.branch ?? "");
    expect(await before(scene.one, "Edit", replacing("of two", "of one"))).toBeUndefined();
  });

  test("that writes the whole file or makes several replacements is seen as what it leaves", async () => {
    await using scene = await makeScene();
    write(scene.one, "text.txt", text({ 10: "of one" }));
    await refresh(scene);
    const edits = [replacing("line 2", "of two"), replacing("line 10", "of two")];
    expect(await before(scene.two, "MultiEdit", { edits })).toContain("your line 10, its line 10");
    const third = await scene.start("three");
    await git(scene, third, "merge", "--quiet", "main");
    expect(await before(third, "Write", { content: text({ 10: "$& of three" }) })).toContain("your line 10");
  });

  test("in the line ends of the disk is compared in those of the repository", async () => {
    await using scene = await makeScene();
    write(scene.one, "text.txt", text({ 10: "of one" }));
    await refresh(scene);
    const content = text({ 18: "of two" }).replaceAll("\n", "\r\n");
    expect(await before(scene.two, "Write", { content })).toBeUndefined();
  });

  test("of what does not fit, or is outside of the checkout is left to others", async () => {
    await using scene = await makeScene();
    write(scene.one, "text.txt", text({ 10: "of one" }));
    await refresh(scene);
    expect(await before(scene.two, "Edit", replacing("not there", "x"))).toBeUndefined();
    expect(await before(scene.two, "NotebookEdit", { new_source: "x" })).toBeUndefined();
    expect(await before(scene.two, "Edit", { old_string: 1 })).toBeUndefined();
    expect(await before(scene.two, "Write", { content: "x" }, join(scene.repo.path, "text.txt"))).toBeUndefined();
    expect(await before(scene.two, "Write", { content: "x" }, "no/such/directory/x.txt")).toBeUndefined();
    expect(await before(scene.one, "Write", { content: "x" }, ".git/config")).toBeUndefined();
  });

  test("is not looked at where its user has switched that off", async () => {
    await using scene = await makeScene();
    writeFileSync(join(scene.repo.path, ".parallel-cc.json"), `{"radar": {"onEdit": "off"}}`);
    write(scene.one, "text.txt", text({ 10: "of one" }));
    await refresh(scene);
    expect(await before(scene.two, "Edit", replacing("line 10", "of two"))).toBeUndefined();
    expect(scene.world.started).toEqual([]);
  });

  test("is judged by the disk when the snapshot was pruned meanwhile", async () => {
    await using scene = await makeScene();
    write(scene.one, "text.txt", text({ 10: "of one" }));
    await refresh(scene);
    rmSync(join(scene.world.paths.radar, "objects"), { recursive: true });
    expect(await before(scene.two, "Edit", replacing("line 10", "of two"))).toContain("its line 10");
  });

  test("that conflicts with the work of two sessions in one checkout is told of once, with both", async () => {
    await using scene = await makeScene();
    await scene.share("beside");
    write(scene.one, "text.txt", text({ 10: "of one" }));
    const words = await before(scene.two, "Edit", replacing("line 10", "of two"));
    expect(words).toContain("work of 1 other session");
    expect(words).toContain(`- session "one" and session "beside", on branch "main": your line 10`);
  });
});

describe("what another session wrote a moment ago", () => {
  test("is known before any snapshot of it was taken, and as it stands when it was changed since", async () => {
    await using scene = await makeScene();
    write(scene.one, "text.txt", text({ 10: "of one" }));
    expect(await before(scene.two, "Edit", replacing("line 10", "of two"))).toContain("your line 10, its line 10");
    await refresh(scene);
    write(scene.one, "text.txt", text({ 18: "of one" }));
    expect(await before(scene.two, "Edit", replacing("line 10", "of two"))).toBeUndefined();
    expect(await before(scene.two, "Edit", replacing("line 18", "of two"))).toContain("your line 18, its line 18");
  });

  test("is known when it has deleted the file, or committed it", async () => {
    await using scene = await makeScene();
    await refresh(scene);
    rmSync(join(scene.one.known.worktree_path, "text.txt"));
    expect(await before(scene.two, "Edit", replacing("line 10", "of two"))).toContain("has deleted the file");
    write(scene.two, "text.txt", text({ 10: "of two" }));
    await git(scene, scene.two, "commit", "--quiet", "-am", "Two");
    await scene.repo.git("checkout", "--", "text.txt");
    expect(await before(scene.one, "Edit", replacing("line 10", "of one"))).toContain(`session "two"`);
    // Now both have it.
    await scene.repo.git("merge", "--quiet", scene.two.known.branch ?? "");
    expect(await before(scene.one, "Edit", replacing("of two", "of one"))).toBeUndefined();
  });

  test("is nobody's work where git ignores it, or a sparse checkout leaves it out", async () => {
    await using scene = await makeScene();
    write(scene.one, ".git/info/exclude", "*.log\n");
    write(scene.one, "new.log", "of one\n");
    expect(await before(scene.two, "Write", { content: "of two\n" }, "new.log")).toBeUndefined();
    await git(scene, scene.one, "sparse-checkout", "set", "--no-cone", "/file-0.txt");
    expect(await before(scene.two, "Edit", replacing("line 10", "of two"))).toBeUndefined();
  });

  test("through a link out of the checkout, or that setting it up left, is left to the snapshot", async () => {
    await using scene = await makeScene();
    write(scene.two, "folder/text.txt", text());
    await git(scene, scene.two, "add", "--all");
    await git(scene, scene.two, "commit", "--quiet", "-m", "A folder");
    await scene.repo.git("merge", "--quiet", scene.two.known.branch ?? "");
    rmSync(join(scene.repo.path, "folder"), { recursive: true });
    mkdirSync(scene.place.at("elsewhere"));
    writeFileSync(scene.place.at("elsewhere/text.txt"), text({ 10: "of nobody" }));
    symlinkSync(scene.place.at("elsewhere"), join(scene.repo.path, "folder"));
    const edit = () => before(scene.two, "Edit", replacing("line 10", "of two"), "folder/text.txt");
    expect(await edit()).toBeUndefined();
    await refresh(scene);
    expect(await edit()).toContain("has deleted the file");
    write(scene.two, "text.txt", text({ 10: "of the set-up" }));
    const db = await scene.world.db();
    const { worktree_path: path } = scene.two.known;
    db.write((now) => storeSetup(db, { path, state: "done", baseline: [{ path: "text.txt", state: "" }] }, now));
    expect(await before(scene.one, "Edit", replacing("line 10", "of one"))).toBeUndefined();
    await refresh(scene);
    expect(await before(scene.one, "Edit", replacing("line 10", "of one"))).toContain("its line 10");
  });
});

test("an edit is told of while another process writes the database", async () => {
  await using scene = await makeScene();
  write(scene.one, "text.txt", text({ 10: "of one" }));
  const db = await scene.world.db();
  using other = new Database(db.file);
  other.run("BEGIN IMMEDIATE");
  const words = await before(scene.two, "Edit", replacing("line 10", "of two"));
  expect(words).toContain("your line 10, its line 10");
  // As long as it cannot be kept in mind that it was told.
  expect(await before(scene.two, "Edit", replacing("line 10", "of two"))).toBe(words ?? "");
  other.run("COMMIT");
  await before(scene.two, "Edit", replacing("line 10", "of two"));
  expect(await before(scene.two, "Edit", replacing("line 10", "of two"))).toBeUndefined();
});

describe("the snapshots that an edit goes by", () => {
  const refreshing = ({ repo }: TwoSessions) => ["conflicts", "radar", "--unattended", "--repo", repo.path];

  test("are asked for when there are none, once in half a minute however many ask", async () => {
    await using scene = await makeScene();
    for (let round = 0; round < 3; round++) await before(scene.two, "Edit", replacing("line 10", "of two"));
    expect(scene.world.started).toEqual([refreshing(scene)]);
    scene.world.pass(31_000);
    await before(scene.two, "Edit", replacing("line 10", "of two"));
    expect(scene.world.started).toHaveLength(2);
  });

  test("are asked for anew when they are older than that, and not before", async () => {
    await using scene = await makeScene();
    await refresh(scene);
    await before(scene.two, "Edit", replacing("line 10", "of two"));
    expect(scene.world.started).toEqual([]);
    scene.world.pass(31_000);
    await before(scene.two, "Edit", replacing("line 10", "of two"));
    expect(scene.world.started).toEqual([refreshing(scene)]);
  });

  test("are nobody's business while no other session lives", async () => {
    await using scene = await makeScene();
    await scene.one.process.kill();
    await before(scene.two, "Edit", replacing("line 10", "of two"));
    expect(scene.world.started).toEqual([]);
  });
});
