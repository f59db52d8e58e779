// A run's private git directory: the tree and the commit of what is sent are made there, without a filter and without
// a change to the user's repository, whose objects it shares.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesOf } from "../../files/byte-paths.ts";
import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";
import { alternate, objectDirectories } from "./alternates.ts";
import type { HashName } from "./look.ts";

export interface Entry {
  path: string;
  mode: "100644" | "100755" | "120000";
  id: string;
}

/** The first commit in the sandbox says the same, and nothing of who made it: it is the same on both sides. */
export const SENT = {
  name: "parallel-cc",
  email: "parallel-cc@localhost",
  message: "What was sent to the sandbox\n",
} as const;

const SENT_REF = "refs/parallel-cc/sent";

const SETTINGS = {
  // Which names are not to be had is decided before, and alike on every system.
  "core.protectHFS": "false",
  "core.protectNTFS": "false",
  "core.hooksPath": "/dev/null",
  "core.compression": "1",
  "gc.auto": "0",
  "i18n.commitEncoding": "UTF-8",
};

/** The repository's, as the sandbox is told of it. */
export interface Shared {
  hash: HashName;
  /** Its object directory, then those it borrows from. */
  objects: string[];
  /** Commits where its history was cut. */
  shallow: string[];
}

export async function sharedBy(git: Git): Promise<Shared> {
  const said = await git.output(["rev-parse", "--show-object-format", "--path-format=absolute", "--git-common-dir"]);
  const end = said.indexOf("\n");
  const [format, gitDir] = [said.slice(0, end), said.slice(end + 1).replace(/\n$/, "")];
  const cut = join(gitDir, "shallow");
  return {
    hash: format === "sha256" ? "sha256" : "sha1",
    objects: objectDirectories(gitDir),
    shallow: existsSync(cut)
      ? readFileSync(cut, "utf8")
          .split("\n")
          .filter((line) => /^[0-9a-f]{40,64}$/.test(line))
      : [],
  };
}

/** Made when it is not there. Errors: those of git and the file system. */
export async function openStore(world: Pick<World, "git">, store: string, shared: Shared): Promise<Git> {
  const git = world.git(store).configured({ settings: SETTINGS, env: { GIT_DIR: store } });
  if (!existsSync(join(store, "HEAD"))) {
    mkdirSync(store, { recursive: true, mode: 0o700 });
    await git.output(["init", "--quiet", "--bare", "--template=", `--object-format=${shared.hash}`]);
  }
  mkdirSync(join(store, "objects/info"), { recursive: true });
  writeFileSync(join(store, "objects/info/alternates"), shared.objects.slice(0, 1).map(alternate).join(""));
  if (shared.shallow.length > 0) writeFileSync(join(store, "shallow"), `${shared.shallow.join("\n")}\n`);
  return git;
}

export interface Sending {
  entries: readonly Entry[];
  parents: readonly string[];
  /** Seconds. */
  at: number;
}

/** The tree and its commit; `refs/parallel-cc/sent` stands at it. */
export async function writeSent(
  store: Git,
  { entries, parents, at }: Sending,
): Promise<{ tree: string; commit: string }> {
  const index = join(store.directory, "sent-index");
  rmSync(index, { force: true });
  const own = store.configured({ env: { GIT_INDEX_FILE: index, ...identity(at) } });
  const lines = entries.map(({ path, mode, id }) => `${mode} ${id}\t${path}\0`).join("");
  await own.output(["update-index", "-z", "--index-info"], { input: bytesOf(lines) });
  // What the repository has of them is looked for only when it is asked for.
  const tree = (await own.output(["write-tree", "--missing-ok"])).trim();
  rmSync(index, { force: true });
  const args = ["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-F", "-"];
  const commit = (await own.output(args, { input: SENT.message })).trim();
  await own.output(["update-ref", SENT_REF, commit]);
  return { tree, commit };
}

function identity(at: number): Record<string, string> {
  return Object.fromEntries(
    ["AUTHOR", "COMMITTER"].flatMap((who) => [
      [`GIT_${who}_NAME`, SENT.name],
      [`GIT_${who}_EMAIL`, SENT.email],
      [`GIT_${who}_DATE`, dateOf(at)],
    ]),
  );
}

/** For git's variables. */
export function dateOf(at: number): string {
  return `@${at} +0000`;
}

/** When the base was committed, in seconds. Errors: those of git. */
export async function timeOf(git: Git, commit: string): Promise<number> {
  const said = await git.output(["rev-list", "--no-walk", "--format=%ct", "--end-of-options", commit]);
  return Math.max(0, Number(/^\d+$/m.exec(said)?.[0] ?? 0));
}
