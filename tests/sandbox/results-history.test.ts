// History out of a sandbox keeps its shape: merges, empty commits, odd words and dates, rewritten beginnings.

import { describe, expect, test } from "bun:test";
import { examine } from "../../src/features/results/results.ts";
import { makeRun, type Run } from "./results-scene.ts";
import { write } from "./uploads-scene.ts";

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

const MORE = "refs/parallel-cc/sandbox-more/run-1";
const NAMELESS = "commits that no branch had";

describe("commits that only a log inside has come home:", () => {
  test.each([
    ["of a head on no branch", `git checkout -q --detach; ${commit("lost")} ${commit("more")} git checkout -q work`],
    ["reset away", `${commit("lost")} ${commit("more")} git reset -q --hard HEAD~2`],
    [
      "of a branch that is deleted",
      `git checkout -qb x; ${commit("lost")} ${commit("more")} git checkout -q work; git branch -qD x`,
    ],
    [
      "of a worktree that stands on no branch",
      `git worktree add -q --detach ../run/wt; cd ../run/wt; ${commit("lost")} ${commit("more")} :`,
    ],
  ])("%s", async (_, script) => {
    await using run = await makeRun({ files: FILES });
    await run.claude(`${commit("kept")} ${script}`);
    const gathered = await run.gather();
    expect(gathered.abandoned).toHaveLength(1);
    expect(await run.gather()).toEqual({ ...gathered, isUnchanged: true });
    const replayed = await run.replay();
    expect(replayed.commits.map(({ subject }) => subject)).toEqual(["kept"]);
    expect(replayed.more.map(({ name }) => name)).toEqual([NAMELESS]);
    const [more = { ref: "" }] = replayed.more;
    expect(more.ref).toStartWith(`${MORE}/reflog/`);
    expect(await shapeOf(run, more.ref)).toEqual(["kept: BASE", "lost: kept", "more: lost"]);
    expect((await run.replay()).more).toEqual(replayed.more);
  });

  test("work that its last commit takes back is there as well", async () => {
    await using run = await makeRun({ files: FILES });
    await run.claude(
      `git checkout -q --detach; ${commit("lost")} git rm -q lost; git commit -qm back; git checkout -q work`,
    );
    const { more } = await run.replay();
    expect(await Promise.all(more.map(({ ref }) => shapeOf(run, ref)))).toEqual([["lost: BASE"]]);
  });

  test("what was only given other words is left out, and each other beginning comes once", async () => {
    await using run = await makeRun({ files: FILES });
    await run.claude(`${commit("one")} for i in 1 2 3 4; do git commit -q --amend -m "one $i"; done
      echo other >one; git commit -qa --amend -m other; git commit -q --amend -m last`);
    const { more } = await run.replay();
    expect(await Promise.all(more.map(({ ref }) => run.repo.git("show", `${ref}:one`)))).toEqual(["one"]);
  });

  test("what one of them lacks takes neither the rest of them nor the history away", async () => {
    await using run = await makeRun({ files: FILES });
    await run.claude(`${commit("kept")} git checkout -q --detach; ${commit("whole")} git checkout -q --detach work
      ${commit("broken")} f=.git/objects/$(git rev-parse HEAD:broken | sed 's:^..:&/:'); rm -f "$f"; git checkout -qf work`);
    const gathered = await run.gather();
    expect(gathered).toMatchObject({ form: "commits", unread: [expect.stringContaining("which no branch has")] });
    expect((await run.replay({ gathered })).commits.map(({ subject }) => subject)).toEqual(["kept"]);
    expect(await run.kept("log", "--format=%s", `${gathered.abandoned[0]}`, `^${gathered.tip}`)).toBe("whole");
  });

  test("what an earlier checkpoint has is not there twice, and what the repository has itself not at all", async () => {
    let theirs = "";
    await using run = await makeRun({
      files: FILES,
      before: async ({ gitAt, repo, base }) => {
        await write(repo.path, { "theirs.txt": "t\n" });
        await gitAt(repo.path, "add", "theirs.txt");
        theirs = await gitAt(
          repo.path,
          "commit-tree",
          "-p",
          base,
          "-m",
          "theirs",
          await gitAt(repo.path, "write-tree"),
        );
        await gitAt(repo.path, "rm", "-q", "--force", "theirs.txt");
        await gitAt(repo.path, "branch", "theirs", theirs);
      },
    });
    await run.claude(`git checkout -q ${theirs}; git checkout -q work; ${commit("one")}`);
    const first = await run.replay();
    expect(first.more).toEqual([]);
    await run.claude("git reset -q --hard HEAD~1");
    const second = await run.replay();
    expect(second.source.tip).toBe(run.sent.commit);
    expect(second.more.map(({ ref, id }) => [ref, id])).toEqual([[`${MORE}/checkpoint/1`, first.tip]]);
    await run.claude(`git checkout -q --detach; ${commit("two")} git checkout -q work`);
    expect((await run.replay()).more.map(({ name }) => name)).toEqual([
      NAMELESS,
      "what was here at an earlier checkpoint",
    ]);
  });

  test("a key in one of them is found", async () => {
    await using run = await makeRun({ files: FILES });
    const value = "flat-key-0123456789";
    await run.claude(`git checkout -q --detach; ${commit("lost", value)} git checkout -q work`);
    const { repo, store, sent } = run;
    const asked = { repository: repo.path, store, sent: sent.commit, gathered: await run.gather() };
    const { secrets } = await examine(run.world, { ...asked, secrets: [{ name: "FLAT_KEY", value }] });
    expect(secrets.map(({ name }) => name)).toContain("FLAT_KEY");
  });
});

