// What programs that remove, move or empty files would destroy. Pure.

import type { Call } from "./calls.ts";
import { type Claim, type FilesClaim, targetOf } from "./claims.ts";
import { type Options, readOptions } from "./options.ts";
import { type Value, wordOf } from "./values.ts";

type Claimed = Pick<FilesClaim, "extent" | "isNarrowed" | "reach">;

function files(call: Call, values: readonly (Value | undefined)[], claimed: Claimed & { deed: string }): Claim[] {
  return values.flatMap((value) => {
    const target = targetOf(value, call.directory);
    return target === undefined ? [] : [{ kind: "files" as const, target, ...claimed }];
  });
}

export const FILE_COMMANDS: Readonly<Record<string, (call: Call) => Claim[]>> = Object.assign(Object.create(null), {
  rm: (call: Call) => {
    const options = readOptions(call.args, {});
    if (options.has("help", "version")) return [];
    const isRecursive = options.has("r", "R", "recursive");
    return files(call, options.words, { extent: isRecursive ? "tree" : "file", deed: isRecursive ? "rm -r" : "rm" });
  },
  unlink: (call: Call) => files(call, readOptions(call.args, {}).words, { extent: "file", deed: "unlink" }),
  mv: (call: Call) => {
    const options = readOptions(call.args, { takes: ["t", "target-directory", "S", "suffix"] });
    const sources = options.has("t", "target-directory") ? options.words : options.words.slice(0, -1);
    return [...files(call, sources, { extent: "tree", deed: "mv" }), ...writtenOver(call, options, "mv")];
  },
  cp: (call: Call) => {
    const options = readOptions(call.args, { takes: ["t", "target-directory", "S", "suffix"] });
    return writtenOver(call, options, "cp");
  },
  shred: (call: Call) => {
    const options = readOptions(call.args, { takes: ["n", "s", "iterations", "size", "random-source"] });
    return files(call, options.words, { extent: "content", deed: "shred" });
  },
  truncate: (call: Call) => {
    const options = readOptions(call.args, { takes: ["s", "r", "size", "reference"] });
    return files(call, options.words, { extent: "content", deed: "truncate" });
  },
  tee: (call: Call) => {
    const options = readOptions(call.args, {});
    if (options.has("a", "append") || options.isUnsure) return [];
    return files(call, options.words, { extent: "content", deed: "tee" });
  },
  dd: (call: Call) => {
    const outputs = call.args.flatMap((one) => (one.kind === "text" && one.text.startsWith("of=") ? [one.text] : []));
    const values = outputs.map((text) => ({ kind: "text" as const, text: text.slice("of=".length) }));
    return files(call, values, { extent: "content", deed: "dd" });
  },
  rsync: rsyncClaims,
  find: findClaims,
});

/** The file at the destination, or in it those of the names. */
function writtenOver(call: Call, options: Options, deed: string): Claim[] {
  if (options.has("n", "no-clobber", "i", "interactive", "b", "backup", "help") || options.isUnsure) return [];
  const named = options.value("t") ?? options.value("target-directory");
  const directory = wordOf(named ?? options.words.at(-1));
  if (directory === undefined || directory === "") return [];
  const sources = named === undefined ? options.words.slice(0, -1) : options.words;
  const names = sources.flatMap((one) => wordOf(one)?.replace(/\/+$/, "").split("/").at(-1) ?? []);
  const paths = [...(named === undefined ? [directory] : []), ...names.map((name) => `${directory}/${name}`)];
  const values = paths.map((text) => ({ kind: "text" as const, text }));
  return files(call, values, { extent: "content", deed });
}

const RSYNC_TAKES = [
  ...["e", "f", "B", "T", "M", "rsh", "filter", "exclude", "include", "exclude-from", "include-from", "files-from"],
  ...["backup-dir", "suffix", "max-delete", "partial-dir", "log-file", "port", "password-file", "chmod", "chown"],
];

/** With `--delete` all goes from the destination that the source has not. */
function rsyncClaims(call: Call): Claim[] {
  const options = readOptions(call.args, { takes: RSYNC_TAKES });
  const deletes = [
    "del",
    "delete",
    "delete-before",
    "delete-during",
    "delete-delay",
    "delete-after",
    "delete-excluded",
  ];
  const destination = options.words.at(-1);
  if (!options.has(...deletes) || options.has("n", "dry-run") || options.isUnsure || options.words.length < 2)
    return [];
  // Another machine's.
  if (destination?.kind === "text" && /^[^/]*:/.test(destination.text)) return [];
  // Without a slash behind it, a source is one name in the destination.
  const isOne = options.words.slice(0, -1).some((one) => one.kind !== "text" || !/(^|\/)\.?$/.test(one.text));
  const isNarrowed = isOne || options.has("f", "F", "C", "filter", "exclude", "include", "exclude-from", "files-from");
  return files(call, [destination], { extent: "tree", isNarrowed, deed: "rsync --delete" });
}

/** They choose nothing: of a directory, all in it is found. */
const UNCHOOSING = /^-(depth|d|xdev|mount|noleaf|ignore_readdir_race|follow|print0?|delete|ls)$/;

function findClaims(call: Call): Claim[] {
  const { args } = call;
  const textAt = (at: number): string => {
    const one = args[at];
    return one?.kind === "text" ? one.text : "";
  };
  let at = 0;
  while (/^-([HLP]+|O\d)$/.test(textAt(at))) at++;
  const first = at;
  while (at < args.length && !/^(-.|[()!,])/.test(textAt(at))) at++;
  const starts = at === first ? [{ kind: "text" as const, text: "." }] : args.slice(first, at);
  let extent: "tree" | "file" | undefined;
  let isNarrowed = false;
  let depth: number | undefined;
  let isFilesOnly = false;
  for (; at < args.length; at++) {
    const word = textAt(at);
    if (word === "-delete") extent ??= "file";
    else if (/^-(exec|execdir)$/.test(word)) {
      const end = args.findIndex((_, i) => i > at && (textAt(i) === ";" || textAt(i) === "+"));
      const removed = removedBy(args.slice(at + 1, end < 0 ? undefined : end));
      if (removed === "tree" || (removed !== undefined && extent === undefined)) extent = removed;
      at = end < 0 ? args.length : end;
    } else if (word === "-maxdepth") depth = Number(textAt(++at));
    else if (word === "-mindepth") at++;
    else if (word === "-type") {
      at++;
      isFilesOnly ||= textAt(at) === "f";
      isNarrowed ||= !/^[fd]$/.test(textAt(at));
    } else isNarrowed ||= !UNCHOOSING.test(word);
  }
  if (extent === undefined) return [];
  const isWhole = extent === "tree" && !isFilesOnly;
  const reach = depth === undefined || isWhole ? undefined : depth;
  return files(call, starts, {
    extent: "tree",
    isNarrowed,
    ...(reach !== undefined && { reach }),
    deed: extent === "tree" ? "find -exec rm -r" : "find -delete",
  });
}

function removedBy(words: readonly Value[]): "tree" | "file" | undefined {
  const [program, ...args] = words;
  if (program?.kind !== "text" || !/^(\/\w+)*\/?(rm|unlink)$/.test(program.text)) return undefined;
  return readOptions(args, {}).has("r", "R", "recursive") ? "tree" : "file";
}
