// Sessions of the compiled program, as tests ask for them.

import { expect } from "bun:test";
import { v } from "../../src/core/shape.ts";
import { type PccInput, parseAnswer, pcc, pccJson } from "./cli.ts";
import type { Place } from "./place.ts";
import { runGit } from "./repo.ts";

const REGISTERED = v.object({
  sessionId: v.string(),
  worktreePath: v.string(),
  worktreeName: v.nullable(v.string()),
  isNew: v.boolean(),
  isMainRepo: v.boolean(),
  parallelSessions: v.number(),
  branch: v.nullable(v.string()),
  name: v.nullable(v.string()),
  startDirectory: v.string(),
  warnings: v.array(v.string()),
});
export type Registered = v.InferOutput<typeof REGISTERED>;

const STATUS = v.object({
  sessions: v.array(
    v.object({
      sessionId: v.string(),
      pid: v.number(),
      name: v.nullable(v.string()),
      worktreePath: v.string(),
      isMainRepo: v.boolean(),
      isAlive: v.boolean(),
    }),
  ),
});
export type ShownSession = v.InferOutput<typeof STATUS>["sessions"][number];

const FAILED = v.object({ error: v.object({ code: v.string(), message: v.string() }) });

type Owner = { pid: number };

/** Registers a session that lives by the owner; a failure fails the test. */
export async function registered(
  place: Place,
  owner: Owner,
  input: PccInput = {},
  ...words: string[]
): Promise<Registered> {
  const ran = await pcc(place, ["register", "--pid", String(owner.pid), ...words, "--json"], input);
  if (ran.exit !== 0) throw new Error(`register gave ${ran.exit}: ${ran.stdout}${ran.stderr}`);
  return v.parse(REGISTERED, parseAnswer(ran));
}

/** The code of a failure, which must come with exit 1. */
export async function failureOf(
  place: Place,
  words: readonly string[],
  input: PccInput = {},
): Promise<{ code: string; message: string }> {
  const ran = await pcc(place, [...words, "--json"], input);
  expect(ran.exit).toBe(1);
  return v.parse(FAILED, parseAnswer(ran)).error;
}

export async function refused(place: Place, owner: Owner, input: PccInput = {}, ...words: string[]): Promise<string> {
  return (await failureOf(place, ["register", "--pid", String(owner.pid), ...words], input)).code;
}

export async function shownSessions(place: Place): Promise<ShownSession[]> {
  return v.parse(STATUS, await pccJson(place, ["status"])).sessions;
}

/** Whether git finds nothing changed there. */
export async function isClean(path: string, place: Place): Promise<boolean> {
  return (await runGit(["status", "--porcelain"], { cwd: path, env: place.env() })) === "";
}
