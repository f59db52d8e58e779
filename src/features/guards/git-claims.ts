// What git's commands would destroy of a checkout, of its branches, of the stash. What git itself refuses to lose (commit,
// merge, a checkout without force) claims nothing. Pure but for noting in the shell what makes later words mean others.

import type { Call } from "./calls.ts";
import { type Claim, targetOf } from "./claims.ts";
import { type GitCall, gitCallOf, ofBranch } from "./git-call.ts";
import { pushClaims, refspecClaims } from "./git-refspecs.ts";
import { type Options, readOptions } from "./options.ts";
import type { Shell } from "./shell.ts";
import { wordOf } from "./values.ts";

export function gitClaims(call: Call): Claim[] {
  const git = gitCallOf(call);
  if (git === undefined) return [];
  const claims = call.shell.isRepositoryMade ? [] : (COMMANDS[git.command]?.(git, call.shell) ?? []);
  // What git finds from there on may be the new one.
  if (git.command === "init" || git.command === "clone") call.shell.isRepositoryMade = true;
  return claims;
}

type Claiming = (git: GitCall, shell: Shell) => Claim[];

/** What is there of a checkout and is not committed. */
function ofCheckout({ at, command }: GitCall, option = ""): Claim[] {
  return [{ kind: "checkout", at, deed: `git ${command} ${option}`.trim() }];
}

const isDry = (options: Options): boolean => options.has("n", "dry-run");

function stash(git: GitCall, shell: Shell): Claim[] {
  const [first, ...rest] = git.args;
  const verb = wordOf(first);
  const isVerb = verb !== undefined && !verb.startsWith("-");
  if (verb === "list" || verb === "show" || verb === "create" || verb === "apply") return [];
  const { dropped } = shell;
  shell.dropped = undefined;
  if (first === undefined || !isVerb || verb === "push" || verb === "save") {
    // Nobody knows what an unknown word would have it do.
    return first !== undefined && verb === undefined ? [] : ofCheckout(git);
  }
  const deed = `git stash ${verb}`;
  if (verb === "clear") return [{ kind: "stash", at: git.at, entry: "all", deed }];
  if (verb !== "pop" && verb !== "drop" && verb !== "branch") return [];
  const { words, isUnsure } = readOptions(rest, {});
  const named = verb === "branch" ? words[1] : words[0];
  const entry = named === undefined ? 0 : entryOf(wordOf(named));
  if (dropped === undefined || isUnsure || entry === undefined) return [];
  // As it was numbered before any was dropped.
  const place = JSON.stringify(git.at);
  const number = dropped.reduce((at, gone) => (gone.number <= at ? at + 1 : at), entry);
  // One that is popped may stay, where it conflicts; and there may be two repositories.
  if (dropped.some((one) => one.place !== place)) return [];
  if (verb === "drop") shell.dropped = [...dropped, { place, number }].toSorted((a, b) => a.number - b.number);
  return [{ kind: "stash", at: git.at, entry: number, deed }];
}

/** Undefined for one that is named by time or message. */
function entryOf(word: string | undefined): number | undefined {
  if (word === "stash" || word === "refs/stash") return 0;
  const [, number] = /^(?:(?:refs\/)?stash@\{)?(\d{1,6})\}?$/.exec(word ?? "") ?? [];
  return number === undefined ? undefined : Number(number);
}

