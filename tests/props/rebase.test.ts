// In random histories a rebase that is tried out gives what git's own rebase gives: the same tree, or the same commit in
// conflict over the same files; and a merge that is tried out gives what git's own merge gives. PROPERTY_RUNS=500 for
// the long run.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { replay } from "../../src/features/rebase/replay.ts";
import { mergePairs } from "../../src/git/merge-tree.ts";
import { makePlace } from "../support/place.ts";
import { forAll, gen } from "../support/random.ts";
import { makeRepo, runGit } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 25);

const SIDES = ["work", "main"] as const;

const steps = gen.list(
  gen.record({
    side: gen.pick<(typeof SIDES)[number]>("work", "main"),
    file: gen.int(0, 4),
    does: gen.pick("change", "change", "change", "same", "same", "rename", "delete", "add", "mode", "nothing"),
    line: gen.int(0, 8),
  }),
  9,
);
type Step = ReturnType<typeof steps.make>[number];

interface File {
  text: string;
  mode: string;
}

/** A git-fast-import stream: `base`, and from it both sides, each step a commit. */
function historyOf(made: readonly Step[]): string {
  const start = ["a.txt", "b.txt", "d/c.txt", "d/e.txt"].map((name): [string, File] => [
    name,
    { text: Array.from({ length: 9 }, (_, at) => `${name} ${at}\n`).join(""), mode: "100644" },
  ]);
  const sides = { work: new Map(start), main: new Map(start) };
  const stream: string[] = [];
  let commits = 0;
  const commit = (branch: string, files: ReadonlyMap<string, File>, word: string, from?: string) => {
    stream.push(`commit refs/heads/${branch}`, `committer A <a@example.com> ${1893456000 + commits++} +0000`);
    stream.push(`data ${word.length}`, word, ...(from === undefined ? [] : [`from ${from}`]), "deleteall");
    for (const [name, { text, mode }] of files) stream.push(`M ${mode} inline ${name}`, `data ${text.length}`, text);
  };
  stream.push(...SIDES.flatMap((side) => [`reset refs/heads/${side}`, ""]));
  commit("base", new Map(start), "base");
  for (const side of SIDES) stream.push(`reset refs/heads/${side}`, "from refs/heads/base", "");
  for (const [at, { side, file, does, line }] of made.entries()) {
    const files = sides[side];
    const name = [...files.keys()][file % Math.max(1, files.size)];
    const found = name === undefined ? undefined : files.get(name);
    if (does === "add") files.set(`new-${file}.txt`, { text: `new ${line}\n`, mode: "100644" });
    if (name !== undefined && found !== undefined) {
      const split = found.text.split("\n");
      const lines = split.with(line % split.length, does === "same" ? `same ${line}` : `${side} ${at}`);
      if (does === "change" || does === "same") files.set(name, { ...found, text: lines.join("\n") });
      if (does === "mode") files.set(name, { ...found, mode: "100755" });
      if (does === "delete" || does === "rename") files.delete(name);
      if (does === "rename") files.set(`${line < 4 ? "d" : "r"}/${side === "work" ? at : line}.txt`, found);
    }
    commit(side, files, `${side} ${at} ${does}`);
  }
  return `${stream.join("\n")}\ndone\n`;
}

test("what is tried out is what git does", async () => {
  await using place = await makePlace();
  const { path, git } = await makeRepo(place);
  await using world = testWorld(place, { cwd: path });
  const env = place.env();
  const id = (name: string) => git("rev-parse", name);
  const outcomes = new Map<string, number>();

  const holds = async (made: Step[]): Promise<void> => {
    await git("checkout", "--quiet", "--force", "--detach");
    await runGit(["fast-import", "--quiet", "--force"], { cwd: path, env, input: historyOf(made) });
    await git("checkout", "--quiet", "--force", "work");
    const [head, onto] = [await id("work"), await id("main")];
    const place = { top: path, git: world.git(path), gitDir: join(path, ".git"), adminDir: "", branch: "work", head };
    const asked = { onto: { target: "main", commit: onto, unfetched: undefined }, work: undefined };
    const tried = await replay(place, { ...asked, signal: world.signal() });
    const [merged] = await mergePairs(place.git, [{ ours: head, theirs: onto }], { objects: { gitDir: place.gitDir } });
    outcomes.set(tried.outcome, (outcomes.get(tried.outcome) ?? 0) + 1);

    const run = (...words: string[]) => Bun.spawnSync(["git", ...words], { cwd: path, env, stderr: "pipe" });
    const merging = run("merge-tree", "--write-tree", "--name-only", "--no-messages", head, onto).stdout.toString();
    const [tree, ...paths] = merging.trimEnd().split("\n");
    const inMerge = merged?.verdict === "conflict" ? [...new Set(merged.files.map((file) => file.path))] : [];
    expect([merged?.verdict !== "unknown" && merged?.tree, inMerge.toSorted()]).toEqual([tree, paths.toSorted()]);

    const rebased = run("rebase", "--merge", "--quiet", onto);
    if (tried.outcome !== "conflict") {
      if (rebased.exitCode !== 0) throw new Error(rebased.stderr.toString());
      if (tried.tree !== null) expect(tried.tree).toBe(await id("HEAD^{tree}"));
      return;
    }
    expect(rebased.exitCode).toBe(1);
    expect(tried.meeting?.commit).toBe(await id("REBASE_HEAD"));
    const unmerged = (await git("ls-files", "--unmerged"))
      .split("\n")
      .map((line) => line.slice(line.indexOf("\t") + 1));
    const files = tried.meeting?.files.map((file) => file.path) ?? [];
    expect(files.toSorted()).toEqual([...new Set(unmerged)].toSorted());
    await git("rebase", "--abort");
  };
  await forAll("git does the same", steps, holds, { runs: RUNS, shrinks: 60 });
  for (const outcome of ["clean", "conflict"]) expect([...outcomes.keys()]).toContain(outcome);
}, 600_000);
