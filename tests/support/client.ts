// The real Claude Code against the scripted model: in a home of its own, with an environment built from nothing, and
// past every question that a first start asks. It can reach nothing but the model: what it sends elsewhere goes to a
// proxy that is not there, and scripts/test.sh runs the suite without a network where the machine allows that.

import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CURRENT, clientCommand } from "../../scripts/dev/clients.ts";
import { v } from "../../src/core/shape.ts";
import { shellQuote } from "../../src/core/text.ts";
import { PROGRAM, type Ran, type Running } from "./cli.ts";
import type { Env } from "./env.ts";
import { makePlace, type Place } from "./place.ts";
import { waitFor } from "./processes.ts";
import { allEnded } from "./remains.ts";
import { makeRepo, type Repo, type RepoInput } from "./repo.ts";
import { type Asked, type Block, type Rule, type ScriptedModel, startModel } from "./servers/messages.ts";
import { openTerminal, type Terminal } from "./terminal.ts";
import { SCRIPT } from "./wrapper.ts";

const KEY = "sk-ant-of-tests-00000000000000000000000000";
/** Port 9 discards: nobody listens there. */
const NOWHERE = "http://127.0.0.1:9";
/** The part of a key that the client keeps to know it again. */
const KEY_END = 20;
/** After `-p <prompt>`: one JSON document at the end, and no permission is asked for. */
export const PRINT = ["--output-format", "json", "--dangerously-skip-permissions"] as const;
const SCRATCH = "/tmp/claude";
const PRINT_TIMEOUT_MS = 50_000;
const SCREEN_TIMEOUT_MS = 30_000;
const ANSWER_MS = 2000;
/** The line to type in, below its rule. */
const READY = /─\n❯/;
export const QUESTION = /Do you want to proceed/;
const LEFT = /^left (\d+)$/m;

export interface Stage extends AsyncDisposable {
  place: Place;
  repo: Repo;
  model: ScriptedModel;
  /** For PATH: claude, claude-parallel and parallel-cc. */
  path: string[];
  /** `claude -p` in the repository. Killed at the end of the test if it still runs then. */
  start(words: readonly [Starter, ...string[]]): Running;
  run(words: readonly [Starter, ...string[]]): Promise<Ran>;
  /** A bash in the repository, and in it claude, ready for a prompt. */
  open(words: readonly [Starter, ...string[]]): Promise<Screen>;
}

export interface Screen extends Terminal {
  /** Types it as a person does, and presses Enter once it stands there. */
  tell(text: string): Promise<void>;
  /** Says yes to the question on the screen. */
  agree(): Promise<void>;
  /** `/exit`, and gives claude's exit status. */
  exit(): Promise<number>;
}

export type Starter = "claude" | "claude-parallel";

export interface StageInput {
  rules: readonly Rule[];
  version?: string;
  repo?: RepoInput;
}

export async function stage({ rules, version = CURRENT, repo: made = {} }: StageInput): Promise<Stage> {
  const place = await makePlace();
  const repo = await makeRepo(place, made);
  const model = startModel(rules);
  const folder = await programs(place, version);
  await writeState(place, repo);
  const env = place.env({ path: [folder], extra: environment(model) });
  const running: Running[] = [];
  const screens: Screen[] = [];
  const start: Stage["start"] = (words) => {
    const child = startClient(words, { cwd: repo.path, env });
    running.push(child);
    return child;
  };
  return {
    ...{ place, repo, model, start },
    path: [folder],
    run: (words) => start(words).exited,
    async open(words) {
      const screen = screenOf(await openTerminal(place, { shell: "bash", cwd: repo.path, env }));
      screens.push(screen);
      await screen.type(`${words.join(" ")}; echo left $?`);
      await screen.waitForScreen(READY);
      return screen;
    },
    async [Symbol.asyncDispose]() {
      for (const screen of screens) await screen[Symbol.asyncDispose]();
      for (const child of running) await child[Symbol.asyncDispose]();
      // What still ends in the background would write into a home that is gone.
      if (process.platform === "linux") await allEnded(place);
      await model[Symbol.asyncDispose]();
      await removeScratch(place);
      await place[Symbol.asyncDispose]();
      if (model.strayed.length > 0) throw new Error(`the model was asked for ${model.strayed.join(", ")}`);
    },
  };
}

function screenOf(terminal: Terminal): Screen {
  // A start of the client takes its time on a busy machine.
  const waitForScreen: Screen["waitForScreen"] = async (sign) => {
    await waitFor(async () => sign.test(await terminal.screen()), `${sign}`, SCREEN_TIMEOUT_MS).catch(
      async (cause: unknown) => {
        throw new Error(`${String(cause)}; the screen shows:\n${await terminal.screen()}`);
      },
    );
  };
  const tell: Screen["tell"] = async (text) => {
    const typed = new RegExp(`─\\n❯\\s${RegExp.escape(text)}`);
    await terminal.press(text);
    await waitForScreen(typed);
    // Enter before the list of commands stands there begins a new line (2.0.77) ...
    if (/^\/\S+$/.test(text)) await waitForScreen(new RegExp(`^\\s*(❯ )?${text}  `, "m"));
    await terminal.press("Enter");
    // ... and so does one that is read together with what is typed after it.
    await waitFor(async () => !typed.test(await terminal.screen()), `Enter after ${text}`);
  };
  const agree: Screen["agree"] = async () => {
    // A question that has just appeared takes no key for a moment, lest one that was meant for something else answer it.
    // One that comes too late begins a new line in the next prompt (2.0.77), so each is given its time.
    const isGone = async (): Promise<boolean> => !QUESTION.test(await terminal.screen());
    const isAnswered = async (): Promise<boolean> => {
      await terminal.press("Enter");
      return waitFor(isGone, "the question to go", ANSWER_MS).catch(() => false);
    };
    await waitFor(isAnswered, "the end of the question", SCREEN_TIMEOUT_MS);
  };
  const exit: Screen["exit"] = async () => {
    await tell("/exit");
    await waitForScreen(LEFT);
    return Number(LEFT.exec(await terminal.screen())?.[1]);
  };
  return { ...terminal, waitForScreen, tell, agree, exit };
}

