// What programs that remove, move or empty files would destroy. Pure.

import type { Call } from "./calls.ts";
import { type Claim, type FilesClaim, targetOf } from "./claims.ts";
import { findClaims } from "./find-claims.ts";
import { type Options, readOptions } from "./options.ts";
import { type Value, wordOf } from "./values.ts";

type Claimed = Pick<FilesClaim, "extent" | "isNarrowed">;

function files(call: Call, values: readonly (Value | undefined)[], claimed: Claimed & { deed: string }): Claim[] {
  return values.flatMap((value) => {
    const target = targetOf(value, call.directory);
    return target === undefined ? [] : [{ kind: "files" as const, target, ...claimed }];
  });
}

export const FILE_COMMANDS: Readonly<Record<string, (call: Call) => Claim[]>> = Object.assign(Object.create(null), {
  rm: (call: Call) => {
    const options = readOptions(call.args, {});
    // What it asks, nobody answers.
    const isAsking = options.has("i", "interactive") && !options.has("f", "force");
    if (options.has("help", "version") || isAsking) return [];
    const isRecursive = options.has("r", "R", "recursive");
    return files(call, options.words, { extent: isRecursive ? "tree" : "file", deed: isRecursive ? "rm -r" : "rm" });
  },
  unlink: (call: Call) => files(call, readOptions(call.args, {}).words, { extent: "file", deed: "unlink" }),
  mv: (call: Call) => {
    const options = readOptions(call.args, { takes: ["t", "target-directory", "S", "suffix"] });
    if (options.has("help", "version")) return [];
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
    const size = wordOf(options.value("s") ?? options.value("size")) ?? "";
    // It only grows.
    if (options.has("help", "version") || /^[+>]/.test(size.trim())) return [];
    return files(call, options.words, { extent: "content", deed: "truncate" });
  },
  tee: (call: Call) => {
    const options = readOptions(call.args, {});
    if (options.has("a", "append", "help", "version") || options.isUnsure) return [];
    return files(call, options.words, { extent: "content", deed: "tee" });
  },
  dd: (call: Call) => {
    const said = call.args.map((one) => wordOf(one) ?? "");
    if (said.some((one) => /^oflag=.*append/.test(one)) && said.some((one) => /^conv=.*notrunc/.test(one))) return [];
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
  if (
    !options.has(...deletes) ||
    options.has("n", "dry-run", "list-only") ||
    options.isUnsure ||
    options.words.length < 2
  )
    return [];
  // Another machine's.
  if (destination?.kind === "text" && /^[^/]*:/.test(destination.text)) return [];
  // Without a slash behind it, a source is one name in the destination.
  const isOne = options.words.slice(0, -1).some((one) => one.kind !== "text" || !/(^|\/)\.?$/.test(one.text));
  const isNarrowed = isOne || options.has("f", "F", "C", "filter", "exclude", "include", "exclude-from", "files-from");
  return files(call, [destination], { extent: "tree", isNarrowed, deed: "rsync --delete" });
}
