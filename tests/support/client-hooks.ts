// What the registry shows while the real client runs, and the client with our hooks entered.

import { v } from "../../src/core/shape.ts";
import { pcc, pccJson } from "./cli.ts";
import type { Stage } from "./client.ts";
import { waitFor } from "./processes.ts";

const STATUS = v.object({
  sessions: v.array(
    v.object({
      sessionId: v.string(),
      name: v.nullable(v.string()),
      worktreePath: v.string(),
      isAlive: v.boolean(),
      activity: v.string(),
      waitingFor: v.nullable(v.string()),
    }),
  ),
});
export type Shown = v.InferOutput<typeof STATUS>["sessions"];

export async function shown({ place, repo }: Stage): Promise<Shown> {
  return v.parse(STATUS, await pccJson(place, ["status"], { cwd: repo.path })).sessions;
}

/** For what a process has still to do: waits until status shows it. */
export async function waitForShown(on: Stage, what: string, isIt: (shown: Shown) => boolean): Promise<Shown> {
  let last: Shown = [];
  const look = async (): Promise<Shown | undefined> => {
    last = await shown(on);
    return isIt(last) ? last : undefined;
  };
  return waitFor(look, what, 20_000).catch((cause: unknown) => {
    throw new Error(`${String(cause)}; status shows ${JSON.stringify(last)}`, { cause });
  });
}

/** A hook releases in the background. */
export async function waitForNobody(on: Stage): Promise<void> {
  await waitForShown(on, "the release of every session", ({ length }) => length === 0);
}

export const HOOKS = ["--hooks", "--global"] as const;

/** As a user installs it, for this client: `claude` is found on PATH. */
export async function install(on: Stage, ...words: readonly string[]): Promise<void> {
  const ran = await pcc(on.place, ["install", ...words], {
    cwd: on.repo.path,
    path: on.path,
    env: { SHELL: "/bin/bash" },
  });
  if (ran.exit !== 0) throw new Error(`install ${words.join(" ")} gave ${ran.exit}: ${ran.stdout}${ran.stderr}`);
}