async function programs(place: Place, version: string): Promise<string> {
  const [program, ...words] = clientCommand(version);
  const file = words.at(-1) ?? program;
  if (!existsSync(file)) throw new Error(`${file} is not there: run \`bun scripts/dev/clients.ts\` first.`);
  const folder = place.at("path");
  await mkdir(folder);
  const claude = join(folder, "claude");
  if (words.length === 0) await symlink(program, claude);
  else await writeScript(claude, `exec ${[program, ...words].map(shellQuote).join(" ")} "$@"`);
  // 2.0.77 asks it for news of itself, and it is long in giving up.
  await writeScript(join(folder, "npm"), "exit 1");
  await symlink(SCRIPT, join(folder, "claude-parallel"));
  await symlink(PROGRAM, join(folder, "parallel-cc"));
  return folder;
}

async function writeScript(path: string, line: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${line}\n`);
  await chmod(path, 0o755);
}

/** Welcomed, trusting the repository, and asked about the key and about skipped permissions before. */
async function writeState(place: Place, { path }: Repo): Promise<void> {
  const state = {
    ...{ hasCompletedOnboarding: true, lastOnboardingVersion: "99.0.0", numStartups: 5, theme: "dark" },
    bypassPermissionsModeAccepted: true,
    customApiKeyResponses: { approved: [KEY.slice(-KEY_END)], rejected: [] },
    projects: { [path]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
  };
  await Bun.write(join(place.home, ".claude.json"), JSON.stringify(state, null, 2));
}

function environment({ url }: ScriptedModel): Env {
  return {
    ...{ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: KEY },
    ...{ HTTP_PROXY: NOWHERE, HTTPS_PROXY: NOWHERE, NO_PROXY: "127.0.0.1" },
    ...{ DISABLE_TELEMETRY: "1", DISABLE_AUTOUPDATER: "1", DISABLE_ERROR_REPORTING: "1" },
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    // As root it may skip permissions only where it is told that this is a sandbox.
    IS_SANDBOX: "1",
    ...{ LC_ALL: "C.UTF-8", SHELL: "/bin/bash" },
  };
}

/** 2.0.77 keeps folders there, named by where it works, whatever TMPDIR says. */
export async function removeScratch({ path }: Place): Promise<void> {
  const name = path.replaceAll(/[^A-Za-z0-9]/g, "-");
  const found = await readdir(SCRATCH).catch(() => []);
  const ours = found.filter((one) => one.startsWith(name));
  await Promise.all(ours.map((one) => rm(join(SCRATCH, one), { recursive: true, force: true })));
}

function startClient([starter, ...words]: readonly [Starter, ...string[]], input: { cwd: string; env: Env }): Running {
  const child = Bun.spawn([starter, ...words], {
    // A process group of its own, so that no claude outlives a wrapper that was killed.
    ...{ cwd: input.cwd, env: input.env, detached: true },
    ...{ stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  });
  const killAll = (): void => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGKILL");
  };
  const timer = setTimeout(killAll, PRINT_TIMEOUT_MS);
  const exited = Promise.all([child.stdout.text(), child.stderr.text(), child.exited]).then(([stdout, stderr]): Ran => {
    const signal = child.signalCode === null ? null : String(child.signalCode);
    return { stdout, stderr, exit: child.exitCode, signal };
  });
  return {
    pid: child.pid,
    exited,
    kill: (signal = "SIGTERM") => child.kill(signal),
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      killAll();
      await exited;
    },
  };
}

export function bash(command: string): Block {
  return { tool: "Bash", input: { command, description: "Runs it" } };
}

/** What this tool gave the model before this request: one JSON document. */
export function jsonOf(request: Asked, tool: string): unknown {
  const found = request.results.find((one) => one.tool === tool);
  if (found === undefined) throw new Error(`${tool} gave nothing; there is ${JSON.stringify(request.results)}`);
  return JSON.parse(found.text);
}

const RESULT = v.object({
  subtype: v.string(),
  result: v.optional(v.string()),
  session_id: v.string(),
  num_turns: v.number(),
  permission_denials: v.array(v.object({ tool_name: v.string() })),
});

/** What `claude -p --output-format json` said at its end. */
export function resultOf(ran: Ran): v.InferOutput<typeof RESULT> {
  if (ran.exit !== 0) throw new Error(`claude gave ${ran.exit ?? ran.signal}: ${ran.stdout}${ran.stderr}`);
  return v.parse(RESULT, JSON.parse(ran.stdout));
}