function reset(git: GitCall): Claim[] {
  const options = readOptions(git.args, { takes: ["pathspec-from-file"] });
  if (options.has("hard")) return ofCheckout(git, "--hard");
  if (options.has("merge")) return ofCheckout(git, "--merge");
  const commit = wordOf(options.words[0]) ?? "";
  // Another commit than the one it stands on, not a file's name.
  const isMove =
    options.words.length === 1 && options.behind === undefined && /^(HEAD|@)(@\{|[~^])|^ORIG_HEAD$/.test(commit);
  return isMove ? [{ kind: "branch", at: git.at, branch: "HEAD", deed: `git reset ${commit}` }] : [];
}

function clean(git: GitCall): Claim[] {
  const options = readOptions(git.args, { takes: ["e", "exclude"] });
  const force = options.count("f") + options.count("force");
  if (force === 0 || isDry(options) || options.has("i", "interactive") || options.isUnsure) return [];
  // Twice: repositories and worktrees in it too, of those that are ignored with -x.
  const isNestedToo = force > 1 && options.has("d") && options.has("x") && options.words.length === 0;
  return [{ kind: "checkout", at: git.at, isNestedToo, deed: "git clean" }];
}

function checkout(git: GitCall): Claim[] {
  const options = readOptions(git.args, { takes: ["b", "B", "orphan", "conflict", "pathspec-from-file"] });
  const claims = ofBranch(git, options.value("B"), "git checkout -B");
  if (options.has("p", "patch")) return claims;
  if (options.has("f", "force")) return [...claims, ...ofCheckout(git, "--force")];
  if (options.has("b", "B", "orphan", "d", "detach")) return claims;
  const [first, second] = options.words;
  if (second !== undefined || (options.behind?.length ?? 0) > 0) return [...claims, ...ofCheckout(git, "<files>")];
  const word = wordOf(first) ?? "";
  if (/^(\.|:|\*)/.test(word) || first?.kind === "pattern") return ofCheckout(git, "<files>");
  const onlyIf = options.behind === undefined ? targetOf(first, git.at.directory) : undefined;
  return onlyIf === undefined ? claims : [{ kind: "checkout", at: git.at, onlyIf, deed: "git checkout <files>" }];
}

function switching(git: GitCall): Claim[] {
  const options = readOptions(git.args, { takes: ["c", "C", "create", "force-create", "orphan", "conflict"] });
  const isForced = options.has("f", "force", "discard-changes");
  const branch = options.value("C") ?? options.value("force-create");
  return [...ofBranch(git, branch, "git switch -C"), ...(isForced ? ofCheckout(git, "--discard-changes") : [])];
}

function restore(git: GitCall): Claim[] {
  const options = readOptions(git.args, { takes: ["s", "source", "conflict", "pathspec-from-file"] });
  const isIndexOnly = options.has("S", "staged") && !options.has("W", "worktree");
  return isIndexOnly || options.has("p", "patch") || options.words.length === 0 ? [] : ofCheckout(git);
}

function rebase(git: GitCall): Claim[] {
  const takes = ["onto", "x", "exec", "s", "strategy", "X", "strategy-option", "empty", "whitespace", "C"];
  const options = readOptions(git.args, { takes });
  if (options.has("show-current-patch", "edit-todo", "quit")) return [];
  // It checks the second one out and writes it anew.
  const named = options.has("root") ? options.words[0] : options.words[1];
  return named === undefined ? ofCheckout(git) : ofBranch(git, named, "git rebase");
}

/** Giving up, or over, what is under way and partly done by hand. */
function operation(git: GitCall): Claim[] {
  const options = readOptions(git.args, {});
  return ["abort", "skip"].filter((flag) => options.has(flag)).flatMap((flag) => ofCheckout(git, `--${flag}`));
}

function branch(git: GitCall): Claim[] {
  const options = readOptions(git.args, { takes: ["u", "set-upstream-to", "sort", "format", "points-at"] });
  const { words } = options;
  if (options.has("r", "remotes", "a", "all", "list", "l")) return [];
  // Without force git lets a branch be that is checked out, or not merged.
  const isDeleting = options.has("D") || (options.has("d", "delete") && options.has("f", "force"));
  if (options.has("d", "delete") && !isDeleting) return [];
  if (isDeleting) return words.flatMap((one) => ofBranch(git, one, "git branch -D"));
  if (options.has("m", "M", "move")) {
    const isForced = options.has("M", "f", "force");
    const [from, to] = words.length > 1 ? words : [{ kind: "text" as const, text: "HEAD" }, words[0]];
    const moved = words.length === 0 ? [] : ofBranch(git, from, "git branch -m");
    return [...moved, ...(isForced ? ofBranch(git, to, "git branch -M") : [])];
  }
  if (options.has("C") || (options.has("c", "copy") && options.has("f", "force"))) {
    return ofBranch(git, words.at(-1), "git branch -C");
  }
  return options.has("f", "force") && !options.has("c", "copy") ? ofBranch(git, words[0], "git branch -f") : [];
}

function updateRef(git: GitCall): Claim[] {
  const options = readOptions(git.args, { takes: ["m"] });
  const ref = wordOf(options.words[0]) ?? "";
  const deed = `git update-ref${options.has("d") ? " -d" : ""}`;
  if (ref === "refs/stash" && options.has("d")) return [{ kind: "stash", at: git.at, entry: "all", deed }];
  if (ref === "HEAD") return [{ kind: "branch", at: git.at, branch: "HEAD", deed }];
  const [, name] = /^refs\/heads\/(.+)$/.exec(ref) ?? [];
  return name === undefined ? [] : [{ kind: "branch", at: git.at, branch: name, deed }];
}

function worktree(git: GitCall): Claim[] {
  const [verb, ...rest] = git.args;
  const word = wordOf(verb) ?? "";
  const options = readOptions(rest, { takes: ["b", "B", "reason", "expire"] });
  if (word === "add") return ofBranch(git, options.value("B"), "git worktree add -B");
  if (word === "prune") return isDry(options) ? [] : [{ kind: "prune", at: git.at, deed: "git worktree prune" }];
  if (word !== "remove" && word !== "move") return [];
  const target = targetOf(options.words[0], git.at.directory);
  return target === undefined ? [] : [{ kind: "worktree", at: git.at, target, deed: `git worktree ${word}` }];
}

function reflog(git: GitCall): Claim[] {
  const [verb, ...rest] = git.args;
  const options = readOptions(rest, { takes: ["expire", "expire-unreachable"] });
  const named = options.words.flatMap((one) => wordOf(one) ?? []);
  if (isDry(options)) return [];
  if (wordOf(verb) === "delete") {
    const entries = named.filter((one) => /^(refs\/)?stash@/.test(one)).flatMap((one) => entryOf(one) ?? []);
    return entries.map((entry) => ({ kind: "stash", at: git.at, entry, deed: "git reflog delete" }));
  }
  const isNow = ["expire", "expire-unreachable"].some((name) => /^(now|all)$/.test(wordOf(options.value(name)) ?? ""));
  if (wordOf(verb) !== "expire" || !isNow) return [];
  const deed = "git reflog expire";
  if (options.has("all") && !options.has("single-worktree")) return [{ kind: "reflogs", at: git.at, deed }];
  const isStash = named.some((one) => one === "refs/stash" || one === "stash");
  return isStash ? [{ kind: "stash", at: git.at, entry: "all", deed }] : [];
}

const COMMANDS: Readonly<Record<string, Claiming>> = Object.assign(Object.create(null), {
  ...{ stash, reset, clean, checkout, switch: switching, restore, rebase, branch, worktree, reflog },
  ...{ merge: operation, "cherry-pick": operation, revert: operation, am: operation },
  "update-ref": updateRef,
  commit: (git) => {
    const options = readOptions(git.args, { takes: ["m", "F", "C", "c", "t", "author", "date", "message", "file"] });
    if (!options.has("amend") || options.has("dry-run")) return [];
    return [{ kind: "branch", at: git.at, branch: "HEAD", deed: "git commit --amend" }];
  },
  "read-tree": (git) => {
    const options = readOptions(git.args, {});
    return options.has("u") && options.has("reset") && !isDry(options) ? ofCheckout(git, "--reset") : [];
  },
  mv: (git) => {
    const options = readOptions(git.args, {});
    return options.has("f", "force") && !isDry(options) ? ofCheckout(git, "--force") : [];
  },
  rm: (git) => {
    const options = readOptions(git.args, { takes: ["pathspec-from-file"] });
    return options.has("cached") || isDry(options) || options.isUnsure ? [] : ofCheckout(git);
  },
  push: pushClaims,
  fetch: refspecClaims,
  pull: (git) => {
    const options = readOptions(git.args, { takes: ["s", "strategy", "X", "strategy-option"] });
    const rebases = wordOf(options.value("rebase")) !== "false" && options.has("r", "rebase");
    return [...refspecClaims(git), ...(rebases ? ofCheckout(git, "--rebase") : [])];
  },
} satisfies Record<string, Claiming>);
