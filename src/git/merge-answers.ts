// What `git merge-tree -z --stdin` answers, by its fields and the fixed words of its message types, never its English.

export const CONFLICT_KINDS = [
  "content",
  "add/add",
  "binary",
  "modify/delete",
  "rename/rename",
  "rename/delete",
  "rename/add",
  "directory-rename",
  "file/directory",
  "mode",
  "submodule",
  "merge-driver",
  "other",
] as const;
export type ConflictKind = (typeof CONFLICT_KINDS)[number];

/** What one side has at a path. */
export interface Staged {
  mode: string;
  object: string;
}

export interface Stages {
  base?: Staged;
  ours?: Staged;
  theirs?: Staged;
}

export interface RawFile {
  /** Bytes, one character for each (latin1): no name need be UTF-8. */
  path: string;
  kind: ConflictKind;
  stages: Stages;
  /** Other paths that git names with it: where it was before, the directory that was renamed. */
  others: string[];
}

export interface RawMerge {
  isClean: boolean;
  tree: string;
  files: RawFile[];
}

interface Message {
  paths: string[];
  type: string;
}

/** Undefined when it is not what git writes. In `--stdin` 1 says clean and 0 conflicts, unlike the exit code. */
export function parseMerges(output: string): RawMerge[] | undefined {
  const tokens = output.split("\0");
  const merges: RawMerge[] = [];
  let at = 0;
  // The last NUL leaves an empty token.
  while (at < tokens.length - 1) {
    const status = tokens[at];
    const tree = tokens[at + 1] ?? "";
    if ((status !== "0" && status !== "1") || !/^[0-9a-f]{40,64}$/.test(tree)) return undefined;
    at += 2;
    if (status === "1") {
      if (tokens[at++] !== "") return undefined;
      merges.push({ isClean: true, tree, files: [] });
      continue;
    }
    const stages = new Map<string, Stages>();
    for (; at < tokens.length && tokens[at] !== ""; at++) {
      const [, mode = "", object = "", stage, path = ""] =
        /^(\d+) (\S+) ([123])\t([\s\S]*)$/.exec(tokens[at] ?? "") ?? [];
      if (stage === undefined) return undefined;
      const side = stage === "1" ? "base" : stage === "2" ? "ours" : "theirs";
      stages.set(path, { ...stages.get(path), [side]: { mode, object } });
    }
    at++;
    const messages: Message[] = [];
    // Of submodules git adds advice for people, in place of the empty token at the end.
    while (/^\d{1,9}$/.test(tokens[at] ?? "")) {
      const count = Number(tokens[at]);
      if (at + count + 2 >= tokens.length) return undefined;
      messages.push({ paths: tokens.slice(at + 1, at + 1 + count), type: tokens[at + 1 + count] ?? "" });
      at += count + 3;
    }
    if (at++ >= tokens.length) return undefined;
    merges.push({ isClean: false, tree, files: filesOf(stages, messages) });
  }
  return merges;
}

/** From the most telling to the least: of a file that was renamed on both sides its content may conflict as well. */
const KINDS_OF_TYPES: readonly (readonly [type: RegExp, kind: ConflictKind])[] = [
  [/\(submodule|submodule\)/, "submodule"],
  [/^CONFLICT ?\(file\/directory\)/, "file/directory"],
  [/^CONFLICT ?\(distinct modes\)/, "mode"],
  [/^CONFLICT ?\(binary\)/, "binary"],
  [/^CONFLICT ?\(rename\/rename\)/, "rename/rename"],
  [/^CONFLICT ?\(rename\/delete\)/, "rename/delete"],
  [/^CONFLICT ?\(rename involved in collision\)/, "rename/add"],
  [/^CONFLICT ?\(modify\/delete\)/, "modify/delete"],
  [/directory rename/, "directory-rename"],
  [/^CONFLICT ?\(contents\)/, "content"],
];

function filesOf(stages: ReadonlyMap<string, Stages>, messages: readonly Message[]): RawFile[] {
  const telling = messages.filter(({ type }) => /^(CONFLICT|ERROR)/.test(type));
  // Some conflicts leave no entry (a directory renamed to several places); one without any path has none to name.
  const named = telling.flatMap(({ paths }) => (paths.some((path) => stages.has(path)) ? [] : paths.slice(0, 1)));
  return [...new Set([...stages.keys(), ...named])].map((path) => {
    const own = telling.filter(({ paths }) => paths.includes(path));
    const found = stages.get(path) ?? {};
    const others = new Set(own.flatMap(({ paths }) => paths.filter((one) => one !== path)));
    return { path, kind: kindOf(own, found), stages: found, others: [...others] };
  });
}

function kindOf(messages: readonly Message[], { base, ours, theirs }: Stages): ConflictKind {
  const kind = KINDS_OF_TYPES.find(([type]) => messages.some((one) => type.test(one.type)))?.[1];
  if (kind === undefined) return "other";
  if (kind !== "content") return kind;
  if (ours !== undefined && ours.object === theirs?.object) return "mode";
  return base === undefined ? "add/add" : "content";
}