describe("what nobody committed in another worktree comes home:", () => {
  const work = "echo 1 >>a.txt; echo new >new.txt; rm b.txt; echo no >ignored; cd ..;";
  const CHANGES = "M\ta.txt\nD\tb.txt\nA\tnew.txt";

  test.each([
    ["beside the project", "git worktree add -q ../run/wt-x; cd ../run/wt-x"],
    ["inside of it, where git ignores it", "git worktree add -q ignored/wt-x -b wt-x 2>/dev/null; cd ignored/wt-x"],
    ["inside of it", "git worktree add -q wt-x; cd wt-x"],
    ["on no branch", "git worktree add -q --detach ../run/wt-x; cd ../run/wt-x"],
    [
      "with an index that is broken",
      "git worktree add -q ../run/wt-x; echo no >.git/worktrees/wt-x/index; cd ../run/wt-x",
    ],
    ["with settings that cannot be read", "git worktree add -q ../run/wt-x; echo '[no' >>.git/config; cd ../run/wt-x"],
  ])("%s", async (_, script) => {
    await using run = await makeRun({ files: FILES });
    await run.claude(`${script}; ${work}`);
    const gathered = await run.gather();
    expect(gathered.worktrees.map(({ name }) => name)).toEqual(["wt-x"]);
    expect(gathered.unread).toEqual([]);
    expect(await run.gather()).toEqual({ ...gathered, isUnchanged: true });
    const { more } = await run.replay();
    const found = more.find(({ ref }) => ref === `${MORE}/worktree/wt-x`);
    expect(found?.name).toBe("what was uncommitted in another worktree");
    expect(await run.repo.git("diff-tree", "-r", "--name-status", run.base, found?.id ?? "")).toBe(CHANGES);
    expect(await run.repo.git("log", "-1", "--format=%an %s", found?.id ?? "")).toBe(
      "Somebody Native execution: do it",
    );
  });

  test("one that has nothing of its own, is gone, or was never one, is none", async () => {
    await using run = await makeRun({ files: FILES });
    await run.claude(`git worktree add -q ../run/clean; git worktree add -q ../run/gone; rm -rf ../run/gone
      git worktree add -q ../run/moved; echo ../run/clean/.git >.git/worktrees/moved/gitdir; mkfifo .git/worktrees/clean/x
      mkdir .git/worktrees/odd; mkfifo .git/worktrees/odd/gitdir .git/worktrees/odd/HEAD`);
    expect(await run.gather()).toMatchObject({ worktrees: [], abandoned: [], unread: [] });
  });

  test("under whatever name git's own directory of it was given", async () => {
    await using run = await makeRun({ files: FILES });
    await run.claude(`git worktree add -q ../run/x; mv .git/worktrees/x ".git/worktrees/a b..lock"
      echo "gitdir: $PWD/.git/worktrees/a b..lock" >../run/x/.git; echo 1 >>../run/x/a.txt`);
    expect((await run.replay()).more.map(({ ref }) => ref)).toContain(`${MORE}/worktree/0`);
  });
});

test("annotated tags keep their words, also one of what was sent", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude(`git tag -a -m 'at the beginning' start; ${commit("one")} git tag light
    printf 'two\\n\\nlines of words\\n' | git tag -a -F - v1/full; git tag -a -m on-tree tree HEAD^{tree}`);
  const gathered = await run.gather();
  expect(gathered.refs).toEqual(["refs/tags/tree"]);
  expect(await run.gather()).toEqual({ ...gathered, isUnchanged: true });
  const replayed = await run.replay();
  const at = (name: string) => `${MORE}/tag/${name}`;
  expect(replayed.more.map(({ ref }) => ref).toSorted()).toEqual([at("start"), at("v1/full")]);
  const shown = async (name: string) =>
    (await run.repo.git("for-each-ref", "--format=%(objecttype) %(*objectname) %(contents)", at(name))).trim();
  expect(await shown("start")).toBe(`tag ${run.base} at the beginning`);
  expect(await shown("v1/full")).toBe(`tag ${replayed.tip} two\n\nlines of words`);
  expect((await run.replay()).more).toEqual(replayed.more);
  expect(await run.repo.git("fsck", "--no-dangling")).toBe("");
});

test("a tag of a commit that is not here is not made", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude(`git checkout -q --detach; ${commit("two")} git tag -a -m words two; git checkout -q work`);
  const gathered = await run.gather();
  const { more } = await run.replay({ gathered: { ...gathered, tags: [], abandoned: [] } });
  expect(more).toEqual([]);
  expect(await run.repo.git("fsck", "--no-dangling")).toBe("");
});
