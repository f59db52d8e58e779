// Why this machine makes no sandboxes, and what its user can do about it: what is missing is looked for, and then one is
// made for real, since nothing else tells what a kernel refuses.

import { readFileSync } from "node:fs";
import { asFailure, Failure } from "../../../core/failure.ts";
import { programOnPath } from "../../../files/programs.ts";
import type { World } from "../../../world.ts";
import { capture, type Sandbox } from "../provider.ts";

const PLATFORMS = ["linux", "darwin"];
const OF_LINUX = [
  ["bwrap", "bubblewrap"],
  ["socat", "socat"],
  ["rg", "ripgrep"],
  ["bash", "bash"],
  ["tar", "tar"],
] as const;

/** What can be told without making one. */
export function missing({ path }: Pick<World["env"], "path">, platform: string = process.platform): Failure[] {
  if (!PLATFORMS.includes(platform)) {
    return [
      notReady(
        `There are no native sandboxes on ${platform}.`,
        "Use another provider (--provider docker or e2b); on Windows, parallel-cc inside WSL 2 has them.",
      ),
    ];
  }
  const programs = platform === "linux" ? OF_LINUX.filter(([name]) => programOnPath(name, path) === undefined) : [];
  const packages = programs.map(([, name]) => name).join(" ");
  const absent = programs.map(([name]) =>
    notReady(
      `Native sandboxes need ${name}, which is not on PATH.`,
      `Install it: apt-get install ${packages} (Debian, Ubuntu), dnf install ${packages} (Fedora), pacman -S ${packages} (Arch).`,
    ),
  );
  if (programOnPath("claude", path) !== undefined) return absent;
  const claude = notReady(
    "There is no claude on PATH: a native sandbox runs this machine's.",
    "Install Claude Code, or put it on PATH.",
  );
  return [...absent, claude];
}

/** Makes one and takes it away again. Throws what is no reason: that somebody stopped it. */
export async function proven(make: () => Promise<Sandbox>): Promise<Failure[]> {
  try {
    const sandbox = await make();
    await sandbox.destroy();
    return [];
  } catch (thrown) {
    const failure = asFailure(thrown);
    if (failure.kind === "cancelled") throw thrown;
    return [failure];
  }
}

/** Runs the least of programs inside. Errors: `provider.not-ready`. */
export async function entered(
  sandbox: Pick<Sandbox, "exec">,
  { isWeak, signal }: { isWeak: boolean; signal: AbortSignal },
): Promise<void> {
  try {
    const looking = capture(sandbox, { argv: ["true"], cwd: "/", signal });
    // What is stopped half-way in may hold its output open for as long as the sandbox is there.
    const { exit, stderr } = await unlessAborted(signal, looking);
    if (exit !== 0) throw refused(stderr, { isWeak });
  } catch (thrown) {
    signal.throwIfAborted();
    const failure = asFailure(thrown);
    if (failure.code !== "sandbox.exec") throw failure;
    const { stderr } = failure.details;
    throw refused(typeof stderr === "string" ? stderr : failure.message, { isWeak, cause: thrown });
  }
}

/** What is still under way then is left to itself. */
function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const stop = () => reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  return promise;
}

interface Switch {
  file: string;
  refuses: string;
  name: string;
  wanted: string;
}

const SWITCHES: readonly Switch[] = [
  {
    file: "/proc/sys/kernel/unprivileged_userns_clone",
    refuses: "0",
    name: "kernel.unprivileged_userns_clone",
    wanted: "1",
  },
  { file: "/proc/sys/user/max_user_namespaces", refuses: "0", name: "user.max_user_namespaces", wanted: "15000" },
  {
    file: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    refuses: "1",
    name: "kernel.apparmor_restrict_unprivileged_userns",
    wanted: "0",
  },
];

/** Decided by what the kernel is set to; what bubblewrap said is passed on. */
export function refused(
  stderr: string,
  { isWeak, cause, read = readSetting }: { isWeak: boolean; cause?: unknown; read?: (file: string) => string },
): Failure {
  const said = stderr.trim().split("\n").at(-1) ?? "";
  const off = SWITCHES.find(({ file, refuses }) => read(file).trim() === refuses);
  if (off !== undefined) {
    return notReady(
      `This machine does not let programs make user namespaces: ${off.name} is ${off.refuses}. ${said}`,
      `Set it for now: sudo sysctl -w ${off.name}=${off.wanted}; and for good in /etc/sysctl.d/.`,
      cause,
    );
  }
  // bubblewrap has one exit code for all; what it was doing stands in its message (0.4 to 0.11).
  if (/mount proc|\/proc/.test(said) && !isWeak) {
    return notReady(
      `This machine, perhaps a container, lets no program mount /proc: ${said}`,
      "Start the container with --security-opt unmask=ALL --security-opt seccomp=unconfined, use another provider, or " +
        "accept a weaker isolation with --weak-isolation.",
      cause,
    );
  }
  return notReady(
    `No sandbox can be made on this machine: ${said}`,
    "In a container, start it with --security-opt seccomp=unconfined, or use another provider.",
    cause,
  );
}

function readSetting(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function notReady(message: string, hint: string, cause?: unknown): Failure {
  return new Failure({ kind: "unavailable", code: "provider.not-ready", message, hint, cause });
}
