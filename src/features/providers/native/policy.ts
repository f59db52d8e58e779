// What a native sandbox sees of this machine: the system's own directories, claude with what runs it, and the shared
// objects. All else is not there for it: homes, repositories, other sandboxes, everybody's /tmp, mounted media.

import { existsSync, lstatSync, readdirSync } from "node:fs";
import { basename, delimiter, dirname, isAbsolute, join } from "node:path";
import { Failure } from "../../../core/failure.ts";
import { printable } from "../../../core/text.ts";
import { realPathOf } from "../../../files/programs.ts";
import type { World } from "../../../world.ts";
import { claudeNeeds } from "./claude.ts";
import type { Ground, SandboxRecord } from "./ground.ts";
import { rootOf } from "./root.ts";
import type { Policy } from "./runtime.ts";

/** What installations of a system put there; nothing of its users. */
const OF_LINUX = [
  ...["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix/store", "/gnu/store"],
  ...["/snap", "/run/current-system", "/var/lib/ca-certificates"],
];
/** Where installations also keep keys, and how deep they are looked for: root could read them. */
const WITH_SECRETS: readonly (readonly [string, number])[] = [
  ["/etc", 6],
  ["/opt", 3],
  ["/usr/local", 3],
];
/** Seatbelt cannot start a program that may not read "/", so here it is what is not seen that is listed. */
const UNSEEN_ON_MAC = [
  ...["/Users", "/Volumes", "/private/var/root", "/private/tmp", "/private/var/tmp", "/private/var/folders"],
  ...["/private/etc/ssh", "/private/etc/sudoers", "/private/etc/master.passwd"],
];

type Effects = Pick<World, "env" | "paths">;

export interface Sight extends Pick<Policy, "hosts" | "unreadable" | "readable" | "writable" | "isWeak"> {
  /** Of the sandbox. */
  path: string;
}

export function sightOf(world: Effects, ground: Ground, record: SandboxRecord, platform = process.platform): Sight {
  const needs = claudeNeeds(world.env);
  const objects = record.objects.map(realPathOf);
  const ofSystem = platform === "linux" ? OF_LINUX.filter((path) => existsSync(path)) : [];
  const hidden = [world.env.home, world.paths.home, rootOf(world), ...objects.map(repositoryOf)].map(realPathOf);
  const secrets = () => WITH_SECRETS.flatMap(([folder, depth]) => closedIn(folder, depth));
  const everything = platform === "linux" ? ["/", ...secrets()] : UNSEEN_ON_MAC;
  const unreadable = [...everything, ...hidden.filter((path) => path !== "/")].filter((path) => existsSync(path));
  const own = platform === "linux" ? [] : Object.values(ground.places);
  const readable = [...ofSystem, ...needs.readable, ...objects, ...own, ground.programs, ground.net];
  return {
    hosts: record.hosts,
    unreadable: [...new Set(unreadable)],
    readable: [...new Set(readable)].filter((path) => existsSync(path)),
    writable: Object.values(ground.places),
    isWeak: record.isWeak,
    path: [ground.programs, ...foldersSeen(world.env.path, { readable, unreadable, platform })].join(delimiter),
  };
}

/** What not everybody may read. */
function closedIn(folder: string, depth: number): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isFile()) return isClosed(path, 0o004) ? [path] : [];
      if (!entry.isDirectory()) return [];
      if (isClosed(path, 0o001)) return [path];
      return depth > 1 ? closedIn(path, depth - 1) : [];
    });
  } catch {
    // What we may not list may not be listed inside.
    return [];
  }
}

function isClosed(path: string, needed: number): boolean {
  const mode = lstatSync(path, { throwIfNoEntry: false })?.mode;
  return mode !== undefined && (mode & needed) === 0;
}

/** A repository that lies in the open (/opt/project) is not seen either: neither its files nor its git directory. */
function repositoryOf(objects: string): string {
  const gitDir = dirname(objects);
  return basename(gitDir) === ".git" ? dirname(gitDir) : gitDir;
}

function foldersSeen(
  path: string,
  { readable, unreadable, platform }: Pick<Sight, "readable" | "unreadable"> & { platform: string },
): string[] {
  const isSeen = (folder: string) => {
    if (!isAbsolute(folder) || !existsSync(folder)) return false;
    const real = realPathOf(folder);
    const [shown, hidden] = [longest(readable.map(realPathOf), real), longest(unreadable, real)];
    return platform === "linux" ? shown > hidden : hidden === 0 || shown > hidden;
  };
  return [...new Set(path.split(delimiter).filter(isSeen))];
}

/** The length of the longest of these directories that the path is in; 0: in none. */
function longest(directories: readonly string[], path: string): number {
  const around = directories.filter((one) => one === "/" || path === one || path.startsWith(`${one}/`));
  return Math.max(0, ...around.map((one) => one.length));
}

/**
 * Whether the kernel's own parts of /proc are covered for what runs inside: root is the same root in a user namespace
 * that has only itself mapped, and may write them. The kernel lets nobody mount another /proc over one that is covered
 * ("Mount too revealing"), so that srt's helper, whose processes have numbers of their own, leaves the one it finds.
 */
export function isKernelCovered(
  { isWeak }: Pick<Policy, "isWeak">,
  { platform, uid }: { platform: string; uid: number | undefined } = {
    platform: process.platform,
    uid: process.getuid?.(),
  },
): boolean {
  return platform === "linux" && (isWeak || uid === 0);
}

/** What does not work inside as it does outside. */
export function remarksOn(policy: Pick<Policy, "isWeak">): string[] {
  return isKernelCovered(policy)
    ? ["Process numbers inside are not those of its /proc: ps, pgrep, pkill and killall do not work right there."]
    : [];
}

const HOST = /^(\*\.)?([A-Za-z0-9_-]+\.)*[A-Za-z0-9_-]+(:[1-9]\d{0,4})?$|^\[[0-9a-fA-F:.]+\](:[1-9]\d{0,4})?$/;

/** Errors: `provider.refused`. */
export function checkHosts(hosts: readonly string[]): void {
  const [wrong] = wrongHosts(hosts);
  if (wrong !== undefined) throw wrong;
}

export function wrongHosts(hosts: readonly string[]): Failure[] {
  const wrong = hosts.filter((host) => !HOST.test(host));
  return wrong.map(
    (host) =>
      new Failure({
        code: "provider.refused",
        message: `"${printable(host)}" is not a host that a sandbox could reach.`,
        hint: 'Hosts are written as "registry.example.com" or "localhost:8080".',
      }),
  );
}

/** A year: what is asked for is to be a date. */
export const MOST_MINUTES = 366 * 24 * 60;

/** Errors: `provider.refused`. */
export function checkMinutes(minutes: number): void {
  if (minutes > 0 && minutes <= MOST_MINUTES) return;
  throw new Failure({ code: "provider.refused", message: `A sandbox cannot live ${minutes} minutes.` });
}

/**
 * For NO_PROXY: a sandbox's own loopback is its own, so that a server started in it is reached directly; but one of this
 * machine's that is allowed is behind the proxy, and there is no other way out to any address.
 */
export function directHosts(hosts: readonly string[]): string {
  const asked = new Set(
    hosts.map((host) =>
      host
        .replace(/:\d+$/, "")
        .replace(/^\[(.*)\]$/, "$1")
        .toLowerCase(),
    ),
  );
  return ["localhost", "127.0.0.1", "::1"].filter((host) => !asked.has(host)).join(",");
}
