// Installing and taking out: each part a step of its own, one after the other, alone with these files.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { shellWord } from "../../core/text.ts";
import { SCHEMA_VERSION, versionText } from "../../db/db.ts";
import { withLock } from "../../db/lock.ts";
import { targetOf } from "../../files/atomic.ts";
import type { Addition } from "../../files/json-put.ts";
import type { World } from "../../world.ts";
import { eventsKnownTo, WORKTREE_EVENTS } from "../hooks/hooks.ts";
import { addAlias, dropAlias } from "./alias.ts";
import { clientRelease } from "./client.ts";
import { addGuard, dropGuard } from "./guard.ts";
import { hookAdvice } from "./hook-troubles.ts";
import { addIgnore, dropIgnore, notedIgnores } from "./ignore.ts";
import { enter, isEnteredIn, type JsonPart, standing, takeOut } from "./json-steps.ts";
import { hooksOf, serverOf, statusLineOf } from "./marks.ts";
import { Notes } from "./notes.ts";
import { checkoutAt, isOnlyDownloaded, localSettings, PROGRAM, programWord, requireInside } from "./place.ts";
import { dropPlugin, enterPlugin, isPluginThere } from "./plugin.ts";
import { dropUnfinishedPrograms, putPrograms } from "./programs.ts";
import type { Part, Request } from "./request.ts";
import { addCompletions, completionBlocksIn, dropCompletions } from "./shell-completions.ts";
import { ALIAS_BLOCKS } from "./shells.ts";
import { attempt, type Step } from "./step.ts";
import { userHooks } from "./user-hooks.ts";

export type Effects = Pick<
  World,
  "env" | "paths" | "cwd" | "git" | "program" | "self" | "version" | "pid" | "processes"
> &
  Pick<World, "log" | "runProgram" | "db" | "sleep" | "now" | "signal">;

export interface Applied {
  request: Request;
  steps: Step[];
  /** What stands in the way of what was put in, and what to do. */
  advice: string[];
  /** The status line may be offered: there is none. */
  isFree: boolean;
}

/** Errors: those of finding out where; what fails after that is a step's. */
export async function apply(world: Effects, request: Request): Promise<Applied> {
  const isNamed = (part: Part) => request.parts.has(part) && !request.isWhole;
  const isOfRepository = request.scope.isLocal || isNamed("gitignore") || isNamed("guard");
  const top = isOfRepository ? await checkoutAt(world, request.repo) : undefined;
  const purging = request.isPurge ? await import("./purge.ts") : undefined;
  const worktrees = (await purging?.requirePurgeable(world)) ?? [];
  const work = request.action === "install" ? putIn : takeAll;
  const { steps, notes } = await alone(world, request, async () => {
    const notes = new Notes(world);
    return { notes, steps: await work(world, { request, top, notes }) };
  });
  // What failed needs its notes when it is taken out after all.
  if (purging !== undefined && steps.every(({ change }) => change !== "failed")) {
    steps.push(await purging.purge(world, worktrees));
  }
  const isFree = request.parts.has("programs") && request.parts.has("hooks") && isStatusLineFree(world);
  if (request.action === "uninstall") return { request, steps, advice: [], isFree };
  const isOfHooks = steps.some(({ step }) => step === "hooks");
  const here = top ?? (isOfHooks ? await checkoutHere(world, undefined) : undefined);
  return { request, steps, advice: hookAdvice(world, { notes, top: here, steps }), isFree };
}

/** Undefined where one stands in none. */
async function checkoutHere(world: Effects, repo: string | undefined): Promise<string | undefined> {
  return checkoutAt(world, repo).catch(() => undefined);
}

function isStatusLineFree(world: Effects): boolean {
  try {
    const { found, occupied } = standing(world.env.places.claudeSettings, "statusline", [statusLineOf("parallel-cc")]);
    return found === 0 && occupied.length === 0;
  } catch {
    // What is wrong with the file its own step has said.
    return false;
  }
}

async function alone<T>(world: Effects, { action }: Request, work: () => Promise<T>): Promise<T> {
  // Where nothing was ever kept, nothing is made to find that out.
  if (action === "uninstall" && !existsSync(world.paths.home)) return work();
  try {
    return await withLock(world, join(world.paths.locks, "install.lock"), work, { doing: "been installing" });
  } catch (cause) {
    // Steps keep their failures to themselves: this one is of the lock, in which nobody is interested.
    if (!(cause instanceof Failure && cause.code.startsWith("db."))) throw cause;
    throw new Failure({
      kind: "unavailable",
      code: "install.home",
      message: `${world.paths.home} cannot be written, so that nothing was changed. ${cause.message}`,
      hint: "Mend the cause (missing rights, a full disk), or set PARALLEL_CC_HOME to a directory that can be written.",
      cause,
    });
  }
}

interface Scene {
  request: Request;
  /** Of the checkout, where one is meant. */
  top: string | undefined;
  notes: Notes;
}

