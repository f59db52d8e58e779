// What a shell does itself instead of running a program: where it goes, what it sets, when it ends. Pure but for the
// question whether a directory is there.

import { type Target, targetOf } from "./claims.ts";
import { forget, forgetVariables, type Shell, type Success, setPositions } from "./shell.ts";
import type { Script } from "./syntax.ts";
import { type Known, type Value, wordOf } from "./values.ts";

export interface Ground {
  home: string;
  directory: string;
  isDirectory(path: string): boolean;
  isThere(path: string): boolean;
  /** From its top, the checkout of a directory. */
  topOf(directory: string): string | undefined;
  /** The files a pattern means, as they would be named there. */
  matching(target: Target): string[];
}

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
  else if (name === "return" || name === "exit") shell.over = name;
  // Of several loops: as if of all.
  else if (name === "break" || name === "continue")
    shell.over = args.length === 0 || wordOf(args[0]) === "1" ? name : "return";
  else if (name === "shift") setPositions(shell, []);
  else if (name === "set") setOptions(args, shell);
  else if (name === "wait" && args.some((one) => wordOf(one)?.startsWith("-p"))) forgetVariables(shell);
  else if (name === "printf") {
    // It may print into a variable.
    if (args[0]?.kind !== "text" || args[0].text === "-v") forgetVariables(shell);
    return true;
  } else return "none";
  return undefined;
}

/** Variables set for one command alone, or by one that declares them. */
export type Given = ReadonlyMap<string, string | undefined>;

const DECLARING = new Set(["export", "declare", "typeset", "local", "readonly"]);

export function isDeclaring(name: string | undefined): name is string {
  return name !== undefined && DECLARING.has(name);
}

/** "" where they are set without a word before them. */
export function declare({ name, words, given }: { name: string; words: readonly Value[]; given: Given }, shell: Shell) {
  const named = words.slice(1).flatMap((one) => wordOf(one) ?? []);
  const isUndone = named.some((one) => /^-\w*n/.test(one));
  for (const [variable, value] of given) shell.variables.set(variable, value);
  // A name for another variable: what is set by it is not followed.
  if (isUndone && name !== "export") forgetVariables(shell);
  if (name !== "export") return;
  for (const one of [...given.keys(), ...named]) {
    if (isUndone) shell.exported.delete(one);
    else shell.exported.add(one);
  }
}

function setOptions(args: readonly Value[], shell: Shell): void {
  const words = args.map((one) => wordOf(one) ?? "");
  for (const [at, word] of words.entries()) {
    if (!/^[-+]./.test(word) || word === "--") {
      if (words[at - 1]?.includes("o") !== true) setPositions(shell, []);
      return;
    }
    const isOn = word.startsWith("-");
    const named = word.includes("o") ? words[at + 1] : undefined;
    if (word.includes("e") || named === "errexit") shell.isStrict = isOn;
    if (word.includes("C") || named === "noclobber") shell.keepsFiles = isOn;
  }
}

function enter(args: readonly Value[], shell: Shell, ground: Ground): Success {
  const [given, ...more] = args.filter((one) => !(one.kind === "text" && /^-[LPe@-]+$/.test(one.text)));
  const named = given && onlyMatch(given, shell.directory, ground);
  const told = named === undefined ? ground.home : named.kind === "text" ? named.text : undefined;
  const path = told === "-" ? shell.previous : pathFrom(shell, told);
  const isThere = path !== undefined && more.length === 0 && ground.isDirectory(path);
  shell.previous = shell.directory;
  shell.directory = isThere ? path : undefined;
  return isThere || undefined;
}

/** A pattern that means one file is that file. */
export function onlyMatch(value: Value, directory: string | undefined, { matching }: Pick<Ground, "matching">): Value {
  const target = value.kind === "pattern" ? targetOf(value, directory) : undefined;
  const [only, ...more] = target === undefined ? [] : matching(target);
  return only === undefined || more.length > 0 ? value : { kind: "text", text: only };
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
