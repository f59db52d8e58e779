// Who is alive: a process is known by pid and start time, in one pid namespace, of one boot, on one host. Dead is said
// only with proof; what cannot be read or compared is unknown, and callers count that as alive.
// Setting the system clock changes no identity: Linux counts from boot, macOS keeps the time of the fork.

import { darwinPlatform } from "./darwin.ts";
import { judge, type Liveness, type ProcessIdentity } from "./judge.ts";
import { linuxPlatform } from "./linux.ts";
import { isProcessId, type Platform, type WorkingDirectories } from "./platform.ts";
import { unknownPlatform } from "./unknown-platform.ts";

export type { Liveness, ProcessIdentity } from "./judge.ts";
export { type WorkingDirectories, workingIn } from "./platform.ts";

export interface ProbeOptions {
  /** When a row without start time was written: what runs under its pid but started clearly later is another process. */
  notAfter?: Date | undefined;
}

/** All synchronous: they run right before or inside a short transaction. Boot and namespace are read once, when needed. */
export interface Processes {
  /** undefined when no such process runs (a zombie does not run). */
  identify(pid: number): ProcessIdentity | undefined;
  probe(identity: ProcessIdentity, options?: ProbeOptions): Liveness;
  /** As `probe` of each, in their order; on macOS one spawn for all, not one for each. */
  probeAll(identities: readonly ProcessIdentity[], options?: ProbeOptions): Liveness[];
  /** undefined too when the parent lives outside our pid namespace. */
  parent(pid: number): number | undefined;
  /** Of its program, without a path; undefined when it cannot be seen. */
  nameOf(pid: number): string | undefined;
  /**
   * Running processes other than this one with an argument that contains exactly `text`; those of sibling containers
   * and hidden ones are not seen. Throws `proc.unsupported` where arguments cannot be read.
   */
  withArgument(text: string): number[];
  /** Where processes, this one too, stand; undefined where that cannot be seen at all. */
  workingDirectories(): WorkingDirectories | undefined;
}

export function systemProcesses(made: { platform: string; host: string }): Processes {
  const platform = platformOf(made.platform);
  const here = () => ({ ...platform.here(), host: made.host });
  const look = (pid: number) => (isProcessId(pid) ? platform.look([pid]).get(pid) : undefined);
  const probeAll = (identities: readonly ProcessIdentity[], options: ProbeOptions = {}): Liveness[] => {
    const pids = new Set(identities.map(({ pid }) => pid).filter(isProcessId));
    const sights = platform.look([...pids]);
    return identities.map((identity) => {
      const sight = sights.get(identity.pid) ?? { state: "absent" };
      return judge({ identity, here: here(), sight, notAfter: options.notAfter });
    });
  };
  return {
    identify: (pid) => {
      const sight = look(pid) ?? { state: "absent" };
      if (sight.state === "absent" || sight.state === "ended") return undefined;
      return { pid, startTime: sight.state === "running" ? sight.startTime : null, ...here() };
    },
    probe: (identity, options) => probeAll([identity], options)[0] ?? { state: "unknown", why: "it was not looked at" },
    probeAll,
    parent: (pid) => {
      const sight = look(pid);
      return sight?.state === "running" && isProcessId(sight.parent) ? sight.parent : undefined;
    },
    nameOf: (pid) => {
      const sight = look(pid);
      return sight?.state === "running" ? sight.name : undefined;
    },
    withArgument: (text) => (text === "" ? [] : platform.withArgument(text)),
    workingDirectories: platform.workingDirectories,
  };
}

function platformOf(name: string): Platform {
  if (name === "linux") return linuxPlatform();
  if (name === "darwin") return darwinPlatform();
  return unknownPlatform(name);
}
