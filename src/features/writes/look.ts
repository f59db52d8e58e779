// What git says of a checkout now, asked with an index of our own. One git, some 4 ms on 5,000 files when it has looked
// before; a second one only where our index turns out to be of no use.

import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../world.ts";
import { gitDirOf } from "./checkout.ts";
import {
  type Checkout,
  dropPrivateIndex,
  isAwaited,
  isDiskTrouble,
  isWhole,
  knownIndex,
  type PrivateIndex,
  providePrivateIndex,
  setAwaited,
} from "./private-index.ts";

export interface Changed {
  /** One character for each byte. */
  path: string;
  /** `staged`: as the index has it, and not as HEAD does. */
  is: "staged" | "edited" | "conflicted" | "untracked";
}

export interface Look {
  head: string | null;
  changed: Changed[];
  /** Digits of an object's name, 40 or 64. */
  digits: number;
  index: PrivateIndex;
}

type Effects = Pick<World, "git" | "paths" | "now" | "pid" | "log">;

/** A first look reads all that is as old as the index. The client waits five seconds for a hook. */
const FIRST_MS = 4_000;
const LATER_MS = 1_500;

/** With the index that is there, and with a new one. */
const TRIES = 2;

const SETTINGS = {
  "core.fsmonitor": "false",
  // A `post-index-change` would be told of an index that is none of its business.
  "core.hooksPath": "/dev/null",
  // Its shared half would be written beside the checkout's.
  "core.splitIndex": "false",
  // Ends it in a sum.
  "index.skipHash": "false",
  // What the untracked cache is made for.
  "status.showUntrackedFiles": "all",
};

const STATUS = [
  ...["status", "--porcelain=v2", "--branch", "--no-ahead-behind", "-z"],
  ...["--no-renames", "--untracked-files=all", "--ignore-submodules=dirty"],
];

type Said = string | "late" | undefined;

interface Asking {
  index: PrivateIndex;
  said: Promise<Said>;
  /** Of the index that git was given. */
  isWhole: boolean;
}

/** A look that was begun before it was known whether there shall be one. */
export interface Begun extends Asking {
  top: string;
  /** It is not wanted, and the next one will not be either. */
  drop(): void;
}

/** Undefined where the last look was not wanted, or there was none. */
export function begin(world: Effects, top: string): Begun | undefined {
  const gitDir = isAwaited(world, { top }) ? gitDirOf(top) : undefined;
  try {
    const index = gitDir === undefined ? undefined : knownIndex(world, { top, gitDir });
    return index === undefined ? undefined : beginWith(world, top, index);
  } catch (thrown) {
    if (isDiskTrouble(thrown)) return undefined;
    throw thrown;
  }
}

function beginWith(world: Effects, top: string, index: PrivateIndex): Begun {
  const end = new AbortController();
  return {
    ...ask(world, { top, index, timeoutMs: LATER_MS, signal: end.signal }),
    top,
    drop: () => {
      end.abort();
      setAwaited(world, { top, isAwaited: false });
    },
  };
}

function ask(world: Effects, status: Status): Asking {
  const said = statusWith(world, status);
  // While git reads it.
  return { index: status.index, said, isWhole: isWhole(status.index) };
}

export interface Asked {
  isFirst: boolean;
  begun: Begun | undefined;
}

/** "late" when it takes longer than that; undefined when git does not answer, or another look took our index away. */
export async function lookAt(
  world: Effects,
  checkout: Checkout,
  { isFirst, begun }: Asked,
): Promise<Look | "late" | undefined> {
  const timeoutMs = isFirst ? FIRST_MS : LATER_MS;
  for (let tries = 0; tries < TRIES; tries++) {
    const asking =
      begun !== undefined && tries === 0
        ? begun
        : ask(world, { top: checkout.top, index: providePrivateIndex(world, checkout), timeoutMs });
    const { index } = asking;
    const said = await asking.said;
    if (said === "late") return said;
    if (said !== undefined && asking.isWhole) {
      // Without it git takes every file for a deleted one.
      return index.isOfNone || existsSync(index.file) ? { ...parseLook(said), index } : undefined;
    }
    dropPrivateIndex(index.file);
  }
  return undefined;
}

interface Status {
  top: string;
  index: PrivateIndex;
  timeoutMs: number;
  signal?: AbortSignal;
}

async function statusWith(world: Effects, { top, index, ...options }: Status): Promise<Said> {
  const git = world.git(top).configured({
    // Given once, it stays; where its user has switched it off, git takes it out again at the next look.
    settings: { ...SETTINGS, ...(index.isNew && { "core.untrackedCache": "true" }) },
    env: {
      GIT_INDEX_FILE: index.file,
      // The lock is our index's.
      GIT_OPTIONAL_LOCKS: "1",
      // What is no repository any more may stand in another one.
      GIT_CEILING_DIRECTORIES: dirname(top),
    },
  });
  try {
    return Buffer.from(await git.bytes(STATUS, options)).toString("latin1");
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    world.log("info", "writes.no-status", { top, error: thrown.message });
    return thrown.code === "git.timeout" ? "late" : undefined;
  }
}

/** How many fields stand before a path. */
const FIELDS: Readonly<Record<string, number>> = { "1": 8, u: 10, "?": 1 };

export function parseLook(said: string): Pick<Look, "head" | "changed" | "digits"> {
  const changed = new Map<string, Changed>();
  let head: string | null = null;
  let digits = 40;
  for (const record of said.split("\0")) {
    if (record.startsWith("# branch.oid ")) head = /^[0-9a-f]{40,64}$/.exec(record.slice(13))?.[0] ?? null;
    const fields = record.split(" ");
    const before = FIELDS[fields[0] ?? ""];
    if (before === undefined) continue;
    // A repository of its own is told of with a slash, and not looked into.
    const path = fields.slice(before).join(" ").replace(/\/$/, "");
    if (fields[0] === "1") digits = fields[6]?.length ?? digits;
    // What `git rm --cached` left is both: deleted and untracked.
    changed.set(path, { path, is: kindOf(fields[0] ?? "", fields[1] ?? "") });
  }
  return { head, changed: [...changed.values()], digits: head?.length ?? digits };
}

function kindOf(record: string, state: string): Changed["is"] {
  if (record === "?") return "untracked";
  if (record === "u") return "conflicted";
  return state.endsWith(".") ? "staged" : "edited";
}
