// Claude Code's own files: whether a hook or an MCP server of ours is entered, and whether what it names is there and is
// this installation's. They are read only, and of what stands in them nothing but our own entries is ever shown.

import { dirname, join } from "node:path";
import { printable, shellWord } from "../../core/text.ts";
import { allOnPath, firstOnPath, isExecutable, realPathOf } from "../../files/programs.ts";
import { releaseOf, releaseWords } from "../../files/release.ts";
import { type Entry, hookEntries, isReplaced, serverEntries, statusLineEntries } from "../install/install.ts";
import type { Check } from "./check.ts";
import { readWhole } from "./files.ts";
import { checkHookSettings } from "./hook-settings.ts";
import { pathHint, releaseOfCopy } from "./installation.ts";
import { checkPlugin } from "./plugin.ts";
import type { Effects, Scene } from "./scene.ts";

export async function checkClaudeFiles({ world, repository }: Scene): Promise<Check[]> {
  const located = await repository();
  const project = located.kind === "found" ? located.repository : undefined;
  const { claudeSettings, claudeState } = world.env.places;
  const tops = project === undefined ? [] : [...new Set([project.path, project.here.top ?? project.path])];
  const settings = [...new Set([claudeSettings, ...tops.map((one) => join(one, ".claude/settings.json"))])];
  const hooks = await checkFiles(
    world,
    "hooks",
    settings.map((path) => ({ path, find: settingsEntries })),
  );
  const servers = await checkFiles(world, "MCP server", [
    { path: claudeState, find: (file) => serverEntries(file, project?.path) },
    ...tops.map((one) => ({ path: join(one, ".mcp.json"), find: (file: unknown) => serverEntries(file) })),
  ]);
  const whole = await checkHookSettings(world, { files: settings, top: project?.here.top });
  return [...whole, ...hooks, ...servers, ...checkPlugin(world)];
}

function settingsEntries(settings: unknown): Entry[] {
  return [...hookEntries(settings), ...statusLineEntries(settings)];
}

/** Undefined where it is no JSON. */
function parseFile(text: string): unknown {
  try {
    // What JSON.parse says quotes the file, in which secrets stand.
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
}

interface Source {
  path: string;
  find(file: unknown): Entry[];
}

async function checkFiles(world: Effects, name: string, sources: readonly Source[]): Promise<Check[]> {
  const checks: Check[] = [];
  const good: string[] = [];
  for (const { path, find } of sources) {
    const read = await readWhole(path);
    if (read.kind === "none") continue;
    const file = read.kind === "text" ? parseFile(read.text) : undefined;
    if (file === undefined) {
      const why = read.kind === "unreadable" ? `cannot be read (${read.why})` : "is no valid JSON";
      const hint = "Mend it: Claude Code goes by nothing that stands in it.";
      checks.push({ name, status: "warn", detail: `${path} ${why}.`, hint });
      continue;
    }
    const judged: Judged[] = [];
    for (const entries of Map.groupBy(find(file), commandText).values()) {
      const [entry] = entries;
      if (entry === undefined) continue;
      judged.push({ entries, trouble: await troubleOf(world, entry), hint: hintFor(world, entry, path) });
    }
    for (const { entries, trouble, hint } of alike(judged)) {
      const at = [...new Set(entries.map((one) => printable(one.at)))];
      const where = `${at.join(", ")} in ${path}`;
      const shown = commandsText(entries);
      const detail = `${where} ${at.length === 1 ? "runs" : "run"} ${shown}, ${trouble}.`;
      if (trouble === undefined) good.push(`${where}: ${shown}`);
      else checks.push({ name, status: "warn", detail, hint });
    }
  }
  if (good.length > 0) return [{ name, status: "ok", detail: good.join("; ") }, ...checks];
  return checks.length > 0 ? checks : [{ name, status: "ok", detail: "none of ours entered" }];
}

interface Judged {
  entries: Entry[];
  /** What is wrong with them; undefined where nothing is. */
  trouble: string | undefined;
  hint: string;
}

/** One for all that have the same trouble with the same program: a client has nine hooks of it. */
function alike(judged: readonly Judged[]): Judged[] {
  const groups = Map.groupBy(judged, ({ entries: [entry], trouble, hint }) =>
    JSON.stringify([entry?.program, entry?.kind, trouble, trouble === undefined ? "" : hint]),
  );
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    return [{ ...first, entries: [first, ...others].flatMap(({ entries }) => entries) }];
  });
}

