// A repository, the compiled program, the native provider and a scripted claude: what figures of whole runs are made of.
// When something happened is read from the run's row and from what its driver said.

import { Database } from "bun:sqlite";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { v } from "../../src/core/shape.ts";
import type { Place } from "../support/place.ts";
import type { Repo } from "../support/repo.ts";
import { pccCommand, type Spawned } from "./spawn.ts";

export interface SandboxScene {
  /** `parallel-cc sandbox …`. */
  command(...words: string[]): Spawned;
  /** `parallel-cc sandbox run` for the repository. */
  run(...words: string[]): Spawned;
  /** The newest run, as its row has it and as its driver tells of it. */
  newest(): Told;
  /** Takes away what runs have left in the repository. */
  clear(): Promise<void>;
}

export interface Told {
  id: string;
  outcome: string | null;
  /** Of the whole step of sending. */
  sentMs: number;
  /** What its claude printed. */
  log: string;
  notes: { at: Date; text: string }[];
}

export interface SandboxSceneInput {
  repo: Repo;
  /** What claude does, in sh, after its init line. */
  sh: string;
}

export async function sandboxScene(place: Place, { repo, sh }: SandboxSceneInput): Promise<SandboxScene> {
  const programs = place.at("programs");
  await mkdir(programs, { recursive: true });
  await writeFile(`${programs}/claude`, `${CLAUDE}${sh}\n`, { mode: 0o755 });
  const extra = {
    ANTHROPIC_API_KEY: "sk-ant-planted-0123456789abcdef",
    ANTHROPIC_BASE_URL: "http://127.0.0.1:9",
    NATIVE_SANDBOX_ROOT: place.at("native"),
  };
  const env = place.env({ path: [programs], extra });
  const command = (...words: string[]): Spawned => ({ ...pccCommand(place, ["sandbox", ...words]), env });
  return {
    command,
    run: (...words) => command("run", "--repo", repo.path, ...words),
    newest: () => newest(`${place.home}/.parallel-cc`),
    clear: async () => {
      await rm(`${repo.path}-worktrees`, { recursive: true, force: true });
      await repo.git("worktree", "prune");
    },
  };
}

const CLAUDE = `#!/bin/sh
if [ "$1" = --version ]; then
  echo '2.1.328 (Claude Code)'
  exit 0
fi
cat >/dev/null
echo '{"type":"system","subtype":"init","model":"scripted","tools":[]}'
`;

/** The line of the real client with which it ends. */
export const DONE = `echo '{"type":"result","subtype":"success","is_error":false,"num_turns":2,"result":"Done."}'`;

/** Milliseconds, as claude's own clock has them: that of this machine. */
export const NOW = "$(date +%s%3N)";

const ROW = v.object({
  id: v.string(),
  outcome: v.nullable(v.string()),
  facts: v.pipe(v.string(), v.parseJson(), v.object({ sent: v.optional(v.object({ tookMs: v.number() })) })),
});
const NOTE = v.pipe(v.string(), v.parseJson(), v.object({ at: v.string(), text: v.string() }));

function newest(own: string): Told {
  using db = new Database(`${own}/coordinator.db`, { readonly: true });
  const found = db.query("SELECT id, outcome, facts FROM sandbox_runs ORDER BY rowid DESC LIMIT 1").get();
  const { id, outcome, facts } = v.parse(ROW, found);
  const notes = `${own}/sandboxes/${id}/notes.jsonl`;
  const lines = existsSync(notes) ? readFileSync(notes, "utf8").split("\n").filter(Boolean) : [];
  return {
    ...{ id, outcome, sentMs: facts.sent?.tookMs ?? Number.NaN, log: `${own}/logs/sandbox-${id}.jsonl` },
    notes: lines.map((line) => v.parse(NOTE, line)).map(({ at, text }) => ({ at: new Date(at), text })),
  };
}
