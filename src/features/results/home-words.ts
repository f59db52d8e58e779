// What the script in the sandbox says before its bundle. Whoever runs inside may have said it: each word is looked at,
// what is not as it should be is dropped or refused.

import { Failure } from "../../core/failure.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { Gathered } from "./kept.ts";
import { shown } from "./raw-paths.ts";

export type HomeWords = Omit<Gathered, "isUnchanged" | "bundleBytes" | "form"> & { hasBundle: boolean };

const MOST_LINES = 5000;
const MOST_LINE_BYTES = 16 * 1024;
const MOST_TOLD = 100;
const ID = "[0-9a-f]{40}(?:[0-9a-f]{24})?";
const LINE = {
  head: new RegExp(`^(${ID}) ?(.*)$`),
  tip: new RegExp(`^(${ID})$`),
  branch: new RegExp(`^(${ID}) refs/heads/(.+)$`),
  tag: new RegExp(`^(${ID}) refs/tags/(.+)$`),
  stash: new RegExp(`^(${ID})$`),
  message: new RegExp(`^(${ID}) refs/tags/(.+)$`),
  worktree: new RegExp(`^(${ID}) (.+)$`),
};

type Lists = Pick<
  HomeWords,
  "branches" | "tags" | "messages" | "stashes" | "worktrees" | "abandoned" | "nested" | "unread" | "refs" | "ignored"
>;

/** Errors: `results.garbled`. */
export async function readWords(reader: ByteReader): Promise<HomeWords> {
  try {
    return await read(reader);
  } catch (thrown) {
    if (thrown instanceof RangeError) throw garbled(thrown.message);
    throw thrown;
  }
}

async function read(reader: ByteReader): Promise<HomeWords> {
  const lineOf = async () => (await reader.until(10, MOST_LINE_BYTES))?.toString("latin1");
  const first = await lineOf();
  if (first !== "parallel-cc-home 1")
    throw garbled("it does not begin as it should", { isSilent: first === undefined });
  const words: Lists = {
    ...{ branches: [], tags: [], messages: [], stashes: [], worktrees: [], abandoned: [] },
    ...{ nested: [], unread: [], refs: [], ignored: [] },
  };
  let head: string | undefined;
  let tip: string | undefined;
  let branch: string | undefined;
  let operation: string | undefined;
  let hasBundle: boolean | undefined;
  for (let count = 0; ; count++) {
    const line = await lineOf();
    if (line === undefined || count > MOST_LINES) throw garbled("it has no end");
    if (line === "") break;
    const [, word = "", rest = ""] = /^(\S+) ?(.*)$/s.exec(line) ?? [];
    if (word === "bundle" || word === "nothing") hasBundle = word === "bundle";
    if (word === "head") {
      const [, id, ref = ""] = LINE.head.exec(rest) ?? [];
      head = id;
      branch = ref.startsWith("refs/heads/") ? shown(ref.slice("refs/heads/".length)) : undefined;
    }
    if (word === "tip") tip = LINE.tip.exec(rest)?.[1];
    if (word === "branch" || word === "tag" || word === "message" || word === "worktree") {
      const [, commit, name] = LINE[word].exec(rest) ?? [];
      const list = { branch: words.branches, tag: words.tags, message: words.messages, worktree: words.worktrees }[
        word
      ];
      if (commit !== undefined && name !== undefined)
        list.push({ name: Buffer.from(name, "latin1").toString(), commit });
    }
    if (word === "stash" && LINE.stash.test(rest)) words.stashes.push(rest);
    if (word === "abandoned" && LINE.stash.test(rest)) words.abandoned.push(rest);
    if (word === "nested" && words.nested.length < MOST_TOLD)
      words.nested.push(shown(rest.replace(/^\//, "").replaceAll("\u0001", "\n")));
    if (word === "unread" && words.unread.length < MOST_TOLD) words.unread.push(shown(rest));
    if (word === "ref" && words.refs.length < MOST_TOLD) words.refs.push(shown(rest));
    if (word === "ignored" && words.ignored.length < MOST_TOLD)
      words.ignored.push(shown(rest.replaceAll("\u0001", "\n")));
    if (word === "operation") operation ??= OPERATIONS[rest];
  }
  if (head === undefined || tip === undefined || hasBundle === undefined)
    throw garbled("it does not say what was committed");
  return { ...words, head, tip, branch, operation, hasBundle };
}

const OPERATIONS: Readonly<Record<string, string>> = {
  "rebase-merge": "rebase",
  "rebase-apply": "rebase",
  MERGE_HEAD: "merge",
  CHERRY_PICK_HEAD: "cherry-pick",
  REVERT_HEAD: "revert",
  BISECT_LOG: "bisect",
};

function garbled(why: string, details = {}): Failure {
  return new Failure({
    kind: "unavailable",
    code: "results.garbled",
    message: `What the sandbox answered is not what parallel-cc's script says: ${why}.`,
    hint: "Something inside may have taken git's or the shell's place. What came home before is still here.",
    details,
  });
}