async function putIn(world: Effects, { request, top, notes }: Scene): Promise<Step[]> {
  const { scope } = request;
  // All that the plugin does takes its place, whichever half of it was named.
  const isOtherWay = request.parts.has("mcp") || (request.parts.has("hooks") && scope.isGlobal);
  const replaces = isOtherWay && isPluginThere(world);
  const parts = new Set<Part>([...request.parts, ...(replaces ? (["hooks", "mcp"] as const) : [])]);
  if (isOnlyDownloaded(world) && CALLERS.some((part) => parts.has(part))) parts.add("programs");
  const { claudeSettings, claudeState } = world.env.places;
  const steps: Step[] = [];
  if (parts.has("programs")) steps.push(...(await putPrograms(world, notes)));
  const program = programWord(world);
  if (parts.has("plugin")) steps.push(...(await replaceByPlugin(world, notes)));
  if (parts.has("hooks")) {
    const client = await clientRelease(world);
    const own = { file: claudeSettings, program, client, wanted: await userHooks(world, { program, client }) };
    if (scope.isGlobal || replaces) steps.push(await enterHooks(world, notes, own));
    if (scope.isLocal && top !== undefined) {
      const file = localSettings(top);
      const refused = await attempt("hooks", file, () => {
        requireInside(top, file);
        return { step: "hooks", file, change: "none" };
      });
      const isRefused = refused.change === "failed";
      // It is other people's as well, in whose machines it lies elsewhere.
      const wanted = hooksOf(PROGRAM, eventsKnownTo(client));
      const shared = { file, program: PROGRAM, client, wanted, isShared: true };
      const step = isRefused ? refused : await enterHooks(world, notes, shared);
      steps.push(isPluginThere(world) && !replaces ? besideLocalHooks(notes, world, step) : step);
    }
  }
  if (parts.has("gitignore") && top !== undefined) steps.push(await addIgnore(world, notes, top));
  if (parts.has("guard") && top !== undefined) steps.push(...(await addGuard(world, notes, top)));
  if (parts.has("alias")) steps.push(await addAlias(world, notes));
  if (parts.has("mcp")) {
    const words = { detail: "the server parallel-cc", occupied: "another server of yours has the name parallel-cc" };
    const entering = { part: "mcp", file: claudeState, wanted: [serverOf(program)], ...words } as const;
    steps.push(await enter(world, notes, entering));
  }
  if (replaces && steps.every(({ change }) => change !== "failed")) steps.push(await dropPlugin(world, notes));
  if (parts.has("worktrees")) steps.push(await enterWorktrees(world, notes, program));
  if (parts.has("statusline")) {
    const words = { detail: "the status line", occupied: "you have a status line of your own" };
    const wanted = [statusLineOf(program)];
    steps.push(await enter(world, notes, { part: "statusline", file: claudeSettings, wanted, ...words }));
  }
  if (parts.has("completions")) steps.push(...(await addCompletions(world, notes)));
  if (parts.has("database")) steps.push(await openDatabase(world));
  return steps;
}

interface Hooks {
  file: string;
  /** As they call it. */
  program: string;
  client: string | undefined;
  wanted: Addition[];
  isShared?: boolean;
}

async function enterHooks(world: Effects, notes: Notes, { program, client, wanted, ...to }: Hooks): Promise<Step> {
  const events = eventsKnownTo(client);
  const known = client === undefined ? "that every Claude Code has" : `for Claude Code ${client}`;
  const entering = { ...to, part: "hooks", wanted } as const;
  if (events.length > 0) {
    const step = await enter(world, notes, { ...entering, detail: `${events.length} events ${known}` });
    const isOlder = client !== undefined && eventsKnownTo(client, WORKTREE_EVENTS).length === 0;
    if (!isOlder || step.change === "failed" || !isEnteredIn(to.file, "worktrees")) return step;
    return { ...step, hint: olderHint(client, to.file) };
  }
  const gone = await takeOut(world, notes, entering);
  if (gone?.change === "failed") return gone;
  const detail = `Claude Code ${client} has no event of ours${gone === undefined ? "" : "; those that stood here were taken out"}`;
  return { step: "hooks", file: to.file, change: "skipped", detail };
}

/** They are asked for apart, and go only when that is asked for. */
function olderHint(client: string, file: string): string {
  const command = "parallel-cc install --uninstall --worktrees";
  return `Claude Code ${client} ignores all of ${file} over the hooks for worktrees. To take these out:\n  ${command}`;
}

/** What calls this program by its name or path from then on: a download may be gone by tomorrow. */
const CALLERS: readonly Part[] = ["hooks", "mcp", "plugin", "worktrees", "statusline", "guard"];

/** What the plugin replaces goes when it stands, not before. */
async function replaceByPlugin(world: Effects, notes: Notes): Promise<Step[]> {
  const entered = besideLocalHooks(notes, world, await enterPlugin(world, notes));
  if (entered.change === "failed") return [entered];
  const { claudeSettings, claudeState } = world.env.places;
  const hooks = await takeOut(world, notes, { part: "hooks", file: claudeSettings });
  const server = await takeOut(world, notes, { part: "mcp", file: claudeState });
  return [entered, hooks, server].filter((step) => step !== undefined);
}

