// What a sandbox has made so far, taken now: it goes on meanwhile. Of one that has ended, what came home.

import { existsSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import { clause, printable, shellWord } from "../../core/text.ts";
import type { World } from "../../world.ts";
import type { Sandbox } from "../providers/providers.ts";
import { gatheredBefore, takeTo } from "../results/results.ts";
import { type Driving, drivingOf } from "./driving.ts";
import { runAsked } from "./find.ts";
import { bringHome, bringHomeFromHere, type Home, type HomeOptions } from "./home.ts";
import { hasReached, type Run, statusOf } from "./run.ts";
import { secretsKnownOf } from "./secrets.ts";

export interface Downloaded {
  run: Run;
  result: Home["result"];
  /** What was written below the directory. */
  output: { path: string; files: number; bytes: number } | undefined;
}

export interface DownloadInput {
  run: string | undefined;
  output: string | undefined;
  /** Also when it holds keys. */
  withKeys: boolean;
}

/** Errors: `sandbox.{nothing-yet,held-back,not-kept}`, `output.{taken,unusable}`, those of the provider. */
export async function download(world: World, { run: named, output, withKeys }: DownloadInput): Promise<Downloaded> {
  const db = await world.db();
  const run = await runAsked(world, named);
  const self = world.processes.identify(world.pid);
  if (self === undefined) throw new Error(`process ${world.pid} cannot see itself`);
  // It changes nothing of the run: its driver does.
  const { secrets, unknown } = secretsKnownOf(world, run);
  const driving = drivingOf(world, { db, me: self, id: run.id, secrets });
  if (!hasReached(run.step, "sent")) throw nothingYet(run);
  // Its driver, which knew them, has looked through what is home; what there is beyond that nobody has.
  const isHome = hasReached(run.step, "home");
  const judged = run.facts.result;
  if (!(isHome && judged !== undefined) && unknown.length > 0 && !withKeys) throw unseen(unknown);
  if (isHome && judged !== undefined && judged.heldBack !== null && !withKeys) throw heldBack(judged.heldBack);
  const to = output === undefined ? undefined : emptyDirectory(resolve(world.cwd, output));
  const sandbox = isHome ? undefined : await driving.sandbox();
  // Of a result that is held back no commits were made yet.
  const isMade = isHome && judged !== undefined && (judged.heldBack === null || judged.ref !== null);
  const home = isMade ? { result: judged } : await soFar(driving, sandbox, { withKeys });
  if (home === undefined) throw nothingYet(run);
  if (home.result.heldBack !== null && !withKeys) throw heldBack(home.result.heldBack);
  if (to === undefined) return { run, result: home.result, output: undefined };
  const { store } = driving.place;
  const sent = run.facts.sent?.commit ?? "";
  const gathered = await gatheredBefore(world, driving.place);
  if (gathered === undefined) throw isMade ? notKept(run) : nothingYet(run);
  const taken = await takeTo(world, { store, sent, gathered, output: to });
  return { run, result: home.result, output: { path: to, files: taken.files, bytes: bytesBelow(to) } };
}

async function soFar(driving: Driving, sandbox: Sandbox | undefined, options: HomeOptions): Promise<Home | undefined> {
  return sandbox === undefined ? bringHomeFromHere(driving, options) : bringHome(driving, sandbox, options);
}

/** By names as the disk has them, which need not be UTF-8. */
function bytesBelow(directory: string | Buffer): number {
  let sum = 0;
  for (const name of readdirSync(directory, { encoding: "buffer" })) {
    const path = Buffer.concat([Buffer.from(directory), Buffer.from("/"), name]);
    const stats = lstatSync(path);
    if (stats.isDirectory()) sum += bytesBelow(path);
    else if (stats.isFile()) sum += stats.size;
  }
  return sum;
}

/** What is there is never written over. */
function emptyDirectory(path: string): string {
  if (isEmptyOrNew(path)) return path;
  throw new Failure({
    code: "output.taken",
    message: `${printable(path)} is not empty, and nothing in it may be written over.`,
    hint: "Name a directory that is empty, or that is not there yet.",
  });
}

function isEmptyOrNew(path: string): boolean {
  try {
    if (!existsSync(path)) mkdirSync(path, { recursive: true });
    return readdirSync(path).length === 0;
  } catch (cause) {
    throw new Failure({
      code: "output.unusable",
      message: `${printable(path)} cannot be written to: ${clause(cause instanceof Error ? cause.message : String(cause))}.`,
      hint: "Name a directory that is empty, or that is not there yet.",
      cause,
    });
  }
}

/** Its directory here goes some time after its end. */
function notKept(run: Run): Failure {
  const { ref } = run.facts.result ?? {};
  const id = run.id.slice(0, 8);
  return new Failure({
    code: "sandbox.not-kept",
    message: `The files of the run ${id} are not kept apart any more: its work is ${ref == null ? "in the repository" : `under ${ref}`}.`,
    ...(ref == null
      ? {}
      : { hint: `Take them from there: git -C ${shellWord(run.repo_path)} worktree add --detach <directory> ${ref}` }),
  });
}

function nothingYet(run: Run): Failure {
  return new Failure({
    code: "sandbox.nothing-yet",
    message: `The run ${run.id.slice(0, 8)} has brought nothing home (${statusOf(run)}, ${run.step}).`,
    hint: `See parallel-cc sandbox logs ${run.id.slice(0, 8)}.`,
  });
}

function unseen(names: readonly string[]): Failure {
  return new Failure({
    code: "sandbox.keys-missing",
    message: `The run was given ${names.join(", ")}, and this shell does not know what that is, so the result cannot be looked through for it.`,
    hint: "Set it as it was, or pass --with-keys to take the result all the same.",
  });
}

function heldBack(why: string): Failure {
  return new Failure({
    code: "sandbox.held-back",
    message: `The result is held back: ${why}.`,
    hint: "Pass --with-keys to take it all the same, and push no commit that a key is in.",
  });
}
