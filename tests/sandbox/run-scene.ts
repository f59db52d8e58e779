// A repository, the compiled program, the native provider, and a claude of the test's own: a sh script that prints
// stream-json as the real one does. Inside it stands in the workspace of a real sandbox.

import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { v } from "../../src/core/shape.ts";
import { RUN, type Run } from "../../src/features/sandboxes/run.ts";
import { type PccInput, parseAnswer, pcc, type Ran, type Running, startPcc } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { waitFor } from "../support/processes.ts";
import { makeRepo, type Repo, type RepoInput } from "../support/repo.ts";

export const KEY = "sk-ant-planted-0123456789abcdef";

const ANSWER = v.looseObject({
  success: v.boolean(),
  sessionId: v.string(),
  status: v.string(),
  exitCode: v.nullable(v.number()),
  worktreePath: v.nullable(v.string()),
  branch: v.nullable(v.string()),
  commits: v.array(v.object({ id: v.string(), subject: v.string() })),
  filesChanged: v.number(),
  resultRef: v.nullable(v.string()),
  heldBack: v.nullable(v.string()),
  executionTime: v.number(),
  left: v.array(v.object({ path: v.string(), why: v.string() })),
  warnings: v.array(v.string()),
  escaping: v.array(v.object({ path: v.string(), target: v.string() })),
  runsOnHost: v.array(v.object({ path: v.string(), what: v.string() })),
  error: v.nullable(v.object({ code: v.string(), message: v.string(), hint: v.nullable(v.string()) })),
  next: v.array(v.string()),
});
export type Answer = v.InferOutput<typeof ANSWER>;

export interface RunScene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  /** That every command of it gets. */
  variables: Readonly<Record<string, string>>;
  /** One command of ours in the repository. */
  pcc(args: readonly string[], input?: PccInput): Promise<Ran>;
  start(args: readonly string[], input?: PccInput): Running;
  /** `sandbox <words> --json`, whatever the exit. */
  sandbox(...words: string[]): Promise<Answer>;
  /** A file below a checkout. */
  read(path: string): Promise<string>;
  /** When the run has come to a step. */
  step(step: string): Promise<void>;
  /** Rows as they stand, the oldest first. */
  rows(): Run[];
  row(id: string): Run;
  /** As soon as its row says so, and somebody drives it. */
  rowAt(id: string, isThere: (run: Run) => boolean): Promise<Run>;
  /** Begins a run that nobody waits for. */
  begin(...words: string[]): Promise<string>;
  /** Ids of the native sandboxes that there are. */
  sandboxes(): Promise<string[]>;
  /** When the scripted claude of the newest run has come to a gate (`at <name>`). */
  reached(gate: string): Promise<void>;
  open(gate: string): Promise<void>;
  /** The same of a sandbox that stands elsewhere. */
  gateIn(root: string, gate: string): Promise<void>;
  openIn(root: string, gate: string): Promise<void>;
  /** SIGKILL for the process that drives the newest run. */
  killDriver(): Promise<void>;
}

export interface RunSceneInput {
  /** What claude does, in sh, after its init line. */
  sh: string;
  repo?: RepoInput;
  env?: Readonly<Record<string, string>>;
}

