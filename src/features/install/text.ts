// The answers of `install` for people: a line for each thing, with its file.

import type { Page } from "../../core/operation.ts";
import { counted, printable, printableLines, table } from "../../core/text.ts";
import type { Installed } from "./answer.ts";
import type { Standing } from "./standing.ts";
import type { Step } from "./step.ts";

const NAMES: Readonly<Record<Step["step"], string>> = {
  program: "program",
  wrapper: "wrapper",
  heartbeat: "heartbeat",
  hooks: "hooks",
  gitignore: ".gitignore",
  alias: "alias",
  mcp: "MCP server",
  plugin: "plugin",
  completions: "completions",
  worktrees: "worktrees",
  statusline: "status line",
  guard: "guard",
  database: "database",
  data: "data",
};

const CHANGES: Readonly<Record<Step["change"], string>> = {
  made: "made",
  written: "written",
  removed: "removed",
  none: "as it was",
  skipped: "left alone",
  failed: "failed",
};

export function installedText({ action, steps, next }: Installed, page: Page): string {
  if (steps.length === 0) return action === "uninstall" ? "Nothing of parallel-cc was found.\n" : "Nothing was done.\n";
  const rows = steps.map(({ step, file, change, detail }) => {
    return [
      NAMES[step],
      file === null ? "" : printable(file),
      CHANGES[change],
      change === "failed" ? "" : shown(detail),
    ];
  });
  const failed = steps.filter(({ change }) => change === "failed");
  const failures = [
    ...failed.map(
      ({ step, detail }) => `${page.paint.red(`${NAMES[step]} failed:`)} ${printableLines(detail ?? "")}\n`,
    ),
    ...new Set(failed.flatMap(({ hint }) => (hint === undefined ? [] : `  ${printableLines(hint)}\n`))),
  ];
  const nextLines = next.map((line) => `${printableLines(line)}\n`);
  return [...lines(rows, page), ...failures, ...(nextLines.length > 0 ? ["\n", ...nextLines] : [])].join("");
}

export function standingText(standing: Standing, page: Page): string {
  const { programs, hooks, alias, mcp, plugin, completions, worktrees, statusLine, guard, client, errors } = standing;
  const state = (installed: boolean, upToDate = true) =>
    !installed ? "no" : upToDate ? "yes" : "yes, and to be updated";
  // Which events are right depends on the client that is there now.
  const stateFor = (installed: boolean, upToDate: boolean) =>
    installed && !upToDate && client !== null
      ? `${state(installed, upToDate)} for Claude Code ${client}`
      : state(installed, upToDate);
  const shell = alias.shell === "unknown" ? "no shell that we know in SHELL" : alias.shell;
  const rows = [
    ...programs.map(({ name, path, installed, upToDate }) => [name, printable(path), state(installed, upToDate)]),
    ["hooks", printable(hooks.globalPath), stateFor(hooks.globalInstalled, hooks.upToDate)],
    ...(hooks.localPath === null
      ? []
      : [["hooks here", printable(hooks.localPath), stateFor(hooks.localInstalled, hooks.upToDate)]]),
    ["alias", alias.profilePath === null ? shell : printable(alias.profilePath), state(alias.installed)],
    ["MCP server", printable(mcp.settingsPath), state(mcp.installed, mcp.upToDate)],
    ["plugin", printable(plugin.folder), stateFor(plugin.installed, plugin.upToDate)],
    [
      "completions",
      completions.files[0] === undefined ? shell : printable(completions.files[0]),
      state(completions.installed),
    ],
    ["worktrees", printable(worktrees.settingsPath), stateFor(worktrees.installed, worktrees.upToDate)],
    ["status line", printable(statusLine.settingsPath), state(statusLine.installed, statusLine.upToDate)],
    ...(guard.hookPath === null ? [] : [["guard here", printable(guard.hookPath), guardState(guard)]]),
    ["Claude Code", "", client ?? "none on PATH that tells its version"],
  ];
  return [...lines(rows, page), ...errors.map((error) => `${page.paint.red("error:")} ${printable(error)}\n`)].join("");
}

function guardState({ installed, upToDate, isGone, missingIn }: Standing["guard"]): string {
  if (isGone) return "no: it was there, and is gone";
  if (!installed) return "no";
  const elsewhere = missingIn.length === 0 ? "" : `, not in ${counted(missingIn.length, "other checkout")}`;
  return `yes${upToDate ? "" : ", and to be updated"}${elsewhere}`;
}

function lines(rows: readonly (readonly string[])[], { columns }: Page): string[] {
  const cuts = [
    { column: 1, floor: 16, keeps: "end" as const },
    { column: 3, floor: 10, keeps: "start" as const },
  ];
  return table(rows, { width: columns, cuts }).map((line) => `${line}\n`);
}

function shown(detail: string | undefined): string {
  return printable(detail ?? "");
}
