// What git's own commands do to a checkout is no write of the session's: tried with each of them, in a repository with a
// branch `other` that changes one file, adds one and deletes one.

import { describe, expect, test } from "bun:test";
import { makeLooks } from "../support/looks.ts";

/** On `other`: file-0.txt changed, theirs added, folder-0/file-1.txt deleted. On `main` since then: ours added. */
const BRANCHES = `
  git checkout -q -b other && echo theirs >> file-0.txt && touch theirs && git rm -q folder-0/file-1.txt &&
  git add -A && git commit -q -m other && git checkout -q main && touch ours && git add ours && git commit -q -m ours`;
/** Both changed file-0.txt. */
const CLASH = `${BRANCHES} && echo ours >> file-0.txt && git commit -q -a -m clash`;

const scene = (before: string) => makeLooks({ files: 4, before });

describe("is no write:", () => {
  const COMMANDS: readonly (readonly [string, string])[] = [
    ["checkout", "git checkout -q other"],
    ["checkout there and back", "git checkout -q other && git checkout -q main"],
    ["switch --detach", "git switch -q --detach other"],
    ["switch -c", "git switch -q -c third other"],
    ["a merge that only moves", "git reset -q --hard HEAD~1 && git merge -q other"],
    ["a merge", "git merge -q other"],
    ["a merge to be committed", "git merge -q --no-commit other"],
    ["a merge to be committed, and its commit", "git merge -q --no-commit other && git commit -q -m merged"],
    ["a squashed merge", "git merge -q --squash other"],
    ["a rebase", "git rebase -q other"],
    ["a rebase by patches", "git rebase -q --apply other"],
    ["a pull", "git pull -q --no-rebase . other"],
    ["a pull that rebases", "git pull -q --rebase . other"],
    ["reset --hard", "git reset -q --hard other"],
    ["reset --mixed", "git reset -q HEAD~1"],
    ["reset --soft", "git reset -q --soft HEAD~1"],
    ["cherry-pick", "git cherry-pick other"],
    ["cherry-pick -n", "git cherry-pick -n other"],
    ["revert", "git revert --no-edit HEAD"],
    ["revert -n", "git revert -n HEAD"],
    ["am", "git format-patch -q --stdout main..other > ../patch && git am -q < ../patch"],
    ["bisect", "git bisect start -q HEAD HEAD~1"],
    ["worktree add", "git worktree add -q ../worktree other"],
    ["worktree add, inside", "git worktree add -q worktrees/inner other && touch worktrees/inner/file"],
    ["rm --cached of what stays", "git rm -q --cached file-0.txt"],
    ["sparse-checkout", "git sparse-checkout set --cone folder-0"],
    ["gc", "git gc -q --prune=now && git reflog expire --expire=now --all"],
  ];

  test.each(COMMANDS)("%s", async (_, command) => {
    await using made = await scene(BRANCHES);
    expect(await made.wrote(command)).toEqual([]);
    expect(await made.wrote("true")).toEqual([]);
  });

  const CLASHES: readonly (readonly [string, string])[] = [
    ["a merge", "git merge -q other"],
    ["a rebase", "git rebase -q other"],
    ["a rebase by patches", "git rebase -q --apply other"],
    ["a cherry-pick", "git cherry-pick other"],
    ["a revert", "git revert --no-edit HEAD~1"],
    ["a squashed merge", "git merge -q --squash other"],
  ];

  test.each(CLASHES)("%s that ends in a conflict", async (name, command) => {
    const more = "echo more >> file-0.txt && git commit -q -a -m more";
    const before = name === "a revert" ? `${CLASH} && ${more}` : CLASH;
    await using made = await scene(before);
    expect(await made.wrote(command, { fails: true })).toEqual([]);
    expect(await made.wrote("true")).toEqual([]);
  });

  test("a conflict that is resolved and committed", async () => {
    await using made = await scene(CLASH);
    await made.wrote("git merge -q other", { fails: true });
    expect(await made.wrote("echo both > file-0.txt && git add -A && git commit -q -m merged")).toEqual([]);
  });

  test("a commit that is taken back, whatever was in it", async () => {
    for (const how of ["--soft", "--mixed"]) {
      await using made = await scene(`${BRANCHES} && git checkout -q other`);
      expect(await made.wrote(`git reset -q ${how} HEAD~1`)).toEqual([]);
      expect(await made.wrote("true")).toEqual([]);
    }
  });

  test("a merge that is given up", async () => {
    await using made = await scene(CLASH);
    await made.wrote("git merge -q other", { fails: true });
    expect(await made.wrote("git merge --abort")).toEqual([]);
  });

  test("a stash", async () => {
    await using made = await scene(`${BRANCHES} && echo mine >> file-0.txt && touch mine`);
    expect(await made.wrote("git stash -q -u")).toEqual([]);
  });

  test("a commit of what was seen before", async () => {
    await using made = await scene(`${BRANCHES} && echo before >> file-0.txt`);
    await made.wrote("echo mine > mine");
    expect(await made.wrote("git add -A && git commit -q -m mine")).toEqual([]);
    expect(await made.wrote("git commit -q --amend -m better")).toEqual([]);
    expect(await made.wrote("git reset -q --soft HEAD~1 && git commit -q -m again")).toEqual([]);
  });

  test("files that show up because they are not ignored any more", async () => {
    const before = `echo 'junk*' > .gitignore && git add -A && git commit -q -m i && touch junk-1 junk-2 &&
      git branch ignoring && git rm -q .gitignore && git commit -q -m none && git checkout -q ignoring`;
    // Later than clocks may differ.
    await using made = await makeLooks({ before, lateMs: 60_000 });
    expect(await made.wrote("git checkout -q main")).toEqual([]);
    await made.wrote("git checkout -q ignoring");
    expect(await made.wrote("rm .gitignore")).toEqual([".gitignore"]);
  });
});