/** As they are shown: what all of them begin with, when they are several. */
function commandsText(entries: readonly Entry[]): string {
  const [first = "", ...others] = new Set(entries.map(commandText));
  if (others.length === 0) return first;
  const words = first.split(" ");
  const end = words.findIndex((word, i) => others.some((other) => other.split(" ")[i] !== word));
  return `${(end < 0 ? words : words.slice(0, end)).join(" ")} …`;
}

/** Its program and the words after it, up to the first that is no plain word: what follows may be anything. */
function commandText({ program, args }: Entry): string {
  return [printable(program), ...plainWords(args)].join(" ");
}

function plainWords(args: readonly string[]): string[] {
  const end = args.findIndex((arg) => !/^[A-Za-z][A-Za-z-]{0,30}$/.test(arg));
  return args.slice(0, end < 0 ? 3 : Math.min(end, 3));
}

/** What is wrong with it, to stand after its command; undefined where nothing is. */
async function troubleOf(world: Effects, entry: Entry): Promise<string | undefined> {
  if (entry.isOfNode) return "the Node implementation before 3.0";
  const path = resolved(world, entry.program);
  if (path === undefined) return "which is not on PATH";
  if (path === null) return undefined;
  const real = realPathOf(path);
  const release = releaseOf(real);
  if (release === undefined) return "which is not there";
  if (!entry.isByShell && !isExecutable(real)) return "which cannot be executed";
  if (path.endsWith("-heartbeat.sh")) {
    return release === world.version
      ? undefined
      : `which is of ${releaseWords(release)}; parallel-cc is of ${world.version}`;
  }
  const other = await otherRelease(world, real);
  if (other !== undefined) return `which is ${other}; this is ${world.version}`;
  return (await knows(world, plainWords(entry.args))) ? undefined : "a command that this release does not have";
}

/**
 * Of a parallel-cc that is not of this release, in words. It is run only where PATH has it or where we install it: a file
 * of the repository may name any program, and must not have it started.
 */
async function otherRelease(world: Effects, real: string): Promise<string | undefined> {
  if (real === realPathOf(world.program)) return undefined;
  const installed = join(world.env.places.programs, "parallel-cc");
  const known = [...allOnPath("parallel-cc", world.env.path), { path: installed, real: realPathOf(installed) }];
  const copy = known.find((one) => one.real === real);
  const release = copy === undefined ? "another installation" : await releaseOfCopy(world, copy);
  return release === world.version ? undefined : release;
}

/** Undefined: not on PATH. Null: a relative path, or one with a variable in it, which depends on who runs it. */
function resolved({ env }: Pick<Effects, "env">, program: string): string | undefined | null {
  const path = program.replace(/^(~|\$HOME|\$\{HOME\})(?=\/)/, () => env.home);
  if (!path.includes("/")) return firstOnPath(path, env.path)?.path;
  return path.startsWith("/") && !path.includes("$") ? path : null;
}

/** Whether this program has that command: with --help nothing is done but to look it up. */
async function knows(world: Pick<Effects, "program" | "runProgram">, words: readonly string[]): Promise<boolean> {
  if (words.length === 0) return true;
  const bounds = { timeoutMs: 2000, maxOutputBytes: 1_000_000 };
  const asking = { command: world.program, args: [...words, "--help"], directory: "/", ...bounds };
  return (await world.runProgram(asking).catch(() => undefined))?.exit === 0;
}

function hintFor(world: Pick<Effects, "env" | "program">, entry: Entry, path: string): string {
  const { kind, at } = entry;
  const { claudeSettings, claudeState } = world.env.places;
  const isUsers = path === claudeSettings || path === claudeState;
  const flag = { hook: "--hooks --global", mcp: "--mcp", statusline: "--statusline" }[kind];
  if (isUsers && isReplaced(entry)) return `Enter it anew: parallel-cc install ${flag}`;
  // It would be entered by its name again, for a repository is on other machines as well.
  if (kind === "hook" && resolved(world, entry.program) === undefined) return pathHint(world);
  if (kind === "hook" && isReplaced(entry)) {
    return `Enter it anew: parallel-cc install --hooks --local --repo ${shellWord(dirname(dirname(path)))}`;
  }
  if (kind === "mcp" && path === claudeState) return `Take it out: claude mcp remove ${shellWord(at)}`;
  return `Mend the entry, or take it out of ${path}.`;
}
