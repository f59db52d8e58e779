// Processes as macOS tells of them: ps and sysctl, in the C locale and UTC so that the answers are the same text every
// time. The kernel keeps the time of the fork (whole seconds here); setting the clock later does not move it.

import { Failure } from "../core/failure.ts";
import { isNobody, type Platform, type Sight } from "./platform.ts";
import { type RunResult, runSync } from "./run.ts";

/** Where macOS keeps both programs; not the user's PATH, which may find others of the same name. */
const ENV = { PATH: "/bin:/usr/bin:/usr/sbin:/sbin", LC_ALL: "C", TZ: "UTC0" };
/** In the C locale ps would write the letters of a path beyond ASCII as escapes. */
const TEXT_ENV = { ...ENV, LC_ALL: "en_US.UTF-8" };

const LSOF_TIMEOUT_MS = 15_000;

export function darwinPlatform(): Platform {
  let place: { bootId: string | null; pidNamespace: null } | undefined;
  return {
    here: () => {
      place ??= { bootId: bootId(), pidNamespace: null };
      return place;
    },
    look: (pids) => {
      const listed = list(pids);
      return new Map(pids.map((pid) => [pid, listed.get(pid) ?? missing(pid)]));
    },
    workingDirectories: () => {
      // Exit 1 also when only some processes would not be told; those of other users are not.
      const args = ["-w", "-n", "-P", "-d", "cwd", "-F", "pn"];
      const found = attempt(() => runSync({ command: "lsof", args, env: TEXT_ENV, timeoutMs: LSOF_TIMEOUT_MS }));
      const byPid = parseDirectories(decode(found?.stdout));
      return byPid.size === 0 ? undefined : { byPid, hidden: [] };
    },
    withArgument: (text) => {
      const { exit, stdout, stderr } = runSync({
        command: "ps",
        args: ["-axww", "-o", "pid=,command="],
        env: TEXT_ENV,
      });
      if (exit === 0) return parseCommands(decode(stdout), text).filter((pid) => pid !== process.pid);
      throw new Failure({
        kind: "unavailable",
        code: "proc.unsupported",
        message: "ps does not tell which processes run.",
        hint: "A sandbox around this command may forbid it; run it outside.",
        details: { exit, stderr },
      });
    },
  };
}

/** Lines of `ps -o pid=,lstart=,stat=,ppid=,ucomm=`. What does not look like one is left out, and so counts as not seen. */
export function parseList(output: string): Map<number, Sight> {
  const sights = new Map<number, Sight>();
  for (const line of output.split("\n")) {
    const match = /^\s*(\d+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]{8}\s+\d{4})\s+(\S+)\s+(\d+)(?:\s+(\S.*?))?\s*$/.exec(line);
    const [, pid, started, state, parent, name = ""] = match ?? [];
    if (pid === undefined || started === undefined || state === undefined || parent === undefined) continue;
    sights.set(
      Number(pid),
      sightOf({ pid, started: started.replace(/\s+/g, " "), state, name, parent: Number(parent) }),
    );
  }
  return sights;
}

/** Lines of `ps -o pid=,command=`: who has `text` in its command line. */
export function parseCommands(output: string, text: string): number[] {
  return output.split("\n").flatMap((line) => {
    const [, pid, command] = /^\s*(\d+)\s(.*)$/.exec(line) ?? [];
    return pid !== undefined && command?.includes(text) ? [Number(pid)] : [];
  });
}

/** Lines of `lsof -d cwd -F pn`: `p` and a pid, then `n` and its directory. */
export function parseDirectories(output: string): Map<number, string> {
  const byPid = new Map<number, string>();
  let pid: number | undefined;
  for (const line of output.split("\n")) {
    if (/^p\d+$/.test(line)) pid = Number(line.slice(1));
    if (line.startsWith("n/") && pid !== undefined) byPid.set(pid, line.slice(1));
  }
  return byPid;
}

export function parseBootId(output: string): string | null {
  const text = output.trim();
  return /^[0-9A-Fa-f-]{36}$/.test(text) ? text : null;
}

function sightOf(found: { pid: string; started: string; state: string; parent: number; name: string }): Sight {
  if (found.state.startsWith("Z")) {
    return { state: "ended", why: `process ${found.pid} has ended; its parent has not taken notice yet` };
  }
  const time = Date.parse(`${found.started} UTC`);
  return {
    state: "running",
    startTime: found.started,
    parent: found.parent,
    name: found.name,
    startedAt: () => (Number.isNaN(time) ? undefined : new Date(time)),
  };
}

function list(pids: readonly number[]): Map<number, Sight> {
  if (pids.length === 0) return new Map();
  const args = ["-o", "pid=,lstart=,stat=,ppid=,ucomm=", "-p", pids.join(",")];
  return parseList(decode(attempt(() => runSync({ command: "ps", args, env: ENV }))?.stdout));
}

/** ps may be forbidden (a sandbox) or its answer unreadable: only the kernel's word makes a process absent. */
function missing(pid: number): Sight {
  return isNobody(pid) ? { state: "absent" } : { state: "hidden", why: `ps does not tell when process ${pid} started` };
}

function bootId(): string | null {
  const args = ["-n", "kern.bootsessionuuid"];
  return parseBootId(decode(attempt(() => runSync({ command: "sysctl", args, env: ENV }))?.stdout));
}

function decode(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

/** A program that cannot be asked is one more thing that is not known. */
function attempt(ask: () => RunResult): RunResult | undefined {
  try {
    return ask();
  } catch (thrown) {
    if (thrown instanceof Failure) return undefined;
    throw thrown;
  }
}
