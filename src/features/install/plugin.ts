// The plugin in Claude Code and out of it again, by the client's own commands; what these leave behind is taken out here.
// A client that refuses is told in its own words, and what was there before stays.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { cutEnd, printable } from "../../core/text.ts";
import { dropUnfinished, replaceFile } from "../../files/atomic.ts";
import { removeIfEmpty, removeIfFile } from "../../files/directory.ts";
import { unwritableFile } from "../../files/unwritable.ts";
import type { World } from "../../world.ts";
import { eventsKnownTo } from "../hooks/hooks.ts";
import { type Client, clientOnPath } from "./client.ts";
import { isEnteredIn } from "./json-steps.ts";
import type { Notes } from "./notes.ts";
import { programWord } from "./place.ts";
import { MARKETPLACE, PLUGIN_ID, type PluginFiles, pluginFiles } from "./plugin-files.ts";
import { pluginFolder, pluginState } from "./plugin-state.ts";
import { forgetSettings, noteSettings, takeTraces } from "./plugin-traces.ts";
import { attempt, type Step } from "./step.ts";
import { readText } from "./text-files.ts";

type Effects = Pick<World, "env" | "paths" | "program" | "self" | "version" | "log" | "runProgram" | "signal"> &
  Pick<World, "sleep" | "now">;

const STEP = "plugin" as const;

/** The oldest client that this was tried with. What does not know `claude plugin` takes it for a prompt. */
const SINCE = "2.0.77";

/** Errors: none; what fails is in the step. */
export async function enterPlugin(world: Effects, notes: Notes): Promise<Step> {
  const folder = pluginFolder(world);
  return attempt(STEP, folder, async () => {
    const client = await clientFor(world);
    const before = pluginState(world);
    requireOurs(before.source, folder);
    const files = filesFor(world, client);
    noteSettings(world, notes);
    const written = writeFiles(folder, files);
    if (isEntered(world, files)) {
      return { step: STEP, file: folder, change: written === 0 ? "none" : "written", detail: detailOf(client) };
    }
    // One that is not there any more, of a data directory that has moved.
    if (before.source !== undefined && before.source !== folder) await run(world, client, REMOVE);
    // 2.0.77 refuses to add what it knows.
    if (before.source !== folder) await run(world, client, ["marketplace", "add", folder]);
    await run(world, client, ["install", PLUGIN_ID, "--scope", "user"]);
    // 2.1.328 says of what is installed that it is, and notes another version only so.
    if (pluginState(world).version !== files.version) await run(world, client, ["update", PLUGIN_ID]);
    if (!isEntered(world, files)) throw ineffective("install");
    const change = before.version === undefined ? "made" : "written";
    return { step: STEP, file: folder, change, detail: detailOf(client) };
  });
}

function detailOf({ release = "" }: Client): string {
  return `hooks, MCP server and /parallel-cc:parallel for Claude Code ${release}`;
}

/** Of which nothing is there, it is as it was. */
export async function dropPlugin(world: Effects, notes: Notes): Promise<Step> {
  const folder = pluginFolder(world);
  const { isMentioned, isEnabled, version, source } = pluginState(world);
  const isOurs = isMentioned && (source === undefined || source === folder || !existsSync(source));
  if (!isOurs && !existsSync(folder)) return { step: STEP, file: folder, change: "none" };
  return attempt(STEP, folder, async () => {
    const client = isOurs ? await clientOnPath(world) : undefined;
    // Without a client nobody runs it, and its files are all there is to see to.
    if (client !== undefined) {
      if (version !== undefined || isEnabled) await run(world, client, ["uninstall", PLUGIN_ID, "--scope", "user"]);
      if (source !== undefined) await run(world, client, REMOVE);
    }
    // Somebody may have taken it out in the client, and left the rest.
    if (isOurs || (!isMentioned && notes.held.plugin !== undefined)) await takeTraces(world, notes);
    if (isOurs && pluginState(world).isMentioned) throw ineffective("uninstall");
    forgetSettings(notes);
    removeFiles(folder, filesFor(world, { release: undefined }));
    return { step: STEP, file: folder, change: "removed", detail: "taken out" };
  });
}

/** Ours, in use or switched off. */
export function isPluginThere(world: Effects): boolean {
  const { isMentioned, source } = pluginState(world);
  return isMentioned && source === pluginFolder(world);
}

const REMOVE = ["marketplace", "remove", MARKETPLACE] as const;

export interface PluginStanding {
  installed: boolean;
  folder: string;
  upToDate: boolean;
}

