// By hand, with a real gtr that was unpacked somewhere (scripts/dev/check-gtr.ts): everything that is believed of it,
// and that the stand-in of its version does the same as it does, call by call.

import { describe, expect, test } from "bun:test";
import { basename, dirname } from "node:path";
import { detectGtr } from "../../src/features/gtr/gtr.ts";
import { describeGtr } from "../git/gtr-beliefs.ts";
import { type GtrScene, makeGtrScene, realGtr, standInGtr } from "../support/gtr.ts";
import { makePlace } from "../support/place.ts";
import { testWorld } from "../support/world.ts";

const program = process.env["GTR_REAL"] ?? "";
const version = await versionOf(program);

describeGtr({ version, install: realGtr(program) });

async function versionOf(path: string): Promise<string> {
  await using place = await makePlace();
  const found = await detectGtr(testWorld(place, { path: [dirname(path)] }));
  if (found.kind === "found" && basename(dirname(found.command)) === "bin") return found.version;
  throw new Error(`GTR_REAL="${path}" is no bin/git-gtr of an unpacked gtr`);
}

interface Case {
  args: string[];
  input?: string;
  set?(at: GtrScene): Promise<unknown>;
}

const NEW = ["new", "topic/one", "--from", "HEAD~1", "--track", "none", "--no-fetch"];
const PORCELAIN = [...NEW, "--porcelain"];
const local = (key: string, value: string) => (at: GtrScene) => at.repo.git("config", key, value);
const file = (key: string, value: string) => (at: GtrScene) => at.repo.git("config", "-f", ".gtrconfig", key, value);
const all =
  (...steps: ((at: GtrScene) => Promise<unknown>)[]) =>
  async (at: GtrScene) => {
    for (const step of steps) await step(at);
  };
const write = (path: string) => (at: GtrScene) => Bun.write(at.place.at("repo", path), path);
const trust = (at: GtrScene) => at.type(["trust"], "y\n");
const HOOK = 'echo said; echo told >&2; printf "%s|" "$PWD" "$REPO_ROOT" "$WORKTREE_PATH" "$BRANCH" >"$REPO_ROOT/ran"';

