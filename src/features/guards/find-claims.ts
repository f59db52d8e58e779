// What `find` would remove: which files it goes by is told as far as names, kinds and depths say it. One that chooses by
// more than these (`-mtime`, `-o`, what a program answers) is not decided. Pure.

import type { Call } from "./calls.ts";
import { type Chosen, type Claim, targetOf } from "./claims.ts";
import { readOptions } from "./options.ts";
import { type Value, wordOf } from "./values.ts";

/** They choose nothing: of a directory, all in it is found. */
const UNCHOOSING = /^-(depth|d|xdev|mount|noleaf|ignore_readdir_race|follow|prune|true|print0?|ls)$/;
const KINDS: Readonly<Record<string, Chosen["kind"]>> = { f: "file", d: "directory" };

export function findClaims({ args, directory }: Call): Claim[] {
  const words = args.map((one) => wordOf(one) ?? "");
  let at = words.findIndex((word) => !/^-([HLP]+|O\d)$/.test(word));
  if (at < 0) return [];
  const first = at;
  while (at < words.length && !/^(-.|[()!,])/.test(words[at] ?? "")) at++;
  const starts: readonly Value[] = at === first ? [{ kind: "text", text: "." }] : args.slice(first, at);
  const chosen = chosenBy(args, at);
  if (chosen === undefined) return [];
  const deed = chosen.isDeep ? "find -exec rm -r" : "find -delete";
  return starts.flatMap((start) => {
    const target = targetOf(start, directory);
    return target === undefined ? [] : [{ kind: "files" as const, target, extent: "tree" as const, chosen, deed }];
  });
}

/** Undefined where nothing is removed, or which is not known. What stands behind the removal chooses no more. */
function chosenBy(args: readonly Value[], start: number): Chosen | undefined {
  const words = args.map((one) => wordOf(one));
  const [least, most] = [depthAt(words.indexOf("-mindepth"), 0), depthAt(words.indexOf("-maxdepth"), 1000)];
  const names: Chosen["names"][number][] = [];
  let kind: Chosen["kind"];
  let isNegated = false;
  for (let at = start; at < words.length; at++) {
    const word = words[at];
    const isNot = word === "!" || word === "-not";
    if (word === undefined || (isNegated && !/^-i?(name|path|wholename)$/.test(word))) return undefined;
    if (word === "-delete") return { names, kind, least, most, isDeep: false };
    if (word === "-exec" || word === "-execdir") {
      const removed = removedBy(args.slice(at + 1));
      return removed === undefined ? undefined : { names, kind, least, most, isDeep: removed === "tree" };
    }
    const [, caseless, by] = /^-(i?)(name|path|wholename)$/.exec(word) ?? [];
    if (by !== undefined) {
      const pattern = words[++at];
      if (pattern === undefined) return undefined;
      names.push({ pattern, isPath: by !== "name", isNegated, isCaseless: caseless === "i" });
    } else if (word === "-type") {
      kind = KINDS[words[++at] ?? ""];
      if (kind === undefined) return undefined;
    } else if (word === "-mindepth" || word === "-maxdepth") at++;
    else if (!isNot && !UNCHOOSING.test(word)) return undefined;
    isNegated = isNot;
  }
  return undefined;

  function depthAt(option: number, otherwise: number): number {
    return option < 0 ? otherwise : Number(words[option + 1] ?? Number.NaN);
  }
}

function removedBy(words: readonly Value[]): "tree" | "file" | undefined {
  const end = words.findIndex((one) => wordOf(one) === ";" || wordOf(one) === "+");
  const [program, ...args] = words.slice(0, end < 0 ? undefined : end);
  if (!/^(\/\w+)*\/?(rm|unlink)$/.test(wordOf(program) ?? "")) return undefined;
  const options = readOptions(args, {});
  if (options.has("i", "interactive") && !options.has("f", "force")) return undefined;
  return options.has("r", "R", "recursive") ? "tree" : "file";
}
