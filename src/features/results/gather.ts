// What stands in a sandbox comes home into the run's private git directory: claude's commits, what is uncommitted, its
// other branches. The sandbox is read, never changed; the user's repository is not touched here.

import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { type Git, gitFailed } from "../../git/git.ts";
import type { World } from "../../world.ts";
import type { Sandbox } from "../providers/providers.ts";
import { refused, type Stored, storeBundle } from "./bundle.ts";
import { readerOf } from "./byte-reader.ts";
import { MOST_PATHS } from "./changes.ts";
import HOME from "./home.sh" with { type: "text" };
import { type HomeWords, readWords } from "./home-words.ts";
import { commitsOf, type Gathered, keep, keptIn, lastIn, type Numbered, openKept, tipsIn } from "./kept.ts";
import { hasTooManyPaths } from "./tree-sizes.ts";

export interface GatherInput {
  runId: string;
  /** Private bare git directory of the run, which holds the sent commit; files of the run stand beside it. */
  store: string;
  /** Whole id of the sent commit. */
  sent: string;
  identity: { name: string; email: string };
  /** Of the commit of what was uncommitted. */
  message: string;
  /** Of what crosses a network; default "none". */
  compression?: "none" | "gzip";
  signal?: AbortSignal;
}

type Effects = Pick<World, "git" | "startPiped" | "env" | "log">;
type Source = Pick<Sandbox, "exec" | "places">;

/**
 * whole: with all commits; line: with those of what claude stands at; flat: files alone; listed: files alone, of a sandbox
 * that has lost what was sent.
 */
type Level = "whole" | "line" | "flat" | "listed";

/** What only part of the history has may be neither in the rest nor in the files. */
const LESS: Readonly<Partial<Record<Level, Level>>> = { whole: "line", line: "flat" };

const FORMS = { whole: "commits", line: "line", flat: "files", listed: "files" } as const;

/** As `home.sh` ends. */
const EXIT = { unwritable: 3, noWorkspace: 4, sentIsLost: 5, unreadable: 6, notBundled: 7 } as const;

/**
 * Idempotent; a later one with more extends. Errors: `results.refused`, `results.garbled`, `results.unreadable`,
 * `results.no-workspace`, `results.no-space`, those of the sandbox. None of them takes away what came home before.
 */
export async function gather(world: Effects, sandbox: Source, input: GatherInput): Promise<Gathered> {
  const { store, sent, signal } = input;
  const kept = await openKept(world, { store, sent });
  const last = await lastIn(kept);
  const file = join(dirname(store), "home.bundle");
  const trip: Trip = { world, sandbox, input, kept, last, file };
  const found = await bring(trip, "whole");
  // Its objects are here; one that is refused stays, for whoever wants to look at it.
  rmSync(file, { force: true });
  const { words, form, bundleBytes } = found;
  const { hasBundle: _, ...said } = words;
  const gathered: Gathered = { ...said, form, isUnchanged: false, bundleBytes };
  signal?.throwIfAborted();
  if (last !== undefined && isSame(last.gathered, gathered)) return { ...last.gathered, isUnchanged: true };
  await keep(kept, { number: (last?.number ?? 0) + 1, gathered });
  return gathered;
}

/** What the last whole gathering brought, in whatever process; undefined: there was none. */
export async function gatheredBefore(
  world: Pick<World, "git">,
  { store }: { store: string },
): Promise<Gathered | undefined> {
  if (!existsSync(store)) return undefined;
  return (await lastIn(keptIn(world, store)))?.gathered;
}

function isSame(one: Gathered, other: Gathered): boolean {
  const essence = ({ isUnchanged: _, bundleBytes: __, ...rest }: Gathered) =>
    JSON.stringify(Object.entries(rest).sort());
  return essence(one) === essence(other);
}

interface Trip {
  world: Effects;
  sandbox: Source;
  input: GatherInput;
  kept: Git;
  last: Numbered | undefined;
  file: string;
}

interface Unanswered {
  /** null: a signal ended the script, and nothing is known of what stands there. */
  exit: number | null;
  stderr: string;
}

interface Brought {
  words: HomeWords;
  form: Gathered["form"];
  bundleBytes: number;
}

async function bring(trip: Trip, level: Level): Promise<Brought> {
  const less = LESS[level];
  const fetched = await fetchFrom(trip, level);
  if ("exit" in fetched) {
    if (fetched.exit === EXIT.sentIsLost && level !== "listed") return bring(trip, "listed");
    if (isOfHistory(fetched.exit) && less !== undefined) return bring(trip, less);
    throw failureOf(fetched);
  }
  const { words, bytes: bundleBytes, refusal } = fetched;
  try {
    if (refusal !== undefined) throw refusal;
    await requireWhole(trip, words);
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== "results.refused" || less === undefined) throw thrown;
    trip.world.log("warn", "results.refused", { why: thrown.message });
    return bring(trip, less);
  }
  return { words, form: FORMS[level], bundleBytes };
}

