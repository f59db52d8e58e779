// What a shell does itself instead of running a program: where it goes, what it sets, when it ends. Pure but for the
// question whether a directory is there.

import type { Target } from "./claims.ts";
import { forget, forgetVariables, type Shell } from "./shell.ts";
import type { Script } from "./syntax.ts";
import type { Known, Value } from "./values.ts";

export interface Ground {
  home: string;
  directory: string;
  isDirectory(path: string): boolean;
  /** From its top, the checkout of a directory. */
  topOf(directory: string): string | undefined;
  /** The files a pattern means, as they would be named there. */
  matching(target: Target): string[];
}

/** Undefined where nobody knows whether it succeeds. */
export type Success = boolean | undefined;

/** They run what is not in sight, in this very shell. */
const FORGETTING = new Set(["source", ".", "popd"]);
/** They set variables by name. */
const SETTING = new Set(["read", "mapfile", "readarray", "getopts", "unset", "let"]);

/** "none": it is a program, or `eval`. */
export function runBuiltin(
  { name, args }: { name: string; args: readonly Value[] },
  shell: Shell,
  ground: Ground,
): Success | "none" {
  if (name === "cd" || name === "pushd") return enter(args, shell, ground);
  if (name === "true" || name === ":" || name === "echo") return true;
  if (name === "false") return false;
  if (FORGETTING.has(name)) forget(shell);
  else if (SETTING.has(name)) forgetVariables(shell);
  else if (name === "break" || name === "continue") shell.over = "break";
  else if (name === "return" || name === "exit") shell.over = name;
  else if (name === "printf") {
    // It may print into a variable.
    if (args[0]?.kind !== "text" || args[0].text === "-v") forgetVariables(shell);
    return true;
  } else return "none";
  return undefined;
}

function enter(args: readonly Value[], shell: Shell, ground: Ground): Success {
  const [named, ...more] = args.filter((one) => !(one.kind === "text" && /^-[LPe@-]+$/.test(one.text)));
  const told = named === undefined ? ground.home : named.kind === "text" ? named.text : undefined;
  const path = told === "-" ? shell.previous : pathFrom(shell, told);
  const isThere = path !== undefined && more.length === 0 && ground.isDirectory(path);
  shell.previous = shell.directory;
  shell.directory = isThere ? path : undefined;
  return isThere || undefined;
}

/** As `cd` counts: `..` takes back the name before it. */
export function pathFrom({ directory }: Pick<Shell, "directory">, path: string | undefined): string | undefined {
  if (path === undefined || (directory === undefined && !path.startsWith("/"))) return undefined;
  const names: string[] = [];
  for (const name of (path.startsWith("/") ? path : `${directory}/${path}`).split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `/${names.join("/")}`;
}

/** What words are made of there. */
export function knownIn(shell: Shell, ground: Ground): Known {
  const variable = (name: string): string | undefined => {
    if (shell.isMaybe && shell.loops.has(name)) return undefined;
    if (shell.variables.has(name)) return shell.variables.get(name);
    if (name === "PWD") return shell.directory;
    return name === "HOME" ? ground.home : undefined;
  };
  return { home: variable("HOME"), variable, printed: (script) => printedBy(script, shell, ground) };
}

/** Of the two commands by which scripts ask where they are. */
function printedBy([only, ...more]: Script, { directory }: Shell, ground: Ground): string | undefined {
  if (only?.node.kind !== "command" || more.length > 0 || directory === undefined) return undefined;
  const words = only.node.words.map(({ parts }) =>
    parts.map((part) => (part.kind === "text" ? part.text : "$")).join(""),
  );
  const said = words.join(" ");
  if (said === "pwd") return directory;
  return said === "git rev-parse --show-toplevel" ? ground.topOf(directory) : undefined;
}
