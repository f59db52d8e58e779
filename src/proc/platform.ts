// What a platform must be able to say about processes, and the one question all of them answer alike: does a signal
// reach a pid?

/** What is seen of a pid now. `hidden`: it may be there, but when it started cannot be read. */
export type Sight =
  | { state: "running"; startTime: string; parent: number; name: string; startedAt(): Date | undefined }
  | { state: "ended"; why: string }
  | { state: "absent" }
  | { state: "hidden"; why: string };

export interface WorkingDirectories {
  byPid: ReadonlyMap<number, string>;
  /** Processes at a terminal that cannot be looked into (another user's: sudo, su): they may stand anywhere. */
  hidden: readonly number[];
}

/** Those that stand in the directory or below it. */
export function workingIn({ byPid }: WorkingDirectories, directory: string): number[] {
  return [...byPid].flatMap(([pid, at]) => (at === directory || at.startsWith(`${directory}/`) ? [pid] : []));
}

export interface Platform {
  /** null: this platform has no such thing, or does not let us read it. */
  here(): { bootId: string | null; pidNamespace: string | null };
  /** Answers every pid asked for. */
  look(pids: readonly number[]): Map<number, Sight>;
  withArgument(text: string): number[];
  workingDirectories(): WorkingDirectories | undefined;
}

/** kill(2) gives 0 and negative numbers another meaning; pids have 31 bits everywhere. */
export function isProcessId(pid: number): boolean {
  return Number.isInteger(pid) && pid > 0 && pid < 2 ** 31;
}

/** Asks the kernel itself, in our own pid namespace, whatever is mounted or hidden. */
export function isNobody(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (thrown) {
    return errorCode(thrown) === "ESRCH";
  }
}

export function errorCode(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
}
