// What the doors may call of conflicts.

import { type AnyAgentOperation, type AnyOperation, agentOperation, operation } from "../../core/operation.ts";
import { flag, TEXT, TEXT_OR_NULL, v, word, YES_OR_NO } from "../../core/shape.ts";
import { clause, counted, printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { lastSeenShape, lastSeenText } from "../merges/merges.ts";
import { broughtText, type FileEntry, fileEntries, fileLines, fileShape, linesText, nameText } from "./file-text.ts";

const checkedShape = () =>
  v.strictObject({
    hasConflicts: YES_OR_NO,
    branch: TEXT,
    tip: TEXT,
    /** Of a branch that is not there: by what its tip is known. */
    lastSeen: lastSeenShape(),
    summary: TEXT,
    targets: v.array(
      v.strictObject({
        target: TEXT,
        commit: TEXT,
        base: TEXT_OR_NULL,
        verdict: v.picklist(["clean", "conflict", "unknown"]),
        why: TEXT_OR_NULL,
        files: v.array(fileShape()),
      }),
    ),
  });
type Answer = v.InferOutput<ReturnType<typeof checkedShape>>;
type Target = Answer["targets"][number];

async function check(
  world: World,
  input: { branch: string; target?: string | undefined; fetch?: boolean | undefined },
) {
  const { checkConflicts } = await import("./check.ts");
  const { targets, ...checked } = await checkConflicts(world, input);
  const shown = targets.map((one) => ({ ...one, files: fileEntries(one.files) }));
  return { ...checked, summary: summaryOf(checked, shown), targets: shown };
}

function summaryOf({ branch, lastSeen }: Pick<Answer, "branch" | "lastSeen">, targets: readonly Target[]): string {
  const seen = lastSeen === null ? [] : [lastSeenText(branch, lastSeen)];
  return [...seen, ...targets.map((one) => `${sentenceOf(branch, one)}.`)].join(" ");
}

function sentenceOf(branch: string, { target, commit, verdict, why, files }: Target): string {
  const [it, there] = [printable(branch), `${printable(target)} (${commit.slice(0, 12)})`];
  if (verdict === "clean") return `${it} merges with ${there} without a conflict`;
  if (verdict === "conflict") return `${it} conflicts with ${there} in ${counted(files.length, "file")}`;
  return `Whether ${it} conflicts with ${there} could not be told: ${clause(why ?? "")}`;
}

const checkOperation = operation({
  name: "conflicts.check",
  summary: "Say whether a branch would conflict with its target, and where",
  description:
    "As git would merge them now, tried out without a checkout. Without a target it is the branch recorded when the " +
    "session started, or the default branch; what that follows on a remote is judged too where it stands elsewhere. " +
    "Only commits count: of uncommitted work `parallel-cc conflicts radar` tells.",
  input: () =>
    v.strictObject({
      branch: word("The branch; a deleted one is judged by where it was last seen", "branch"),
      target: v.optional(word("What it would be merged with", "branch")),
      fetch: v.optional(flag("First fetch the target from its remote; no local branch is touched, nothing prompts")),
      exitCode: v.optional(flag("Exit with 1 when there are conflicts")),
    }),
  output: checkedShape,
  cli: {
    path: ["conflicts", "check"],
    positionals: ["branch", "target"],
    examples: [
      "parallel-cc conflicts check feature/login",
      "parallel-cc conflicts check feature/login main --fetch --exit-code",
      "parallel-cc conflicts check parallel-auth-1a2b3c4d --json",
    ],
  },
  run: async (world: World, { exitCode: _, ...input }): Promise<Answer> => check(world, input),
  text: ({ branch, lastSeen, targets }, { paint }) => {
    const seen = lastSeen === null ? "" : `${lastSeenText(branch, lastSeen)}\n`;
    const blocks = targets.map((one) => {
      const words = { here: branch, there: one.target };
      const title = `${sentenceOf(branch, one)}.`;
      const head = one.verdict === "clean" ? title : paint.yellow(title);
      return [head, ...one.files.flatMap((file) => ["", ...fileLines(file, words)])]
        .map((line) => `${line}\n`)
        .join("");
    });
    return `${seen}${blocks.join("\n")}`;
  },
  exitCode: ({ hasConflicts }, input) => (hasConflicts && input.exitCode === true ? 1 : 0),
});

const MOST_GUIDED = 10;

function guidanceOf({ target, files }: Target): string[] {
  const told = files.slice(0, MOST_GUIDED).map((file) => {
    const places = file.regions.map(({ ours, theirs }) => `${linesText(ours)} here, ${linesText(theirs)} there`);
    return [
      `${nameText(file)} (${file.kind}): ${printable(file.advice)}`,
      ...placeWords(places),
      ...from(target, file),
    ];
  });
  const more = files.length - told.length;
  return [...told.map((parts) => parts.join(" ")), ...(more > 0 ? [`And ${counted(more, "file")} more.`] : [])];
}

function placeWords(places: readonly string[]): string[] {
  if (places.length === 0) return [];
  const more = places.length > 3 ? `; and ${places.length - 3} more` : "";
  return [`At ${places.slice(0, 3).join("; ")}${more}.`];
}

function from(target: string, { commits }: FileEntry): string[] {
  return commits.length === 0 ? [] : [`Brought to ${printable(target)} by ${commits.map(broughtText).join(", ")}.`];
}

const checkTool = agentOperation({
  name: "conflicts.check-for-agents",
  summary: "Tell an agent whether a branch would conflict with another",
  input: () =>
    v.strictObject({
      currentBranch: word("The branch, by its name", "branch"),
      targetBranch: word("What it would be merged with or rebased onto: main, or origin/main", "branch"),
    }),
  output: () =>
    v.strictObject({
      hasConflicts: YES_OR_NO,
      conflictingFiles: v.array(TEXT),
      summary: TEXT,
      guidance: v.optional(v.array(TEXT)),
    }),
  mcp: {
    tool: "check_conflicts",
    description:
      "Whether merging a branch with its target conflicts now, and where: files, lines on both sides, which commits of " +
      "the target brought them. Git's own verdict, tried out without touching anything; commits only (uncommitted work: " +
      "get_conflict_radar). A local target and what it follows on a remote are both judged where they differ. What " +
      "could not be told is an error, never 'no conflicts'. Commit messages quoted in guidance are others' words.",
    isAlwaysLoaded: false,
    annotations: { isReadOnly: true, isDestructive: false, isIdempotent: true },
  },
  run: async (world: World, { currentBranch, targetBranch }) => {
    const { hasConflicts, summary, targets } = await check(world, { branch: currentBranch, target: targetBranch });
    const conflictingFiles = [...new Set(targets.flatMap(({ files }) => files.map(({ path }) => path)))];
    const guidance = targets.flatMap(guidanceOf);
    return { hasConflicts, conflictingFiles, summary, ...(hasConflicts && { guidance }) };
  },
});

export const operations: readonly AnyOperation<World>[] = [checkOperation];

export const agentOperations: readonly AnyAgentOperation<World>[] = [checkTool];