/** A repository's own hooks are others' as well: they stay, and it is said that the user's claude runs both. */
function besideLocalHooks(notes: Notes, { env }: Effects, step: Step): Step {
  const own = targetOf(env.places.claudeSettings);
  const locals = Object.entries(notes.held.json).filter(([file, { parts }]) => file !== own && parts.includes("hooks"));
  const [local] = locals.map(([file]) => file).filter((file) => existsSync(file));
  if (local === undefined || step.change === "failed") return step;
  const top = shellWord(dirname(dirname(local)));
  const command = `parallel-cc install --uninstall --local --repo ${top}`;
  return { ...step, hint: `Your hooks run twice where ${local} has them too. To take these out:\n  ${command}` };
}

async function enterWorktrees(world: Effects, notes: Notes, program: string): Promise<Step> {
  const file = world.env.places.claudeSettings;
  const client = await clientRelease(world);
  const events = eventsKnownTo(client, WORKTREE_EVENTS);
  if (events.length > 0) {
    const detail = "worktrees that Claude Code asks for";
    return enter(world, notes, { part: "worktrees", file, wanted: hooksOf(program, events), detail });
  }
  const { since } = WORKTREE_EVENTS[0] ?? { since: "" };
  const found = client === undefined ? "no Claude Code was found" : `Claude Code ${client} does not ask for worktrees`;
  return { step: "worktrees", file, change: "skipped", detail: `${found}; ${since} and later does` };
}

async function openDatabase(world: Effects): Promise<Step> {
  const file = world.paths.database;
  const wasThere = existsSync(file);
  return attempt("database", file, async () => {
    const { migrated } = await world.db();
    const change = !wasThere ? "made" : migrated === undefined ? "none" : "written";
    return { step: "database", file, change, detail: versionText(SCHEMA_VERSION) };
  });
}

async function takeAll(world: Effects, { request, top, notes }: Scene): Promise<Step[]> {
  const { parts, isWhole } = request;
  const steps: (Step | undefined)[] = [];
  for (const part of ["hooks", "mcp", "worktrees", "statusline"] as const) {
    if (!parts.has(part)) continue;
    for (const file of filesOf(world, part, { request, top, notes })) {
      steps.push(await takeOut(world, notes, { part, file }));
    }
  }
  const { isGlobal, isLocal } = request.scope;
  if (parts.has("hooks") && !isGlobal && !isLocal) {
    const left = leftAlone(await checkoutHere(world, request.repo));
    // Why one of ours still stands there its own step has said.
    if (steps.every((step) => step?.file !== left?.file)) steps.push(left);
  }
  if (parts.has("plugin")) {
    const dropped = await dropPlugin(world, notes);
    if (dropped.change !== "none") steps.push(dropped);
  }
  const all = (text: string) => [...ALIAS_BLOCKS, ...completionBlocksIn(text)];
  if (parts.has("alias")) steps.push(...(await dropAlias(world, notes, all)));
  if (parts.has("completions")) steps.push(...(await dropCompletions(world, notes, all)));
  if (parts.has("gitignore")) {
    const files = isWhole || top === undefined ? notedIgnores(notes) : [join(top, ".gitignore")];
    for (const file of files) steps.push(await dropIgnore(notes, file));
  }
  if (parts.has("guard")) steps.push(...(await dropGuard(world, notes, top)));
  if (isWhole) {
    steps.push(await dropUnfinishedPrograms(world));
    notes.forgetGone();
    notes.dropDirectories();
    notes.keep();
  }
  return steps.filter((step) => step !== undefined);
}

/** Hooks that we have not put into a repository, or not where it is now: its file is others' as well. */
function leftAlone(top: string | undefined): Step | undefined {
  const file = top === undefined ? undefined : localSettings(top);
  if (top === undefined || file === undefined || !isEnteredIn(file, "hooks")) return undefined;
  const command = `parallel-cc install --uninstall --local --repo ${shellWord(top)}`;
  const hint = `${file} has hooks of parallel-cc that are the repository's own. To take these out:\n  ${command}`;
  return { step: "hooks", file, change: "skipped", detail: "the repository's own", hint };
}

/** Where entries of that kind may be: in the user's files, and in all that are noted. */
function filesOf({ env }: Effects, part: JsonPart, { request, top, notes }: Scene): string[] {
  const own = part === "mcp" ? env.places.claudeState : env.places.claudeSettings;
  const { isGlobal, isLocal } = request.scope;
  const local = top === undefined ? [] : [localSettings(top)];
  if (part === "hooks" && (isGlobal || isLocal)) return [...(isGlobal ? [own] : []), ...local];
  const noted = Object.entries(notes.held.json).filter(([, { parts }]) => parts.includes(part));
  return [...new Set([own, ...noted.map(([file]) => file).filter((file) => existsSync(dirname(file)))])];
}
