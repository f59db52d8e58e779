// What a project's own .sandboxignore and .e2bignore keep here, in the syntax of .gitignore and as git reads it: asked of
// git in a repository of ours where there is no other rule. They work as they stand now, committed or not.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { listOf, pathsOf, shownPath } from "../../files/byte-paths.ts";
import type { Git } from "../../git/git.ts";
import { readWhole } from "./blobs.ts";
import { looker } from "./look.ts";

const NAMES = [".sandboxignore", ".e2bignore"] as const;

interface Asking {
  worktree: string;
  /** Its file counts where both have one: that is the one its user sees. */
  caller: string;
  paths: readonly string[];
}

/** By path, the line that keeps it: `.sandboxignore:3 *.bin`. Errors: those of git. */
export async function keptByIgnoreFiles(store: Git, asking: Asking): Promise<Map<string, string>> {
  const { worktree, caller, paths } = asking;
  const kept = new Map<string, string>();
  for (const name of NAMES) {
    const top = await firstWith(name, [caller, worktree]);
    if (top === undefined || paths.length === 0) continue;
    const empty = join(store.directory, "parallel-cc-empty");
    mkdirSync(empty, { recursive: true });
    const excludes = join(store.directory, "parallel-cc-excludes");
    writeFileSync(excludes, readWhole(top, name));
    const inEmpty = store.configured({
      settings: { "core.excludesFile": excludes, "core.bare": "false", "core.ignoreCase": "false" },
      env: { GIT_WORK_TREE: empty },
    });
    const args = ["check-ignore", "--no-index", "--verbose", "-z", "--stdin"];
    // Relative to its work tree: where it stands, so that no path is outside.
    const said = await inEmpty
      .at(empty)
      .bytes(args, { input: listOf(paths) })
      .catch(nothingNamed);
    const fields = pathsOf(said);
    for (let at = 0; at + 3 < fields.length; at += 4) {
      const [, line = "", pattern = "", path = ""] = fields.slice(at, at + 4);
      if (!pattern.startsWith("!") && !kept.has(path)) kept.set(path, `${name}:${line} ${shownPath(pattern)}`);
    }
  }
  return kept;
}

/** A link may lead anywhere, and a pipe has no end. */
async function firstWith(name: string, tops: readonly string[]): Promise<string | undefined> {
  const lookAt = looker({ hash: "sha1" });
  for (const top of tops) if ((await lookAt(top, name)).is === "file") return top;
  return undefined;
}

/** git says by its exit that none is. */
function nothingNamed(thrown: unknown): Uint8Array {
  if (thrown instanceof Failure && thrown.details["exit"] === 1) return new Uint8Array();
  throw thrown;
}
