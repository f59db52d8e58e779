// What a user asks for by name: paths of a checkout, and the files that stand there. A wrong one is said before anything is
// made for a run, and all wrong ones at once.

import { lstatSync, readdirSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import { type Failure, usage } from "../../core/failure.ts";
import { fullPath, insideOf, pathFrom, shownPath } from "../../files/byte-paths.ts";

/** Looks at the disk only, so that it can be asked before anything else. Errors: `usage.include`. */
export function checkIncludes(top: string, include: readonly string[]): void {
  const missing = pathsInside(top, include).filter((path) => filesBelow(top, path).next().done);
  if (missing.length > 0) throw notThere(top, missing);
}

/** From the top. Errors: `usage.include`. */
export function pathsInside(top: string, include: readonly string[]): string[] {
  const paths = include.map((named) => ({ named, path: relative(top, resolve(top, named)) }));
  const outside = paths.filter(({ path }) => path === ".." || path.startsWith("../") || isAbsolute(path));
  if (outside.length === 0) return paths.map(({ path }) => pathFrom(path));
  const missing = paths.filter((one) => !outside.includes(one) && filesBelow(top, pathFrom(one.path)).next().done);
  const [names, verb] = listed(outside.map(({ named }) => named));
  const others =
    missing.length === 0
      ? ""
      : ` ${
          notThere(
            top,
            missing.map(({ path }) => pathFrom(path)),
          ).message
        }`;
  const hint = "Name files or folders of the project with --include.";
  throw usage("include", `${names} ${verb} outside of ${top}.${others}`, hint);
}

export function notThere(top: string, paths: readonly string[]): Failure {
  const [names] = listed(paths.map(shownPath));
  return usage(
    "include",
    `There is no ${names} in ${top}.`,
    "Name a file or folder that is there; an empty one is none.",
  );
}

function listed(names: readonly string[]): [names: string, verb: string] {
  return [names.join(", "), names.length === 1 ? "is" : "are"];
}

/** All there is, but of repositories' own directories. Links are files, and their targets are not entered. */
export function* filesBelow(top: string, path: string): Generator<string, void> {
  if (path !== "" && !insideOf(top)(path)) return;
  const stats = lstatSync(fullPath(top, path), { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isDirectory()) {
    yield path;
    return;
  }
  const names = readdirSync(fullPath(top, path), { encoding: "buffer" }).map((name) => name.toString("latin1"));
  for (const name of names.filter((one) => one !== ".git").sort()) {
    yield* filesBelow(top, path === "" ? name : `${path}/${name}`);
  }
}
