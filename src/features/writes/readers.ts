// Programs that only read, and what they may be called with. GNU's take options anywhere and abbreviate long ones, so an
// option that writes is looked for in every word.

import type { Word } from "./read-only.ts";

type Check = (args: readonly Word[]) => boolean;

/** Whatever they are told. */
const ALWAYS = [
  ...["[", "basename", "cat", "cd", "cmp", "comm", "cut", "date", "df", "diff", "dirname", "du", "echo", "egrep"],
  ...["false", "fgrep", "grep", "head", "id", "ls", "nl", "printenv", "printf", "pwd", "readlink", "realpath"],
  ...["rev", "sleep", "stat", "tac", "tail", "test", "tr", "true", "type", "uname", "wc", "which", "whoami"],
];

const FIND_WRITES = /^-(?:delete|exec|ok|fprint|fls)/;
/** It runs what these name. */
const RG_RUNS = /^--(?:pre|hostname)/;
const SORT_OPTION = /^-[bdfghiknrstuzMRV0-9,.:]*$/;
const UNIQ_OPTION = /^-[cdiuz]+$/;
/** Lines by their numbers. */
const SED_PRINTS = /^(?:\d+|\$)(?:,(?:\d+|\$))?p(?:; ?(?:\d+|\$)(?:,(?:\d+|\$))?p)*$/;

const CHECKED: Readonly<Record<string, Check>> = {
  find: (args) => args.every(({ text, isOpen }) => !isOpen && !FIND_WRITES.test(text)),
  rg: (args) => args.every(({ text, isOpen }) => !isOpen && !RG_RUNS.test(text)),
  sort: (args) => args.every((word) => isOperand(word) || (!word.isOpen && SORT_OPTION.test(word.text))),
  // A second file would be written.
  uniq: (args) => args.every(({ text }) => UNIQ_OPTION.test(text)),
  sed: ([option, script, ...files]) =>
    option?.text === "-n" && script !== undefined && SED_PRINTS.test(script.text) && files.every(isOperand),
  git: isGitReading,
};

const CHECKS: ReadonlyMap<string, Check> = new Map([
  ...ALWAYS.map((name): [string, Check] => [name, () => true]),
  ...Object.entries(CHECKED),
]);

/** Of a command that is more than nothing. */
export function isReading([name, ...args]: readonly Word[]): boolean {
  return CHECKS.get(name?.text ?? "")?.(args) ?? false;
}

function isOperand({ text, isOpen }: Word): boolean {
  return !isOpen && !text.startsWith("-");
}

const GIT_READS = new Set([
  ...["blame", "describe", "diff", "log", "ls-files", "ls-tree", "merge-base", "rev-list", "rev-parse", "show"],
  ...["shortlog", "status"],
]);
/** Others, in these forms alone. */
const GIT_LISTS = /^(?:branch(?: (?:-[arv]+|--show-current|--list|--all))*|remote -v|stash list|worktree list)$/;
/** `--output`, and what git takes for it; also behind `--`, which may be an option's value. */
const GIT_WRITES = /^--o(?!neline$)/;

function isGitReading(args: readonly Word[]): boolean {
  let at = 0;
  for (; ; at++) {
    const word = args[at]?.text;
    if (word === "-C" && args[at + 1]?.isOpen === false) at++;
    else if (word !== "--no-pager" && word !== "-P") break;
  }
  const words = args.slice(at);
  if (words.some(({ text, isOpen }) => isOpen || GIT_WRITES.test(text))) return false;
  return GIT_READS.has(words[0]?.text ?? "") || GIT_LISTS.test(words.map(({ text }) => text).join(" "));
}