describe("is a write:", () => {
  const COMMANDS: readonly (readonly [string, string, string[]])[] = [
    ["an edit beside a checkout", "git checkout -q other && touch new && echo more >> theirs", ["new", "theirs"]],
    ["an edit beside a merge", "git merge -q other && echo more >> ours", ["ours"]],
    ["an edit beside a merge under way", "git merge -q --no-commit other && echo more >> ours", ["ours"]],
    ["an edit beside reset --soft", "echo more >> file-0.txt && git reset -q --soft HEAD~1", ["file-0.txt"]],
    ["an edit that is added", "echo more >> file-0.txt && touch new && git add -A", ["file-0.txt", "new"]],
    ["an edit that is committed", "echo more >> file-0.txt && git commit -q -a -m more", ["file-0.txt"]],
    [
      "a commit on another branch",
      "git checkout -q -b third && touch new && git add new && git commit -q -m n && git checkout -q main",
      ["new"],
    ],
    ["an edit that is amended", "echo more >> ours && git commit -q -a --amend --no-edit", ["ours"]],
    ["a commit before a merge", "echo more >> ours && git commit -q -a -m more && git merge -q other", ["ours"]],
    [
      "a commit after a pull",
      "git pull -q --rebase . other && echo more >> theirs && git commit -q -a -m more",
      ["theirs"],
    ],
    [
      "a commit that is merged elsewhere",
      "git checkout -q other && touch new && git add new && git commit -q -m n && git checkout -q main && git merge -q other",
      ["new"],
    ],
    ["mv", "git mv file-0.txt moved", ["file-0.txt", "moved"]],
    ["mv, committed", "git mv file-0.txt moved && git commit -q -m moved", ["file-0.txt", "moved"]],
    ["rm", "git rm -q file-0.txt", ["file-0.txt"]],
    ["a file of another branch", "git checkout -q other -- theirs", ["theirs"]],
    ["a file as it was then", "git restore --source=other file-0.txt", ["file-0.txt"]],
    [
      "apply",
      "git diff main other > ../patch && git apply ../patch",
      ["file-0.txt", "folder-0/file-1.txt", "ours", "theirs"],
    ],
    ["a first commit", "git checkout -q --orphan fresh && echo more >> ours && git commit -q -a -m fresh", ["ours"]],
    ["what is ignored from then on", "touch junk && echo junk > .gitignore", [".gitignore"]],
    ["what is new beside other rules of what is ignored", "touch new && echo junk > .gitignore", [".gitignore", "new"]],
    ["add -f of what is ignored", "echo junk > .git/info/exclude && touch junk && git add -f junk", ["junk"]],
  ];

  test.each(COMMANDS)("%s", async (_, command, files) => {
    await using made = await scene(BRANCHES);
    expect(await made.wrote(command)).toEqual(files);
    expect(await made.wrote("true")).toEqual([]);
  });

  test("an edit that comes out of the stash again", async () => {
    await using made = await scene(`${BRANCHES} && echo mine >> file-0.txt && touch mine`);
    await made.wrote("git stash -q -u");
    expect(await made.wrote("git stash pop -q")).toEqual(["file-0.txt", "mine"]);
  });

  test("an edit in the middle of a merge, of what it left alone", async () => {
    await using made = await scene(CLASH);
    await made.wrote("git merge -q other", { fails: true });
    expect(await made.wrote("echo more >> ours && echo more >> theirs")).toEqual(["ours", "theirs"]);
  });

  test("a commit that is changed in the middle of a rebase", async () => {
    await using made = await scene(`${BRANCHES} && touch third && git add third && git commit -q -m third`);
    const edits = "GIT_SEQUENCE_EDITOR='sed -i s/^pick/edit/' git rebase -q -i other";
    expect(await made.wrote(edits)).toEqual([]);
    await made.wrote("echo more >> ours && git add ours");
    expect(await made.wrote("git commit -q --amend --no-edit && git rebase --continue")).toEqual(["ours"]);
  });

  test("what is made of a conflict after the squashed merge has ended", async () => {
    await using made = await scene(CLASH);
    await made.wrote("git merge -q --squash other", { fails: true });
    expect(await made.wrote("echo both > file-0.txt")).toEqual(["file-0.txt"]);
  });

  test("a commit, also when git has written its reflog anew", async () => {
    await using made = await scene(BRANCHES);
    const script = "echo more >> ours && git commit -q -a -m more && git reflog delete HEAD@{2}";
    expect(await made.wrote(script)).toEqual(["ours"]);
  });
});

test("without a reflog it is a write what stands changed, and what git brought is none", async () => {
  await using made = await scene(`${BRANCHES} && git config core.logAllRefUpdates false && rm -r .git/logs`);
  expect(await made.wrote("git checkout -q other && echo more >> theirs")).toEqual(["theirs"]);
  expect(await made.wrote("git commit -q -a -m more && git checkout -q main")).toEqual([]);
});
