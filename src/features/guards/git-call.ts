// Which of its commands git is called with, and where it would work: `-C`, `--git-dir`, `--work-tree` and the variables of
// the same meaning. Pure.

import { pathFrom } from "./builtins.ts";
import type { Call } from "./calls.ts";
import type { Claim, GitPlace } from "./claims.ts";
import { type Value, wordOf } from "./values.ts";

export interface GitCall {
  command: string;
  args: readonly Value[];
  at: GitPlace;
}

const TAKES = [
  "-C",
  "-c",
  "--git-dir",
  "--work-tree",
  "--namespace",
  "--config-env",
  "--super-prefix",
  "--attr-source",
];

/** Undefined where it is not known, or git would only tell something. */
export function gitCallOf(call: Call): GitCall | undefined {
  let directory = call.directory;
  const given = new Map<string, string | undefined>();
  let at = 0;
  for (; at < call.args.length; at++) {
    const one = call.args[at];
    if (one?.kind !== "text") return undefined;
    if (!one.text.startsWith("-")) break;
    const [, name = "", inline] = /^(--?[^=]+)(?:=([\s\S]*))?$/.exec(one.text) ?? [];
    if (/^(--help|--version|-h|-v|--exec-path|--html-path|--man-path|--info-path)$/.test(name)) {
      // With a directory of programs git goes on.
      if (inline === undefined) return undefined;
      continue;
    }
    if (!TAKES.includes(name)) continue;
    const value: Value | undefined = inline === undefined ? call.args[++at] : { kind: "text", text: inline };
    const text = value?.kind === "text" ? value.text : undefined;
    if (name === "-C") directory = text === "" ? directory : real(directory, text);
    else given.set(name, text);
  }
  const command = call.args[at];
  if (command?.kind !== "text" || directory === undefined) return undefined;
  const args = call.args.slice(at + 1);
  if (args.some((one) => one.kind === "text" && (one.text === "--help" || one.text === "-h"))) return undefined;
  const gitDir = placeOf(call, given, { option: "--git-dir", variable: "GIT_DIR", directory });
  const workTree = placeOf(call, given, { option: "--work-tree", variable: "GIT_WORK_TREE", directory });
  const common = call.variable("GIT_COMMON_DIR");
  if (gitDir === "unknown" || workTree === "unknown" || common !== undefined) return undefined;
  return { command: command.text, args, at: { directory, gitDir, workTree } };
}

/** As the kernel goes: `..` is looked up when the place is looked at. */
function real(directory: string | undefined, path: string | undefined): string | undefined {
  if (path === undefined || path.startsWith("/")) return path;
  return directory === undefined ? undefined : `${directory}/${path}`;
}

function placeOf(
  call: Call,
  given: ReadonlyMap<string, string | undefined>,
  { option, variable, directory }: { option: string; variable: string; directory: string },
): string | "unknown" | undefined {
  const set = given.has(option) ? { value: given.get(option) } : call.variable(variable);
  if (set === undefined) return undefined;
  return set.value === undefined ? "unknown" : (pathFrom({ directory }, set.value) ?? "unknown");
}

/** A branch that a word names. */
export function ofBranch({ at }: GitCall, value: Value | undefined, deed: string): Claim[] {
  const branch = wordOf(value);
  return branch === undefined ? [] : [{ kind: "branch", at, branch, deed }];
}
