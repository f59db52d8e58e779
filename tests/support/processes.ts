// Waiting for something to come true, and processes for sessions to live by.

const POLL_MS = 5;

/** Polls until the condition gives something truthy, and gives that; fails after the deadline. */
export async function waitFor<Value>(
  condition: () => Value | Promise<Value>,
  what: string,
  deadlineMs = 10_000,
): Promise<NonNullable<Value>> {
  const started = performance.now();
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() - started > deadlineMs) throw new Error(`waited ${deadlineMs} ms in vain: ${what}`);
    await Bun.sleep(POLL_MS);
  }
}

export interface Sleeper extends AsyncDisposable {
  pid: number;
  /** Ends it and waits until it is reaped, so that its pid is nobody's. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** A process that lives until the test ends it: `await using claude = sleeper()`. */
export function sleeper(): Sleeper {
  const child = Bun.spawn(["sleep", "3600"], { env: { PATH: "/usr/bin:/bin" }, stdio: ["ignore", "ignore", "ignore"] });
  const kill = async (signal: NodeJS.Signals = "SIGKILL"): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await child.exited;
  };
  return { pid: child.pid, kill, [Symbol.asyncDispose]: () => kill() };
}

/** The pid of a process that has ended: nothing lives there. */
export async function deadPid(): Promise<number> {
  const process = sleeper();
  await process.kill();
  return process.pid;
}
