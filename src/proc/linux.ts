// Processes as Linux tells of them: /proc, believed only where it shows our own pid namespace. Start times are clock
// ticks since boot, so that setting the clock changes none of them.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { uptime } from "node:os";
import { Failure } from "../core/failure.ts";
import { errorCode, isNobody, type Platform, type Sight, type WorkingDirectories } from "./platform.ts";

interface Stat {
  /** Of the program, cut to 15 bytes. */
  name: string;
  state: string;
  parent: number;
  threads: number;
  startTime: string;
  /** tty_nr: 0 without a terminal. */
  terminal: number;
}

/** USER_HZ, which the kernel keeps at 100 for all programs on every architecture Bun runs on. */
const TICKS_PER_SECOND = 100;

export function linuxPlatform(): Platform {
  let place: { bootId: string | null; pidNamespace: string | null } | undefined;
  let isOurProc: boolean | undefined;
  const believed = () => {
    isOurProc ??= showsOurNamespace();
    return isOurProc;
  };
  return {
    here: () => {
      place ??= {
        bootId: attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()) || null,
        pidNamespace: attempt(() => readlinkSync("/proc/self/ns/pid")) ?? null,
      };
      return place;
    },
    look: (pids) => new Map(pids.map((pid) => [pid, believed() ? look(pid) : lookPastProc(pid)])),
    workingDirectories: () => (believed() ? workingDirectories() : undefined),
    withArgument: (text) => {
      if (believed()) return withArgument(text);
      throw new Failure({
        kind: "unavailable",
        code: "proc.unsupported",
        message: "/proc does not show the processes of this pid namespace, so their arguments cannot be read.",
        hint: "Mount /proc in this pid namespace (unshare --mount-proc does).",
      });
    },
  };
}

/** The command name before the last `)` may hold anything: spaces, parentheses, line ends. Fields as in proc(5). */
export function parseStat(text: string): Stat | undefined {
  const end = text.lastIndexOf(")");
  const name = text.slice(text.indexOf("(") + 1, end);
  const fields = text
    .slice(end + 2)
    .trimEnd()
    .split(" ", 20);
  const [state, parent, threads, startTime] = [fields[0], Number(fields[1]), Number(fields[17]), fields[19]];
  if (!state || startTime === undefined || !/^\d+$/.test(startTime)) return undefined;
  return { name, state, parent, threads, startTime, terminal: Number(fields[4]) };
}

/** The earliest moment it can have started: `upSeconds` is rounded down. */
export function startedAt(startTime: string, now: { epochMs: number; upSeconds: number }): Date {
  const ageSeconds = now.upSeconds + 1 - Number(startTime) / TICKS_PER_SECOND;
  return new Date(now.epochMs - ageSeconds * 1000);
}

function look(pid: number): Sight {
  let stat: Stat | undefined;
  try {
    stat = parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch (thrown) {
    // hidepid: /proc keeps quiet about other users' processes, the kernel does not.
    if (isNobody(pid)) return { state: "absent" };
    return { state: "hidden", why: `process ${pid} is another user's and hidden (${errorCode(thrown)})` };
  }
  if (stat === undefined) return { state: "hidden", why: `/proc/${pid}/stat cannot be understood` };
  const { name, state, parent, startTime, threads } = stat;
  // A first thread may end before the others; the process lives on, its state is Z all the same.
  const isEnded = state === "X" || state === "x" || (state === "Z" && threads <= 1);
  if (isEnded) return { state: "ended", why: `process ${pid} has ended; its parent has not taken notice yet` };
  // Neither /proc/stat (btime) nor /proc/uptime: lxcfs puts the container's own boot there, and stat counts the machine's.
  const now = () => ({ epochMs: performance.timeOrigin + performance.now(), upSeconds: uptime() });
  return { state: "running", startTime, parent, name, startedAt: () => startedAt(startTime, now()) };
}

function lookPastProc(pid: number): Sight {
  if (isNobody(pid)) return { state: "absent" };
  return { state: "hidden", why: `/proc does not show the pid namespace of process ${pid}` };
}

/** After `unshare --pid` without a new mount, /proc numbers processes as the outer namespace does; NSpid has both. */
function showsOurNamespace(): boolean {
  const status = attempt(() => readFileSync("/proc/self/status", "latin1")) ?? "";
  const numbers = /^NSpid:\s+(.*)$/m.exec(status)?.[1] ?? /^Pid:\s+(.*)$/m.exec(status)?.[1];
  return numbers === String(process.pid);
}

function processIds(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/**
 * Those of other users are not told, unless we are root. Of these only what sits at a pseudo-terminal can have been
 * brought there by a person; daemons, kernel threads and agents (ssh-agent hides itself) have none.
 */
function workingDirectories(): WorkingDirectories {
  const byPid = new Map<number, string>();
  const hidden: number[] = [];
  for (const pid of processIds()) {
    try {
      byPid.set(pid, readlinkSync(`/proc/${pid}/cwd`));
    } catch (thrown) {
      if (errorCode(thrown) !== "ENOENT" && errorCode(thrown) !== "ESRCH" && isAtTerminal(pid)) hidden.push(pid);
    }
  }
  return { byPid, hidden };
}

// Majors 136 to 143 are the kernel's pseudo-terminals (Documentation/admin-guide/devices.txt).
function isAtTerminal(pid: number): boolean {
  const stat = attempt(() => parseStat(readFileSync(`/proc/${pid}/stat`, "latin1")));
  const major = ((stat?.terminal ?? 0) >> 8) & 0xff;
  return major >= 136 && major <= 143;
}

function withArgument(text: string): number[] {
  const wanted = Buffer.from(text);
  return processIds()
    .filter((pid) => pid !== process.pid)
    .filter((pid) => argumentsOf(pid)?.includes(wanted));
}

/** While a program is being loaded (execve) its process shows no arguments for a moment; kernel threads never do. */
function argumentsOf(pid: number): Buffer | undefined {
  for (let waitedMs = 0; ; waitedMs += 1) {
    const shown = attempt(() => readFileSync(`/proc/${pid}/cmdline`));
    const isLoading = shown?.length === 0 && attempt(() => readlinkSync(`/proc/${pid}/exe`)) !== undefined;
    if (!isLoading || waitedMs >= 20) return shown;
    Bun.sleepSync(1);
  }
}

/** undefined: it ended meanwhile, is hidden, or this kernel does not have it. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
