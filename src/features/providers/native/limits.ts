// How a runaway inside is kept from taking the machine: a control group for all that runs in the sandbox where one can
// be made, a scope of systemd's in a slice of its own, else limits of each program, which is said.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { shellQuote } from "../../../core/text.ts";
import type { World } from "../../../world.ts";
import type { Ground, SandboxRecord } from "./ground.ts";

export interface Held {
  /** For a shell, before the words of a program: it becomes that, and it and all that it starts are held. */
  before: string;
  /** For a shell inside. */
  inside: string;
  groups: string[];
  weaknesses: string[];
}

type Limits = SandboxRecord["limits"];

const GROUPS = "/sys/fs/cgroup";
const TRY_MS = 5000;
/** 32-bit controllers round to pages, and no program starts in less. */
const LEAST_BYTES = 16 * 1024 * 1024;

export async function holdDown(
  world: Pick<World, "runProgram" | "env">,
  { name, limits }: { name: string; limits: Limits },
): Promise<Held> {
  if (process.platform !== "linux") return ofEach(limits);
  const most = { ...limits, memoryBytes: Math.max(limits.memoryBytes, LEAST_BYTES) };
  for (const groups of candidates(name)) {
    const entering = entry(groups);
    if (limitsSet(groups, most) && (await canEnter(world, entering))) {
      return { before: `${entering}exec `, inside: "", groups, weaknesses: [] };
    }
    dropGroups(groups);
  }
  return (await scopeOf(world, { name, limits: most })) ?? ofEach(limits);
}

/** What all runs in, and what goes on by itself. */
export function groupNames({ directory }: Pick<Ground, "directory">): readonly [string, string] {
  const name = `parallel-cc-${new Bun.CryptoHasher("sha1").update(directory).digest("hex").slice(0, 16)}`;
  return [name, `${name}-apart`];
}

/** Those that a keeper may have made that ended before it could say which. */
export function groupsMaybe(ground: Pick<Ground, "directory">): string[] {
  if (process.platform !== "linux") return [];
  return groupNames(ground).flatMap((name) => candidates(name).flat());
}

/** Empty ones; a group that somebody is still in stays, and so does one whose last member nobody has noticed the end of. */
export function dropGroups(groups: readonly string[]): { areGone: boolean } {
  for (const group of groups) {
    try {
      rmdirSync(group);
    } catch {
      // Not there, or not empty: then something of it still ends.
    }
  }
  return { areGone: !groups.some((group) => existsSync(group)) };
}

export function membersOf(groups: readonly string[]): number[] {
  return groups.flatMap((group) =>
    readOr(join(group, "cgroup.procs"), "")
      .split("\n")
      .filter((line) => line !== "")
      .map(Number),
  );
}

export function memoryOf(groups: readonly string[]): number | undefined {
  const files = groups.flatMap((group) => ["memory.current", "memory.usage_in_bytes"].map((file) => join(group, file)));
  const sizes = files.map((file) => readOr(file, "")).filter((text) => /^\d+\n?$/.test(text));
  return sizes.length === 0 ? undefined : sizes.reduce((sum, text) => sum + Number(text), 0);
}

/** Whether the kernel has ended a program of theirs for want of memory: it counts them (v1 since 4.13). */
export function ranOutOfMemory(groups: readonly string[]): boolean {
  const files = groups.flatMap((group) => ["memory.events", "memory.oom_control"].map((file) => join(group, file)));
  return files.some((file) => /^oom_kill [1-9]/m.test(readOr(file, "")));
}

/** Groups that might be made, the best first: below our own, or beside it and above, where their controllers are on. */
function candidates(name: string): string[][] {
  const own = new Map(
    readOr("/proc/self/cgroup", "")
      .split("\n")
      .flatMap((line) => {
        const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
        return controllers === undefined || path === undefined ? [] : controllers.split(",").map((one) => [one, path]);
      }),
  );
  if (existsSync(join(GROUPS, "cgroup.controllers"))) {
    const above = ancestors(join(GROUPS, own.get("") ?? "/")).filter((folder) => {
      const on = readOr(join(folder, "cgroup.subtree_control"), "").split(/\s+/);
      return on.includes("memory") && on.includes("pids");
    });
    return above.map((folder) => [join(folder, name)]);
  }
  const parents = ["memory", "pids"].map((controller) => {
    const root = join(GROUPS, controller);
    const mine = join(root, own.get(controller) ?? "/");
    return existsSync(mine) ? mine : root;
  });
  return parents.every((folder) => existsSync(folder)) ? [parents.map((folder) => join(folder, name))] : [];
}

