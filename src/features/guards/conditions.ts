// How conditions come out that are asked of known words and of what is on the disk now, and whether what stands under one
// is told. A condition that cannot be answered may be about what it names: what is only done under it is not decided.

import { type Ground, pathFrom } from "./builtins.ts";
import type { Shell, Success } from "./shell.ts";
import { negation } from "./shell.ts";
import type { Node } from "./syntax.ts";
import { type Value, wordOf } from "./values.ts";

const CONDITIONS = new Set(["[", "test", "grep"]);

export function isCondition(node: Node): boolean {
  if (node.kind === "negated") return isCondition(node.node);
  if (node.kind !== "command") return node.kind === "test";
  const [first] = node.words[0]?.parts ?? [];
  return first?.kind === "text" && CONDITIONS.has(first.text);
}

/** Of a program that is a condition, or of `[[`; what it names is noted where it cannot be answered. */
export function answerOf(
  { name, args }: { name: string; args: readonly Value[] },
  shell: Shell,
  ground: Ground,
): Success {
  if (name === "grep" && !args.some((one) => /^-\w*q|^--(quiet|silent)$/.test(wordOf(one) ?? ""))) return undefined;
  if (name !== "grep" && name !== "test" && name !== "[" && name !== "[[") return undefined;
  const words = name === "[" ? args.slice(0, -1) : args;
  const answer = name === "grep" ? undefined : answered(words, shell, ground);
  const named = words.flatMap((one) => wordOf(one) ?? []).filter((word) => /^[^-].*\w/s.test(word));
  if (answer === undefined) shell.asked = [...new Set([...shell.asked, ...named])];
  return answer;
}

function answered(words: readonly Value[], shell: Shell, ground: Ground): Success {
  const [first, ...rest] = words;
  if (wordOf(first) === "!" && rest.length > 0) return negation(answered(rest, shell, ground));
  if (words.length > 3 || words.some((one) => one.kind !== "text")) return undefined;
  const [one = "", two = "", three = ""] = words.map((word) => wordOf(word) ?? "");
  if (words.length === 1) return likely(one !== "");
  if (words.length === 3)
    return two === "!=" ? likely(one !== three) : /^==?$/.test(two) ? likely(one === three) : undefined;
  if (one === "-n" || one === "-z") return likely((one === "-n") === (two !== ""));
  const path = two === "" ? undefined : pathFrom(shell, two);
  if (path === undefined) return undefined;
  if (one === "-d") return likely(ground.isDirectory(path));
  if (one === "-e") return likely(ground.isThere(path));
  if (one === "-f") return likely(ground.isThere(path) && !ground.isDirectory(path));
  return undefined;
}

const likely = (isSo: boolean): Success => (isSo ? "likely" : "unlikely");

/** Not what stands under a condition that nobody can answer and that may be about its words or where it stands. */
export function isTold(shell: Shell, words: readonly string[]): boolean {
  const { isMaybe, directory, asked } = shell;
  if (!tells(shell)) return false;
  const subjects = directory === undefined ? words : [...words, directory];
  return !isMaybe || !asked.some((one) => subjects.some((subject) => isAbout(one, subject)));
}

export function tells({ telling, isMaybe }: Shell): boolean {
  return telling === "all" || (telling === "certain" && !isMaybe) || (telling === "rest" && isMaybe);
}

function isAbout(one: string, other: string): boolean {
  if (one === other) return true;
  return (
    one.startsWith("/") && other.startsWith("/") && (`${one}/`.startsWith(`${other}/`) || other.startsWith(`${one}/`))
  );
}
