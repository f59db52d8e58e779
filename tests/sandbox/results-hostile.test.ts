// What comes out of a sandbox may be made to do harm. None of it runs, none of it stands outside of the worktree, and
// what git would not take from a stranger is not taken.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Gathered, gather } from "../../src/features/results/results.ts";
import { IDENTITY, makeRun, type Run, standing } from "./results-scene.ts";
import { write } from "./uploads-scene.ts";

const FILES = { "a.txt": "a\n", "b.txt": "b\n", "dir/c.txt": "c\n", ".gitignore": "ignored\n*.log\n" };

/** As if the script in the sandbox were another one: it prints what it likes. */
function gatherBy(run: Run, script: string): Promise<Gathered> {
  const { sandbox, world, store, sent } = run;
  const exec: typeof sandbox.exec = (command) =>
    sandbox.exec({ ...command, argv: ["bash", "-euc", script, "evil", sent.commit] });
  const input = { runId: "run-1", store, sent: sent.commit, identity: IDENTITY, message: "m" };
  return gather(world, { ...sandbox, exec }, input);
}

/** What is written as a tree by hand: lines of `mktree`, or raw entries in `printf`'s words. */
const LITERALLY = `
  write() { git hash-object --literally -t "$1" -w --stdin; }
  entry() { printf '%s %s\\0' "$1" "$2"; printf "$(printf %s "$3" | sed 's/../\\\\x&/g')"; }
  blob=$(echo evil | write blob)
  finish() {
    tip=$(printf 'tree %s\\nparent %s\\nauthor A <a@e> 1 +0000\\ncommitter A <a@e> 1 +0000\\n\\nm\\n' "$1" $S | write commit)
    git update-ref refs/heads/evil $tip
    printf 'parallel-cc-home 1\\nhead %s refs/heads/work\\ntip %s\\nbundle\\n\\n' $S $tip
    git bundle create -q - ^$S refs/heads/evil
  }
  finish_alone() {
    tip=$(printf 'tree %s\\nparent %s\\nauthor A <a@e> 1 +0000\\ncommitter A <a@e> 1 +0000\\n\\nm\\n' "$1" $S | write commit)
    printf 'parallel-cc-home 1\\nhead %s refs/heads/work\\ntip %s\\nbundle\\n\\n' $S $tip
    printf '# v2 git bundle\\n-%s\\n%s refs/heads/evil\\n\\n' $S $tip
    shift
    printf '%s\\n' $tip "$@" | git pack-objects -q --stdout
  }
  S=$1
`;

const REFUSED: Record<string, string> = {
  "hooks of git": `h=$(entry 100755 post-checkout $blob | write tree); g=$(entry 40000 hooks $h | write tree); finish $(entry 40000 .git $g | write tree)`,
  "a git directory by another name of it":
    "finish $(entry 40000 'GIT~1' $(entry 100644 config $blob | write tree) | write tree)",
  "a path that leads up": "finish $(entry 40000 .. $(entry 100644 evil $blob | write tree) | write tree)",
  "a path with a slash in it": "finish $(entry 100644 ../evil $blob | write tree)",
  "a link, and a file below it": `l=$(printf /tmp | write blob); t=$(entry 100644 evil $blob | write tree); finish $({ entry 120000 link $l; entry 40000 link $t; } | write tree)`,
  "a submodule that is an option": `m=$(printf '[submodule "x"]\\n\\tpath = x\\n\\turl = -u./payload\\n' | write blob); finish $(entry 100644 .gitmodules $m | write tree)`,
  "a submodule whose name leads up": `m=$(printf '[submodule "../../x"]\\n\\tpath = x\\n\\turl = https://e.invalid/x\\n' | write blob); finish $(entry 100644 .gitmodules $m | write tree)`,
  "settings of submodules behind a link": `finish $(entry 120000 .gitmodules $(printf ../x | write blob) | write tree)`,
  "an object that is none": "t=$(printf nonsense | write tree); finish_alone $t $t",
  "a tree that is not there": "finish_alone 1234567890123456789012345678901234567890",
  "a tip that is not in it": `printf 'parallel-cc-home 1\\nhead %s\\ntip 1234567890123456789012345678901234567890\\nnothing\\n\\n' $S`,
  "a bundle that is none": `printf 'parallel-cc-home 1\\nhead %s\\ntip %s\\nbundle\\n\\nnonsense' $S $S`,
  "a bundle that asks for more": `printf 'parallel-cc-home 1\\nhead %s\\ntip %s\\nbundle\\n\\n# v3 git bundle\\n@filter=blob:none\\n\\n' $S $S`,
  "half a bundle": `c=$(git commit-tree HEAD^{tree} -p $S -m x); git update-ref refs/x/x $c; printf 'parallel-cc-home 1\\nhead %s\\ntip %s\\nbundle\\n\\n' $S $c; git bundle create -q - ^$S refs/x/x | head -c 200`,
};

