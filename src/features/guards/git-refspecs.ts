// Which branches `git push` and `git fetch` would write over or delete, by their refspecs. Pure.

import type { Claim } from "./claims.ts";
import { type GitCall, ofBranch } from "./git-call.ts";
import { readOptions } from "./options.ts";
import { plainOf, wordOf } from "./values.ts";

const PUSH_TAKES = ["o", "push-option", "receive-pack", "exec", "repo"];

const EVERYTHING = /^\+?(refs\/heads\/\*(:refs\/heads\/\*)?|:)$/;

/** Without force a branch only goes forward, and nothing of it is lost. */
export function pushClaims({ at, args }: GitCall): Claim[] {
  const options = readOptions(args, { takes: PUSH_TAKES });
  if (options.has("n", "dry-run") || options.isUnsure) return [];
  const isForced = options.has("f", "force", "force-with-lease", "mirror");
  const [first, ...refspecs] = options.words;
  const remote = wordOf(first) ?? wordOf(options.value("repo"));
  const deed = isForced ? "git push --force" : "git push";
  if (isForced && options.has("mirror", "all", "branches")) {
    return [{ kind: "pushed", at, remote, branches: "all", deed }];
  }
  if (refspecs.length === 0) {
    const isCurrent = isForced && !options.has("tags");
    return isCurrent ? [{ kind: "pushed", at, remote, branches: ["HEAD"], deed }] : [];
  }
  const isDeleting = options.has("d", "delete");
  const texts = refspecs.map((one) => (one.kind === "pattern" ? plainOf(one.pattern) : (wordOf(one) ?? "")));
  // A tag has such a word before it.
  const named = texts.filter((text, at) => text !== "tag" && texts[at - 1] !== "tag");
  if (named.some((one) => EVERYTHING.test(one) && (isForced || one.startsWith("+")))) {
    return [{ kind: "pushed", at, remote, branches: "all", deed }];
  }
  const branches = named.flatMap((one) => {
    const [, plus, source, colon, target] = /^(\+?)([^:]*)(:?)(.*)$/.exec(one) ?? [];
    const there = colon === ":" ? target : source;
    const isDestroying = isForced || isDeleting || plus === "+" || (colon === ":" && source === "" && target !== "");
    return isDestroying && there !== undefined && there !== "" ? branchIn(there) : [];
  });
  return branches.length === 0 ? [] : [{ kind: "pushed", at, remote, branches, deed: isForced ? deed : "git push" }];
}

/**
 * Into a branch of here: `git fetch <remote> <theirs>:<ours>`. Without force it only goes forward, and not where it is
 * checked out.
 */
export function refspecClaims(git: GitCall): Claim[] {
  const options = readOptions(git.args, {
    takes: ["o", "server-option", "depth", "deepen", "j", "jobs", "refmap", "upload-pack", "filter", "s", "X"],
  });
  const [, ...refspecs] = options.words;
  const isAny = options.has("f", "force", "u", "update-head-ok");
  return refspecs.flatMap((one) => {
    const [, plus, target = ""] = /^(\+?)[^:]*:(.+)$/.exec(wordOf(one) ?? "") ?? [];
    const [branch] = branchIn(target);
    const isMoved = branch !== undefined && branch !== "" && (isAny || plus === "+");
    return isMoved ? ofBranch(git, { kind: "text", text: branch }, `git ${git.command}`) : [];
  });
}

function branchIn(ref: string): string[] {
  const name = ref.replace(/^refs\/heads\//, "");
  return name.startsWith("refs/") ? [] : [name];
}
