// A control group with a limit of memory, for all that a command starts: its page cache and its kernel memory count too.
// Keepers of sandboxes are taken out as they begin, since the groups of what runs in a sandbox are made below theirs: they
// and their sandboxes are not what is limited.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MEMORY = "/sys/fs/cgroup/memory";
const LOOK_MS = 2;

export interface ControlGroup {
  /** For a shell: it and all that it starts are in it. */
  enter: string;
  /** The most memory that its processes had at once for themselves, in bytes; asked for again it begins anew. */
  peak(): number;
  /** What the machine has killed in it for want of memory. */
  killed(): number;
}

/** Only where the first version's controller can be written. */
export function canLimit(): boolean {
  return existsSync(join(MEMORY, "memory.limit_in_bytes")) && process.getuid?.() === 0;
}

export function limitedGroup(stack: AsyncDisposableStack, limitBytes: number): ControlGroup {
  const outer = join(MEMORY, `parallel-cc-bench-${process.pid}`);
  const inner = join(outer, "limited");
  mkdirSync(inner, { recursive: true });
  writeFileSync(join(inner, "memory.limit_in_bytes"), String(limitBytes));
  let most = 0;
  let isWithin = false;
  const look = () => {
    for (const pid of linesOf(join(inner, "cgroup.procs"))) {
      if (isKeeper(pid)) writeFileSync(join(outer, "cgroup.procs"), pid);
    }
    isWithin ||= readdirSync(inner, { withFileTypes: true }).some((one) => one.isDirectory());
    const own = Number(/^total_rss (\d+)$/m.exec(readFileSync(join(inner, "memory.stat"), "utf8"))?.[1]);
    most = Math.max(most, own);
  };
  const timer = setInterval(look, LOOK_MS);
  stack.defer(() => {
    clearInterval(timer);
    for (const group of [inner, outer]) removeGroup(group);
  });
  return {
    enter: `echo $$ >${join(inner, "cgroup.procs")} && exec`,
    peak: () => {
      if (isWithin) throw new Error("a sandbox was made within what is limited");
      const [peak] = [most];
      most = 0;
      return peak;
    },
    killed: () => Number(/^oom_kill (\d+)$/m.exec(readFileSync(join(inner, "memory.oom_control"), "utf8"))?.[1]),
  };
}

function linesOf(file: string): string[] {
  return readFileSync(file, "utf8").split("\n").filter(Boolean);
}

function isKeeper(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[2] === "keep";
  } catch {
    return false;
  }
}

function removeGroup(group: string): void {
  try {
    rmdirSync(group);
  } catch {
    // Somebody is still in it.
  }
}
