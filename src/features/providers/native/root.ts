// The directory that native sandboxes are made in, and why it may be unfit for that: a sandbox has system directories of
// its own where the machine has its, and programs are started from it.

import { accessSync, constants, existsSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { asFailure, Failure, usage } from "../../../core/failure.ts";
import { clause, printable } from "../../../core/text.ts";
import type { World } from "../../../world.ts";

type Effects = Pick<World, "env" | "paths">;

/** Errors: `usage.relative-root`. */
export function rootOf({ env, paths }: Effects): string {
  const root = env.nativeSandboxRoot ?? join(paths.home, "native");
  if (isAbsolute(root)) return root;
  throw usage("relative-root", `NATIVE_SANDBOX_ROOT must be an absolute path; "${printable(root)}" is not.`);
}

/** Its real path; it is there then. Errors: `provider.not-ready`. */
export function makeRoot(world: Effects): string {
  const root = rootOf(world);
  const why = unfit(root, readMounts());
  if (why !== undefined) throw unfitRoot(world, why);
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
    accessSync(root, constants.W_OK | constants.X_OK);
    return realpathSync(root);
  } catch (cause) {
    throw unfitRoot(world, clause(cause instanceof Error ? cause.message : String(cause)), cause);
  }
}

/** As `makeRoot`; none: it is fit, and there. */
export function rootProblems(world: Effects): Failure[] {
  try {
    makeRoot(world);
    return [];
  } catch (thrown) {
    return [asFailure(thrown)];
  }
}

const OF_SYSTEM = ["/dev", "/proc", "/sys"];

/** In words; undefined: nothing is known against it. `mounts` is what Linux has in /proc/self/mountinfo. */
export function unfit(root: string, mounts: string): string | undefined {
  const real = placeOf(root);
  const system = OF_SYSTEM.find((one) => isIn(one, real));
  if (system !== undefined) return `it is below ${system}, and each sandbox has a ${system} of its own`;
  const mount = mountOf(real, mounts);
  if (mount?.options.includes("noexec") !== true) return undefined;
  return `no program can be started from the file system at ${printable(mount.point)} (it is mounted with noexec)`;
}

/** What is there of it, by its real path. */
function placeOf(path: string): string {
  const above = dirname(path);
  if (existsSync(path)) return realpathSync(path);
  return above === path ? path : resolve(placeOf(above), path.slice(above.length).replace(/^\/+/, ""));
}

interface Mount {
  point: string;
  options: string[];
}

/** The deepest; of several at one place the last one, which lies over the others. */
function mountOf(path: string, mounts: string): Mount | undefined {
  const all = mounts.split("\n").flatMap((line): Mount[] => {
    const [, , , , point, options] = line.split(" ");
    return point === undefined || options === undefined
      ? []
      : [{ point: unescaped(point), options: options.split(",") }];
  });
  const around = all.filter(({ point }) => isIn(point, path));
  return around.reduce<Mount | undefined>(
    (best, one) => (best === undefined || one.point.length >= best.point.length ? one : best),
    undefined,
  );
}

function isIn(directory: string, path: string): boolean {
  return directory === "/" || path === directory || path.startsWith(`${directory}/`);
}

/** Spaces and the like stand there in octal. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function readMounts(): string {
  try {
    return readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    return "";
  }
}

function unfitRoot(world: Effects, why: string, cause?: unknown): Failure {
  const root = rootOf(world);
  const usual = join(world.paths.home, "native");
  const isChosen = world.env.nativeSandboxRoot !== undefined && root !== usual;
  const elsewhere =
    "a directory of yours on a disk that programs can be started from, and not below /dev, /proc or /sys";
  return new Failure({
    kind: "unavailable",
    code: "provider.not-ready",
    message: `Native sandboxes cannot be made in ${printable(root)}: ${why}.`,
    hint: isChosen
      ? `Let NATIVE_SANDBOX_ROOT name ${elsewhere}; without it that is ${printable(usual)}.`
      : `Set NATIVE_SANDBOX_ROOT to ${elsewhere}.`,
    cause,
  });
}