export function pluginStanding(world: Effects, client: string | undefined): PluginStanding {
  const folder = pluginFolder(world);
  const files = filesFor(world, { release: client });
  const { isEnabled, source } = pluginState(world);
  const installed = isEnabled && source === folder;
  const isWritten = [...files.texts].every(([path, text]) => readText(join(folder, path)) === latin1(text));
  return { installed, folder, upToDate: installed && isWritten && isEntered(world, files) };
}

/** Of the user's files, those with hooks or a server of ours, which run as well then. Broken ones have none. */
export function enteredBeside({ env }: Pick<World, "env">): string[] {
  const { claudeSettings, claudeState } = env.places;
  const places = [
    { file: claudeSettings, part: "hooks" },
    { file: claudeState, part: "mcp" },
  ] as const;
  return places.flatMap(({ file, part }) => (isEnteredIn(file, part) ? [file] : []));
}

function isEntered(world: Effects, { version }: PluginFiles): boolean {
  const state = pluginState(world);
  return state.isEnabled && state.version === version && state.source === pluginFolder(world);
}

function filesFor(world: Effects, { release }: Pick<Client, "release">): PluginFiles {
  const { version } = world;
  return pluginFiles({ program: programWord(world), version, events: eventsKnownTo(release) });
}

async function clientFor(world: Effects): Promise<Client> {
  const client = await clientOnPath(world);
  const release = client?.release;
  if (client !== undefined && release !== undefined && Bun.semver.order(release, SINCE) >= 0) return client;
  const found = release === undefined ? "no Claude Code that tells its version is on PATH" : `it is ${release}`;
  throw new Failure({
    kind: "unavailable",
    code: "install.client-too-old",
    message: `Plugins are for Claude Code ${SINCE} and later, and ${found}.`,
    hint: "Install or update Claude Code, or take the other way: parallel-cc install --hooks --global --mcp",
  });
}

function requireOurs(source: string | undefined, folder: string): void {
  if (source === undefined || source === folder || !existsSync(source)) return;
  throw new Failure({
    code: "install.marketplace",
    message: `Claude Code knows another marketplace by the name ${MARKETPLACE}: ${printable(source)}.`,
    hint: `If you do not need it: claude plugin marketplace remove ${MARKETPLACE}`,
  });
}

/** How many were not there in just this form. */
function writeFiles(folder: string, { texts }: PluginFiles): number {
  let written = 0;
  for (const [path, text] of texts) {
    const file = join(folder, path);
    if (readText(file) === latin1(text)) continue;
    try {
      replaceFile({ file, text, mode: 0o600, directoryMode: 0o700 });
    } catch (cause) {
      throw unwritableFile({ file, code: "install.unwritable", cause });
    }
    written += 1;
  }
  return written;
}

function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** What is in it and none of ours stays, and its folder with it. */
function removeFiles(folder: string, { texts }: PluginFiles): void {
  const files = [...texts.keys()].map((path) => join(folder, path));
  try {
    for (const file of files) {
      dropUnfinished(file);
      removeIfFile(file);
    }
  } catch (cause) {
    throw unwritableFile({ file: folder, code: "install.unwritable", cause });
  }
  const folders = new Set(files.flatMap((file) => [dirname(file), dirname(dirname(file)), folder]));
  for (const one of [...folders].filter((path) => path.startsWith(folder)).toSorted((a, b) => b.length - a.length)) {
    removeIfEmpty(one);
  }
}

/** Copying a plugin of a few small files takes it half a second; a machine may be busy. */
const PATIENCE_MS = 60_000;
/** It has nothing to fetch for us, and is not to update itself just now. */
const QUIET = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_AUTOUPDATER: "1" };
const MOST_WORDS = 300;

async function run(world: Effects, { path }: Client, words: readonly string[]): Promise<void> {
  const args = ["plugin", ...words];
  const bounds = { timeoutMs: PATIENCE_MS, maxOutputBytes: 1024 * 1024, signal: world.signal() };
  const ran = await world.runProgram({ command: path, args, directory: "/", variables: QUIET, ...bounds });
  if (ran.exit === 0) return;
  const told = ran.stderr.trim() || new TextDecoder().decode(ran.stdout).trim();
  const said = Bun.stripANSI(told).replace(/\s+/g, " ");
  throw new Failure({
    kind: "unavailable",
    code: "install.client",
    message: `claude ${args.join(" ")} ended with ${ran.exit ?? ran.signal}: ${cutEnd(printable(said), MOST_WORDS)}`,
    hint: "What was installed before is as it was. Mend the cause, and run the command again.",
    details: { args, exit: ran.exit, signal: ran.signal },
  });
}

function ineffective(verb: "install" | "uninstall"): Failure {
  return new Failure({
    kind: "unavailable",
    code: "install.client",
    message: `claude plugin ${verb} ${PLUGIN_ID} ended well, and did not do it.`,
    hint: "See what Claude Code says of it: claude plugin list",
  });
}