const GARBLED: Record<string, string> = {
  nothing: "exit 0",
  "another program's words": "echo hello; echo",
  "a line without an end": "printf 'parallel-cc-home 1\\nnested '; head -c 3000000 /dev/zero",
  "no end of lines": "echo parallel-cc-home 1; yes 'nested x'",
  "ids that are options": "printf 'parallel-cc-home 1\\nhead --all\\ntip --all\\nnothing\\n\\n'",
};

describe("a bundle is refused, and leaves nothing, for", () => {
  test.each(Object.entries(REFUSED))("%s", async (_, script) => {
    await using run = await makeRun({ files: FILES });
    await run.claude("echo 1 >>a.txt; git commit -qam one");
    const first = await run.gather();
    const objects = await readdir(join(run.store, "objects/pack"));
    await expect(gatherBy(run, `${LITERALLY} ${script}`)).rejects.toMatchObject({ code: "results.refused" });
    expect((await readdir(join(run.store, "objects/pack"))).filter((name) => !name.startsWith("tmp_"))).toEqual(
      objects,
    );
    expect(await run.gather()).toMatchObject({ head: first.head, tip: first.tip });
  });
});

describe("what is no answer of the script is refused:", () => {
  test.each(Object.entries(GARBLED))("%s", async (_, script) => {
    await using run = await makeRun({ files: FILES });
    await expect(gatherBy(run, script)).rejects.toMatchObject({ code: "results.garbled" });
  });
});

test("a tree of more paths than any disk holds is not taken, but what the files hold is", async () => {
  await using run = await makeRun({ files: FILES });
  const deep =
    "t=$(entry 100644 f $blob | write tree); for i in 1 2 3 4 5 6 7 8 9; do t=$({ for n in a b c d e f g h i j; do entry 40000 $n $t; done; } | write tree); done; finish $t";
  await expect(gatherBy(run, `${LITERALLY} ${deep}`)).rejects.toMatchObject({ code: "results.refused" });
  await run.claude("echo 1 >>a.txt");
  const gathered = await run.gather();
  expect(gathered).toMatchObject({ form: "line", branches: [] });
  expect(await run.kept("cat-file", "blob", `${gathered.tip}:a.txt`)).toBe("a\n1");
});

test("no hook runs: neither the repository's, nor one that the result brings to where they are looked for", async () => {
  await using run = await makeRun({ files: FILES });
  const ran = run.place.at("ran");
  const hook = { run: `#!/bin/sh\necho "$0" >>'${ran}'\n` };
  const names = [
    "post-checkout",
    "reference-transaction",
    "post-index-change",
    "pre-commit",
    "commit-msg",
    "post-commit",
  ];
  await write(join(run.repo.path, ".git/hooks"), Object.fromEntries(names.map((name) => [name, hook])));
  await run.claude("echo 1 >>a.txt; git commit -qam one; echo 2 >>b.txt");
  await run.deliver({ branch: "quiet" });
  expect(existsSync(ran)).toBe(false);

  await run.repo.git("config", "core.hooksPath", ".hooks");
  await run.claude(
    `mkdir .hooks; for n in ${names.join(" ")}; do printf '#!/bin/sh\\necho "$0" >>%s\\n' '${ran}' >.hooks/$n; chmod +x .hooks/$n; done; git add .; git commit -qm hooks`,
  );
  await run.gitAt(run.worktree, "-c", "core.hooksPath=/dev/null", "checkout", "-q", "--detach", run.base);
  expect(await run.deliver({ branch: "loud" })).toMatchObject({ form: "branch" });
  expect(existsSync(ran)).toBe(false);
});