export async function runScene({ sh, repo: repoInput, env = {} }: RunSceneInput): Promise<RunScene> {
  const place = await makePlace();
  const repo = await makeRepo(place, { files: 3, ...repoInput });
  const programs = place.at("programs");
  await mkdir(programs);
  await writeClaude(`${programs}/claude`, sh);
  const variables = { ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: "http://127.0.0.1:9", ...env };
  const given: PccInput = {
    cwd: repo.path,
    path: [programs],
    env: variables,
    timeoutMs: 60_000,
  };
  const merged = (input: PccInput = {}): PccInput => ({ ...given, ...input, env: { ...given.env, ...input.env } });
  const run = (args: readonly string[], input?: PccInput) => pcc(place, args, merged(input));
  const rows = () => rowsIn(`${place.home}/.parallel-cc/coordinator.db`);
  const row = (id: string): Run => {
    const found = rows().find((one) => one.id === id);
    if (found === undefined) throw new Error(`there is no run ${id}`);
    return found;
  };
  const native = `${place.home}/.parallel-cc/native`;
  const workspaceIn = (root: string) => waitFor(() => newestWorkspace(root), "a sandbox");
  const gateIn = async (root: string, gate: string) => {
    const isThere = async () => Bun.file(`${await workspaceIn(root)}/../tmp/${gate}.reached`).exists();
    await waitFor(isThere, `claude at ${gate}`, 30_000);
  };
  const openIn = async (root: string, gate: string) => {
    await writeFile(`${await workspaceIn(root)}/../tmp/${gate}.open`, "");
  };
  return {
    ...{ place, repo, variables, pcc: run },
    start: (args, input) => startPcc(place, args, merged(input)),
    sandbox: async (...words) => {
      const answer = parseAnswer(await run(["sandbox", ...words, "--json"]));
      if (v.is(ANSWER, answer)) return answer;
      throw new Error(`sandbox ${words.join(" ")}: ${JSON.stringify(answer)}`);
    },
    read: (path) => Bun.file(path).text(),
    step: async (step) => {
      await waitFor(async () => {
        const { stdout } = await run(["sandbox", "list", "--json"]);
        return stdout.includes(`"step":"${step}"`);
      }, `a run at ${step}`);
    },
    ...{ gateIn, openIn },
    reached: (gate) => gateIn(native, gate),
    open: (gate) => openIn(native, gate),
    rows,
    row,
    rowAt: async (id, isThere) => {
      const isAt = () => [row(id)].find((one) => one.driver !== null && isThere(one));
      return waitFor(isAt, `run ${id}`, 45_000).catch((cause: unknown) => {
        const { step, driver, trouble, facts } = row(id);
        throw new Error(`it stands still: ${JSON.stringify({ step, driver, trouble, facts })}`, { cause });
      });
    },
    begin: async (...words) => {
      const ran = await run(["sandbox", "run", "--detach", "--json", ...words]);
      return v.parse(ANSWER, parseAnswer(ran)).sessionId;
    },
    sandboxes: async () => {
      const all = await readdir(native).catch(() => []);
      return all.filter((name) => !name.startsWith("."));
    },
    killDriver: async () => {
      const { stdout } = await run(["sandbox", "list", "--json"]);
      const [newest] = v.parse(LISTED, JSON.parse(stdout)).sessions;
      const killed = Bun.spawnSync(["pkill", "-KILL", "-f", `attach --unattended ${newest?.sessionId}`]);
      if (killed.exitCode !== 0) throw new Error("nobody drives the run");
    },
    async [Symbol.asyncDispose]() {
      // What a failing test leaves is ended by its own command.
      const { stdout } = await run(["sandbox", "list", "--json"]);
      const open = v.parse(LISTED, JSON.parse(stdout)).sessions.filter(({ step }) => step !== "ended");
      for (const { sessionId } of open) await run(["sandbox", "kill", sessionId, "--discard", "--json"]);
      await place[Symbol.asyncDispose]();
    },
  };
}

const COLUMNS = Object.keys(RUN.entries).join(", ");

function rowsIn(file: string): Run[] {
  if (!existsSync(file)) return [];
  using db = new Database(file, { readonly: true });
  // A process that was killed may have left a log that somebody is just recovering.
  db.run("PRAGMA busy_timeout = 5000");
  return db
    .query(`SELECT ${COLUMNS} FROM sandbox_runs ORDER BY created_at, rowid`)
    .all()
    .map((one) => v.parse(RUN, one));
}

const LISTED = v.object({ sessions: v.array(v.object({ sessionId: v.string(), step: v.string() })) });

async function newestWorkspace(root: string): Promise<string | undefined> {
  const [id] = (await readdir(root).catch(() => [])).filter((name) => /^[a-z0-9]+$/.test(name));
  return id === undefined ? undefined : `${root}/${id}/work`;
}

const INIT = JSON.stringify({ type: "system", subtype: "init", model: "scripted", tools: [] });

/** Lines of the real client: what it says, what it does, and how it ends. */
export function says(text: string): string {
  const message = { id: `msg_${text.length}`, role: "assistant", content: [{ type: "text", text }], usage: {} };
  return `cat <<'LINE'\n${JSON.stringify({ type: "assistant", message })}\nLINE\n`;
}

export function ends(text: string, more: Record<string, unknown> = {}): string {
  const result = {
    type: "result",
    subtype: "success",
    is_error: false,
    num_turns: 2,
    result: text,
    total_cost_usd: 0.25,
  };
  return `cat <<'LINE'\n${JSON.stringify({ ...result, ...more })}\nLINE\n`;
}

async function writeClaude(file: string, sh: string): Promise<void> {
  const text = `#!/bin/sh
if [ "$1" = --version ]; then
  echo '2.1.328 (Claude Code)'
  exit 0
fi
cat >"$TMPDIR/prompt"
at() {
  : >"$TMPDIR/$1.reached"
  while [ ! -e "$TMPDIR/$1.open" ]; do sleep 0.02; done
}
cat <<'LINE'
${INIT}
LINE
${sh}
`;
  await writeFile(file, text);
  await chmod(file, 0o755);
}