function isOfHistory(exit: number | null): boolean {
  return exit === EXIT.unreadable || exit === EXIT.notBundled;
}

async function fetchFrom(trip: Trip, level: Level): Promise<({ words: HomeWords } & Stored) | Unanswered> {
  const { world, sandbox, input, kept, last, file } = trip;
  const { places } = sandbox;
  const isLost = level === "listed";
  const known = isLost ? await kept.bytes(["ls-tree", "-r", "-z", input.sent]) : lines(await tipsIn(kept));
  const compression = input.compression === "gzip" ? "6" : "0";
  const execution = sandbox.exec({
    argv: ["sh", "-c", HOME, "home", `${places.run}/results`, places.workspace, input.sent, level, compression],
    env: {
      NAME: input.identity.name,
      EMAIL: input.identity.email,
      MESSAGE: input.message,
      LAST: last === undefined ? "" : await lastWords(kept, last.gathered),
    },
    input: known,
    ...(input.signal && { signal: input.signal }),
  });
  const reader = readerOf(execution.stdout);
  let words: HomeWords;
  let stored: Stored = { bytes: 0, refusal: undefined };
  try {
    words = await readWords(reader);
    if (words.hasBundle) stored = await storeBundle(world, { ...input, reader, file, signal: input.signal });
    // Who leaves the end unread waits for it for ever.
    if (!words.hasBundle) await reader.cancel();
  } catch (thrown) {
    await reader.cancel().catch(() => undefined);
    await execution.stop();
    const ended = await execution.ended;
    const isSilent = thrown instanceof Failure && thrown.details["isSilent"] === true && ended.exit !== 0;
    if (isSilent) return { exit: ended.exit, stderr: ended.stderr };
    throw thrown;
  }
  const { exit, stderr } = await execution.ended;
  return exit === 0 ? { words, ...stored } : { exit, stderr };
}

function lines(ids: readonly string[]): string {
  return ids.map((id) => `${id}\n`).join("");
}

/** So that what has not changed since is the same commit. */
async function lastWords(kept: Git, { tip, head }: Gathered): Promise<string> {
  if (tip === head) return "";
  const said = (await kept.output(["rev-list", "--no-walk", "--format=%T %P", tip])).split("\n")[1];
  return said === undefined ? "" : `${tip} ${said}`.trim();
}

/** All that was named is here, and all that belongs to it. Errors: `results.refused`. */
async function requireWhole({ world, kept, input }: Trip, words: HomeWords): Promise<void> {
  const tips = commitsOf({ ...words, form: "commits", isUnchanged: false, bundleBytes: 0 });
  const said = await kept.output(["cat-file", "--batch-check=%(objecttype)"], { input: lines(tips) });
  if (said.split("\n").some((type) => type !== "" && type !== "commit"))
    throw refused("a commit that it names is not in it");
  const known = [input.sent, ...(await tipsIn(kept))];
  const revisions = lines([...tips, ...known.map((id) => `^${id}`)]);
  const walked = await kept.attempt(["rev-list", "--objects", "--quiet", "--stdin"], {
    input: revisions,
    timeoutMs: WALK_MS,
    ...(input.signal && { signal: input.signal }),
  });
  if (walked.exit !== 0) throw refused(gitFailed(["rev-list"], walked).message);
  const { store, signal } = input;
  if (await hasTooManyPaths(world, { store, revisions, signal })) throw refused(`it has more than ${MOST_PATHS} paths`);
}

const WALK_MS = 10 * 60_000;

function failureOf({ exit, stderr }: Unanswered): Failure {
  const words = stderr.trim().split("\n").slice(-3).join("; ").slice(-1000);
  if (exit === EXIT.noWorkspace) {
    return new Failure({
      kind: "unavailable",
      code: "results.no-workspace",
      message: "The project's directory in the sandbox is not there any more.",
      hint: "What came home before is still here.",
    });
  }
  return new Failure({
    kind: "unavailable",
    code: "results.unreadable",
    message: `What stands in the sandbox could not be read (${exit === null ? "killed" : `exit ${exit}`}): ${words || "nothing was said"}.`,
    hint: "What came home before is still here; look into the sandbox before it is removed.",
    details: { exit },
  });
}
