// Whether a worktree may go without being forced, must go, or neither: judged from what git says, from its bytes, and
// from what the course knows to have landed.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { printOf } from "./removal-print.ts";
import { adminDirOf, branchOf, count, liveIn, type Scene, type Tree, underWay } from "./removal-scene.ts";
import { linesOf } from "./removal-snapshot.ts";

export interface Standing {
  tree: Tree;
  /** Why nothing unforced may remove it; undefined when it may go. */
  keeps: string | undefined;
  /** Nothing speaks for keeping it: cleanup that leaves it does not clean up. */
  mustGo: boolean;
  /** Why it may go. */
  as: "unused" | "landed";
}

export async function standings(scene: Scene, trees: readonly Tree[]): Promise<Map<string, Standing>> {
  const targets = new Set(["main", ...trees.map(({ target }) => target ?? "main")]);
  const reached = new Map(
    await Promise.all([...targets].map(async (name) => [name, await reach(scene, name)] as const)),
  );
  const all = trees.map((tree) => standingOf(scene, tree, reached));
  return new Map((await Promise.all(all)).map((one) => [one.tree.path, one]));
}

/** Every commit of a target, here and where it is followed. */
async function reach(scene: Scene, target: string): Promise<Set<string>> {
  const refs = ["refs/heads/main", "refs/remotes/origin/main", `refs/heads/${target}`, `refs/remotes/${target}`];
  return new Set(linesOf(await scene.git(scene.place.at("repo"), "rev-list", "--ignore-missing", ...refs, "--")));
}

async function standingOf(scene: Scene, tree: Tree, reached: Map<string, Set<string>>): Promise<Standing> {
  const shown = ["status", "--porcelain", "--untracked-files=all", "--ignore-submodules=none"];
  const [status, heads] = await Promise.all([
    scene.git(tree.path, "--no-optional-locks", ...shown),
    scene.git(tree.path, "rev-parse", "HEAD", `refs/heads/${tree.branch}`),
  ]);
  const [head = "", tip = ""] = linesOf(heads);
  const lines = linesOf(status);
  const changes = lines.filter((line) => !isOfSetUp(tree, line));
  if (changes.length < lines.length) count(scene, "as set up");
  const isLanded = (commit: string): boolean =>
    commit === tree.fork ||
    scene.landed.get(commit)?.some((onto) => reached.get("main")?.has(onto)) === true ||
    reached.get(tree.target ?? "main")?.has(commit) === true ||
    scene.merges.get(commit)?.every(isLanded) === true;
  const [isHeadLanded, isTipLanded] = await Promise.all(
    [head, tip].map(async (commit) => isLanded(commit) || (await hasTwin(scene, tree, commit, reached))),
  );
  const branch = branchOf(scene, tree);
  const { nested, index, files, admin } = printOf(tree.path, adminDirOf(scene, tree));
  const hidden = index.filter(({ isHidden, path, id }) => isHidden && files.get(path)?.split(" ")[1] !== id);
  const busy = underWay(scene, tree);
  const reasons: [boolean, string][] = [
    [tree.kind !== "ours", "it is not ours"],
    [admin.has("locked"), "it is locked"],
    [liveIn(scene, tree.path) !== undefined, "a live session works there"],
    [changes.length > 0, `uncommitted changes: ${changes.join("\n")}`],
    [nested.length > 0, `repositories inside: ${nested}`],
    [tree.hasSubmoduleWork, "work in its submodule"],
    [hidden.length > 0, `hidden changes: ${hidden.map(({ path }) => path)}`],
    [busy.length > 0, `git is in the middle of ${busy}`],
    [isHeadLanded !== true, `its commit has not landed: ${head}`],
    [isTipLanded !== true, `its branch has not landed: ${tip}`],
  ];
  const keeps = reasons.find(([holds]) => holds)?.[1];
  const as = tip === tree.fork ? "unused" : "landed";
  // Amended since, where it began is in no branch of anybody's but its own.
  const beganInMain = tree.target === "main" && reached.get("main")?.has(tree.fork) === true;
  const isKnown = tip === tree.fork ? beganInMain : tree.landedAt === tip;
  return { tree, keeps, as, mustGo: keeps === undefined && isKnown && !tree.isOdd && branch === tree.branch };
}

/** As setting up the worktree left it. */
function isOfSetUp({ path, branch, kind }: Tree, line: string): boolean {
  const name = `set-up-${branch}.txt`;
  return kind === "ours" && line === `?? ${name}` && readFileSync(join(path, name), "utf8") === "made\n";
}

/** Whether another's work that has landed is the very same change: two sessions may both take the same file away. */
async function hasTwin(scene: Scene, tree: Tree, commit: string, reached: Map<string, Set<string>>): Promise<boolean> {
  const own = await changeOf(scene, tree.fork, commit);
  const landings = new Set([...scene.landed.values()].flat().filter((onto) => reached.get("main")?.has(onto)));
  const names = await scene.git(scene.place.at("repo"), "diff", "-z", "--name-only", tree.fork, commit, "--");
  const paths = names.split("\0").filter((path) => path !== "");
  // Also as part of a greater one.
  for (const onto of landings) if (own === (await changeOf(scene, `${onto}^`, onto, paths))) return true;
  return false;
}

/** Without what tells where in a file it is, and what the file was. */
export async function changeOf(scene: Scene, from: string, to: string, paths: string[] = []): Promise<string> {
  const patch = await scene.git(
    scene.place.at("repo"),
    "diff",
    "--no-ext-diff",
    "--no-renames",
    from,
    to,
    "--",
    ...paths,
  );
  return patch.replace(/^(index|@@) .*\n/gm, "");
}
