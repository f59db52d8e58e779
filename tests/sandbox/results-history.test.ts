// History out of a sandbox keeps its shape: merges, empty commits, odd words and dates, rewritten beginnings.

import { describe, expect, test } from "bun:test";
import { makeRun, type Run } from "./results-scene.ts";

const FILES = { "a.txt": "a\n", "b.txt": "b\n", "dir/c.txt": "c\n", ".gitignore": "ignored\n*.log\n" };
const commit = (name: string, text = name) => `echo ${text} >${name}; git add ${name}; git commit -qm ${name};`;

/** The shape of what was replayed: each commit's subject with those of its parents, the base as BASE. */
async function shapeOf(run: Run, tip: string): Promise<string[]> {
  const listed = await run.repo.git("log", "--topo-order", "--reverse", "--format=%H %P%x09%s", tip, `^${run.base}`);
  const names = new Map([[run.base, "BASE"]]);
  return listed.split("\n").map((line) => {
    const [ids = "", subject = ""] = line.split("\t");
    const [id = "", ...parents] = ids.split(" ");
    names.set(id, subject);
    return `${subject}: ${parents.map((parent) => names.get(parent) ?? parent).join(" ")}`;
  });
}

describe.each([true, false])("a sandbox that shares objects: %p", (sharesObjects) => {
  test("a merge and an octopus keep their parents in order", async () => {
    await using run = await makeRun({ files: FILES, sharesObjects });
    await run.claude(`
      ${commit("m")} git checkout -qb x; ${commit("x")} git checkout -qb y work; ${commit("y")} git checkout -qb z work; ${commit("z")}
      git checkout -q work; ${commit("w")} git merge -q --no-ff -m two x; git merge -q -m eight y z
    `);
    const replayed = await run.replay();
    expect(await shapeOf(run, replayed.tip)).toEqual(
      expect.arrayContaining(["m: BASE", "x: m", "y: m", "z: m", "w: m", "two: w x", "eight: two y z"]),
    );
    expect(await run.repo.git("ls-tree", "--name-only", replayed.tip)).toBe(
      ".gitignore\na.txt\nb.txt\ndir\nm\nw\nx\ny\nz",
    );
    expect(replayed.uncommitted).toBe(null);
  });

  test("what was sent may be amended, squashed, or left out of history altogether", async () => {
    await using run = await makeRun({ files: FILES, sharesObjects });
    await run.claude("echo 1 >>a.txt; git commit -qa --amend -m amended; echo 2 >>a.txt; git commit -qam second");
    const amended = await run.replay();
    expect(await shapeOf(run, amended.tip)).toEqual(["amended: BASE", "second: amended"]);
    expect(await run.repo.git("diff", "--name-only", run.base, amended.tip)).toBe("a.txt");

    await run.claude("git checkout -q --orphan fresh; git commit -qm fresh");
    const fresh = await run.replay();
    expect(await shapeOf(run, fresh.tip)).toEqual(["fresh: BASE"]);
    expect(await run.repo.git("rev-parse", `${fresh.tip}^{tree}`)).toBe(
      await run.repo.git("rev-parse", `${amended.tip}^{tree}`),
    );
  });

  test("empty commits, empty words, other encodings, and dates of long ago come out as they went in", async () => {
    await using run = await makeRun({ files: FILES, sharesObjects });
    await run.claude(`
      git commit -q --allow-empty -m empty
      git commit -q --allow-empty --allow-empty-message -m ''
      printf 'gr\\374n\\n' | git -c i18n.commitEncoding=ISO-8859-1 commit -q --allow-empty -F -
      GIT_AUTHOR_DATE='@0 +0000' git commit -q --allow-empty -m epoch
      printf 'no line end' | git commit-tree HEAD^{tree} -p HEAD >../run/id; git update-ref refs/heads/work $(cat ../run/id)
      printf 'tree %s\\nparent %s\\nauthor  A U Thor  <a@example.com> -86400 +0000\\ncommitter C <> 1900000000 +0000\\ngpgsig -----BEGIN PGP SIGNATURE-----\\n \\n abc\\n -----END PGP SIGNATURE-----\\n\\nbefore 1970\\n' \\
        $(git rev-parse HEAD^{tree}) $(git rev-parse HEAD) | git hash-object --literally -t commit -w --stdin >../run/id
      git update-ref refs/heads/work $(cat ../run/id)
    `);
    const replayed = await run.replay();
    const raw = (index: number) => run.repo.git("cat-file", "commit", (replayed.commits[index] ?? { id: "" }).id);
    expect(replayed.commits.map(({ subject }) => subject)).toEqual([
      "empty",
      "",
      "gr\u00fcn",
      "epoch",
      "no line end",
      "before 1970",
    ]);
    expect(await raw(2)).toContain("\nencoding ISO-8859-1\n");
    expect(await run.repo.git("log", "-1", "--format=%s", (replayed.commits[2] ?? { id: "" }).id)).toBe("gr\u00fcn");
    expect(await raw(3)).toContain("\nauthor Claude <claude@example.com> 0 +0000\n");
    expect((await raw(4)).endsWith("\n\nno line end")).toBe(true);
    expect(await raw(5)).toMatch(
      /\nauthor A U Thor <a@example.com> 0 \+0000\ncommitter C <> 1900000000 \+0000\n\nbefore 1970$/,
    );
    expect(await run.repo.git("fsck", "--no-dangling")).toBe("");
  });

  test("a later gathering extends what was replayed before", async () => {
    await using run = await makeRun({ files: FILES, sharesObjects });
    await run.claude(`${commit("one")} echo u >u.txt`);
    const first = await run.replay();
    await run.claude(`git add u.txt; git commit -qm u; ${commit("two")}`);
    const second = await run.replay();
    expect(await shapeOf(run, second.tip)).toEqual(["one: BASE", "u: one", "two: u"]);
    expect(second.commits[0]).toEqual(first.commits[0]);
    expect(await run.repo.git("rev-parse", first.ref)).toBe(second.tip);
  });
});

test("who shares objects may go back below the base, and build on any commit of it", async () => {
  await using run = await makeRun({
    files: FILES,
    before: async ({ gitAt, repo }) => {
      await gitAt(repo.path, "branch", "other");
      await gitAt(repo.path, "commit", "--quiet", "--allow-empty", "--message=not sent");
    },
  });
  const other = await run.repo.git("commit-tree", "-p", run.base, "-m", "elsewhere", `${run.base}^{tree}`);
  await run.claude(`git merge -q --no-edit -m merged ${other}; ${commit("on")}`);
  const replayed = await run.replay();
  expect(await shapeOf(run, replayed.tip)).toEqual(["elsewhere: BASE", "merged: BASE elsewhere", "on: merged"]);
  expect(replayed.commits.map(({ subject }) => subject)).toEqual(["merged", "on"]);
});

test("five hundred commits take seconds", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude(`
    { i=1; while [ $i -le 500 ]; do
      printf 'commit refs/heads/work\\ncommitter C <c@example.com> %s +0000\\ndata 6\\nc %03d\\n' $((1900000000 + i)) $i
      [ $i -ne 1 ] || echo 'from refs/heads/work^0'
      printf 'M 100644 inline many/%s.txt\\ndata 5\\nt%03d\\n\\n' $((i % 50)) $i; i=$((i + 1))
    done; } | git fast-import --quiet; git reset -q --hard work`);
  const started = performance.now();
  const replayed = await run.replay();
  expect(replayed.commits).toHaveLength(500);
  expect(performance.now() - started).toBeLessThan(10_000);
});