const CASES: Record<string, Case> = {
  "tells its version": { args: ["version"] },
  "tells it with a flag": { args: ["--version"] },
  "refuses a word that it does not know": { args: ["nonsense"] },
  "refuses a flag that it does not know": { args: [...NEW, "--nonsense"] },
  "needs a branch": { args: ["new", "--from", "HEAD", "--track", "none", "--no-fetch", "--yes"] },
  "makes a worktree": { args: [...NEW, "--yes"] },
  "leaves hooks where it can": { args: [...NEW, "--yes", "--no-hooks"], set: local("gtr.hook.postCreate", HOOK) },
  "takes a folder's name where it can": { args: [...NEW, "--yes", "--folder", "a b/c"] },
  "tells a program what it made": { args: PORCELAIN },
  "tells it without hooks": { args: [...PORCELAIN, "--no-hooks"], set: local("gtr.hook.postCreate", HOOK) },
  "tells it with hooks": { args: PORCELAIN, set: local("gtr.hook.postCreate", HOOK) },
  "tells it with a hook that fails": { args: PORCELAIN, set: local("gtr.hook.postCreate", "exit 4") },
  "tells it with hooks that wait": { args: PORCELAIN, set: file("hooks.postCreate", HOOK) },
  "tells it with both": {
    ...{ args: PORCELAIN, set: all(local("gtr.hook.postCreate", HOOK), file("hooks.postCreate", "exit 1")) },
  },
  "tells it with approved ones": { args: PORCELAIN, set: all(file("hooks.postCreate", HOOK), trust) },
  "runs hooks": { args: [...NEW, "--yes"], set: local("gtr.hook.postCreate", HOOK) },
  "runs every line of hooks": { args: [...NEW, "--yes"], set: local("gtr.hook.postCreate", `exit 3\n${HOOK}`) },
  "runs hooks of the repository's file in its way": { args: [...NEW, "--yes"], set: file("hooks.postCreate", HOOK) },
  "asks before it approves": { args: ["trust"], input: "y\n", set: file("hooks.preRemove", HOOK) },
  "approves nothing unasked": { args: ["trust"], input: "\n", set: file("hooks.preRemove", HOOK) },
  "approves exactly what is there": {
    ...{ args: ["trust"], input: "y\n" },
    set: all(file("hooks.preRemove", "a  b"), file("defaults.editor", 'x "y"'), file("hooks.postCd", "two\nlines\n")),
  },
  "goes to the folder of the settings": { args: [...NEW, "--yes"], set: local("gtr.worktrees.dir", "../mine") },
  "goes to the folder of the repository's file": { args: [...NEW, "--yes"], set: file("worktrees.dir", "../mine") },
  "takes a tilde in its way": { args: [...NEW, "--yes"], set: local("gtr.worktrees.dir", "~/mine") },
  "takes a prefix": { args: [...NEW, "--yes"], set: local("gtr.worktrees.prefix", "wt-") },
  "takes a prefix that is a folder": { args: [...NEW, "--yes"], set: local("gtr.worktrees.prefix", "wt/") },
  "copies files": {
    args: [...NEW, "--yes"],
    set: all(
      ...[write(".env"), write("a/.env"), write("a/b.secret"), write("c.json"), write("../outside")],
      ...[local("gtr.copy.include", "**/.env"), local("gtr.copy.exclude", "*.secret")],
      (at) => at.repo.git("config", "--add", "gtr.copy.include", "a/*\n../outside"),
      (at) => Bun.write(at.place.at("repo/.worktreeinclude"), "# no\n\nc.json\n"),
    ),
  },
  "copies nothing when told so": {
    args: [...NEW, "--yes", "--no-copy"],
    set: all(write(".env"), local("gtr.copy.include", ".env")),
  },
  "copies directories": {
    args: [...NEW, "--yes"],
    set: all(
      ...[write("modules/a/b"), write("modules/.cache/c"), local("gtr.copy.includeDirs", "modules")],
      local("gtr.copy.excludeDirs", "modules/.cache"),
    ),
  },
  "copies directories from where it finds them, unless they are excluded": {
    args: [...NEW, "--yes"],
    set: all(
      ...[write("a/modules/b"), write("b/modules/c"), local("gtr.copy.includeDirs", "modules")],
      local("gtr.copy.excludeDirs", "[b]/*"),
    ),
  },
  "leaves a branch that is there": { args: [...NEW, "--yes"], set: (at) => at.repo.git("branch", "topic/one") },
  "leaves a folder that is there": {
    args: [...NEW, "--yes"],
    set: (at) => Bun.write(at.place.at("repo-worktrees/topic-one/mine"), ""),
  },
  "stops at a hook of the checkout": {
    args: [...NEW, "--yes"],
    set: all(write(".env"), local("gtr.copy.include", ".env"), async (at) => {
      await Bun.write(at.place.at("hooks/post-checkout"), "#!/bin/sh\nexit 3\n");
      Bun.spawnSync(["chmod", "+x", at.place.at("hooks/post-checkout")]);
      await at.repo.git("config", "core.hooksPath", at.place.at("hooks"));
    }),
  },
};

/** What parallel-cc goes by: nothing of what people are told, but that they are told of an error. */
async function outcome(at: GtrScene, { args, input, set }: Case): Promise<unknown> {
  await set?.(at);
  const { exit, stdout, stderr } = await at.type(args, input);
  const short = (text: string) => text.replaceAll(at.place.path, "<place>");
  const isForPrograms = args.includes("--porcelain") || args.some((word) => word.endsWith("version"));
  const files = await Array.fromAsync(new Bun.Glob("**").scan({ cwd: at.place.path, dot: true, onlyFiles: true }));
  return {
    exit,
    stdout: isForPrograms ? short(stdout) : undefined,
    saysError: /^\[x\] /m.test(stderr),
    worktrees: short(await at.repo.git("worktree", "list", "--porcelain")),
    branches: await at.repo.git("for-each-ref", "--format=%(refname) %(objectname) %(upstream)"),
    // A trust marker is named by a digest of paths.
    files: files
      .filter((path) => !path.startsWith("repo/.git/") && !path.startsWith("programs/"))
      .map((path) => path.replace(/[0-9a-f]{64}$/, "<digest>"))
      .sort(),
    ran: short((await at.text("repo/ran")) ?? "nothing"),
  };
}

describe(`the stand-in of gtr ${version} does as it does:`, () => {
  test.each(Object.entries(CASES))("%s", async (_, one) => {
    await using real = await makeGtrScene(realGtr(program));
    await using standIn = await makeGtrScene(standInGtr(version));
    expect(await outcome(standIn, one)).toEqual(await outcome(real, one));
  });
});