test("nothing is written behind a link, neither one of the user's nor one of the result", async () => {
  await using run = await makeRun({ files: FILES });
  const outside = run.place.at("outside");
  await mkdir(outside);
  await run.claude(`echo 1 >>dir/c.txt; echo n >dir/n.txt; mkdir new; echo x >new/x; ln -s ${outside} out`);
  const output = run.place.at("output");
  await mkdir(output);
  await symlink(outside, join(output, "dir"));
  const taken = await run.takeTo(output);
  expect(taken.left).toEqual([
    { path: "dir/c.txt", why: "it would be behind a symbolic link" },
    { path: "dir/n.txt", why: "it would be behind a symbolic link" },
  ]);
  expect(await readdir(outside)).toEqual([]);
  await run.claude("rm out; mkdir out; echo in >out/in");
  expect((await run.takeTo(output)).left).toContainEqual({ path: "out/in", why: "it would be behind a symbolic link" });
  expect(await readdir(outside)).toEqual([]);
});

test("names that are escape sequences are shown as what they are", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude(
    `n=$(printf 'e\\033[31m'); mkdir "$n"; git init -q "$n/in"; echo x >"$n/in/x"; git commit -q --allow-empty -m "$n"`,
  );
  const replayed = await run.replay();
  expect(JSON.stringify([await run.gather(), replayed])).not.toContain("\\u001b");
  expect(replayed.commits[0]?.subject).toBe("e\\u{1b}[31m");
});

test("branches that cannot stand beside each other do not keep the others from coming home", async () => {
  await using run = await makeRun({ files: FILES });
  const line = (name: string) => `printf 'branch %s refs/heads/%s\\n' $(git rev-parse HEAD) '${name}'`;
  const names = ["a", "a/b", "c/d", "c", "a", "..", "x.lock", "-x", "ok"];
  const gathered = await gatherBy(
    run,
    `echo x >x; git add x; git commit -qm x; echo y >y; git add y
    tree=$(git write-tree); tip=$(git commit-tree $tree -p HEAD -m y); git update-ref refs/heads/tip $tip
    echo parallel-cc-home 1; ${names.map(line).join("; ")}; printf 'head %s\\ntip %s\\nbundle\\n\\n' $1 $tip; git bundle create -q - ^$1 tip`,
  );
  const { more } = await run.replay({ gathered });
  const listed = await run.repo.git(
    "for-each-ref",
    "--format=%(refname:lstrip=5)",
    "refs/parallel-cc/sandbox-more/run-1/branch",
  );
  expect(listed.split("\n")).toEqual(["-x", "a", "c/d", "ok"]);
  expect(more.length).toBeGreaterThan(0);
});

test("a worktree whose directory was taken by a link is not written to", async () => {
  await using run = await makeRun({ files: FILES });
  await run.claude("echo 1 >>dir/c.txt");
  const outside = run.place.at("outside");
  await mkdir(outside);
  await writeFile(join(outside, "c.txt"), "c\n");
  await run.gitAt(run.worktree, "rm", "-rq", "dir");
  await run.gitAt(run.worktree, "reset", "-q");
  await symlink(outside, join(run.worktree, "dir"));
  expect(await run.deliver()).toMatchObject({
    form: "ref",
    left: [{ path: "dir/c.txt", why: "it would be behind a symbolic link" }],
  });
  expect(await standing(outside)).toEqual(["file c.txt c\n"]);
});
