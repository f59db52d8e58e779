// Ends a child we started: TERM, and KILL when it is still there after a grace. Never waits longer than twice that,
// since a child of another user or in an uninterruptible wait may not die at all.

const GRACE_MS = 2000;
const POLL_MS = 20;

interface Child {
  readonly pid: number;
  readonly exited: Promise<number>;
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

export async function killGently(child: Child, target: { isGroup: boolean }): Promise<void> {
  const send = (signal: "SIGTERM" | "SIGKILL") => {
    if (target.isGroup) signalGroup(child.pid, signal);
    else child.kill(signal);
  };
  send("SIGTERM");
  if (target.isGroup ? await groupEnds(child.pid) : await settlesWithin(child.exited, GRACE_MS)) return;
  send("SIGKILL");
  await settlesWithin(child.exited, GRACE_MS);
}

export async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), ms);
  try {
    return await Promise.race([promise.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The leader's exit says nothing about the others, and the kernel tells nobody when a group is empty: hence the poll. */
async function groupEnds(leader: number): Promise<boolean> {
  for (let waited = 0; waited < GRACE_MS; waited += POLL_MS) {
    if (!signalGroup(leader, 0)) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return !signalGroup(leader, 0);
}

/** False when nobody is left in the group. */
function signalGroup(leader: number, signal: "SIGTERM" | "SIGKILL" | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (thrown) {
    // EPERM: members there are, but of another user.
    return !(thrown instanceof Error && "code" in thrown && thrown.code === "ESRCH");
  }
}

/** What has ended meanwhile, or belongs to somebody else, is passed over. */
export function killOutright(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Not there any more.
    }
  }
}