function ancestors(folder: string): string[] {
  const all = [folder];
  for (let at = folder; at !== GROUPS && at.startsWith(GROUPS); at = dirname(at)) all.push(dirname(at));
  return all;
}

function limitsSet(groups: readonly string[], { memoryBytes, processes }: Limits): boolean {
  const wanted: readonly (readonly [string, number])[] = [
    ["memory.max", memoryBytes],
    ["memory.limit_in_bytes", memoryBytes],
    ["pids.max", processes],
  ];
  try {
    for (const group of groups) mkdirSync(group, { recursive: true });
    let set = 0;
    for (const group of groups) {
      for (const [file, value] of wanted) {
        if (!existsSync(join(group, file))) continue;
        writeFileSync(join(group, file), String(value));
        set += 1;
      }
      withoutSwap(group, memoryBytes);
    }
    return set >= 2;
  } catch {
    return false;
  }
}

/** Where swap is counted at all. */
function withoutSwap(group: string, memoryBytes: number): void {
  for (const [file, value] of [
    ["memory.swap.max", "0"],
    ["memory.memsw.limit_in_bytes", String(memoryBytes)],
  ] as const) {
    if (existsSync(join(group, file))) writeFileSync(join(group, file), value);
  }
}

function entry(groups: readonly string[]): string {
  return groups.map((group) => `echo $$ >${shellQuote(join(group, "cgroup.procs"))} && `).join("");
}

/** Making a group is one right, putting a process into it another: that of the group both are below. */
async function canEnter(world: Pick<World, "runProgram">, entering: string): Promise<boolean> {
  try {
    const program = { command: "/bin/sh", args: ["-c", `${entering}:`], directory: "/", timeoutMs: TRY_MS };
    return (await world.runProgram(program)).exit === 0;
  } catch {
    return false;
  }
}

/** Of the user's own systemd: each program in a scope, all of these in one slice, which has the limits. */
async function scopeOf(
  world: Pick<World, "runProgram" | "env">,
  { name, limits }: { name: string; limits: Limits },
): Promise<Held | undefined> {
  const runtime = `/run/user/${process.getuid?.() ?? 0}`;
  if (!existsSync("/run/systemd/system") || !existsSync(join(runtime, "systemd"))) return undefined;
  const slice = `${name.replaceAll("-", "_")}.slice`;
  const manager = `XDG_RUNTIME_DIR=${runtime}`;
  const limited = [`MemoryMax=${limits.memoryBytes}`, "MemorySwapMax=0", `TasksMax=${limits.processes}`];
  const scope = ["systemd-run", "--user", "--scope", "--quiet", "--collect", `--slice=${slice}`, "--"];
  const asked = [
    ["env", manager, ...scope, "true"],
    ["env", manager, "systemctl", "--user", "--runtime", "set-property", slice, ...limited],
  ] as const;
  try {
    for (const [command, ...args] of asked) {
      const { exit } = await world.runProgram({ command, args, directory: "/", timeoutMs: TRY_MS });
      if (exit !== 0) return undefined;
    }
  } catch {
    return undefined;
  }
  const before = `exec ${[`env`, manager, ...scope, "env", "-u", "XDG_RUNTIME_DIR"].map(shellQuote).join(" ")} `;
  return { before, inside: "", groups: [], weaknesses: [] };
}

/** RLIMIT_DATA counts what a program has written to or may, not what it has reserved: V8 and JavaScriptCore live with it. */
function ofEach({ memoryBytes, processes }: Limits): Held {
  const isRoot = process.getuid?.() === 0;
  const inside = [`ulimit -d ${Math.ceil(memoryBytes / 1024)} 2>/dev/null`, `ulimit -u ${processes} 2>/dev/null`];
  const why = "no control group can be made here";
  return {
    before: "exec ",
    inside: `${inside.join("; ")}\n`,
    groups: [],
    weaknesses: [
      `The limit of memory holds for each program alone, not for all of the sandbox: ${why}.`,
      isRoot
        ? `The number of processes is not limited: ${why}, and root is above the limits of users.`
        : `The limit of processes holds for each command alone, not for all of the sandbox: ${why}.`,
    ],
  };
}

function readOr(file: string, other: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return other;
  }
}
