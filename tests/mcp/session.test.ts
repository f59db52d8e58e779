// Whose session an agent is told: its own claude's, by the processes, whatever it inherits.

import { expect, test } from "bun:test";
import { v } from "../../src/core/shape.ts";
import { PROGRAM } from "../support/cli.ts";
import { INITIALIZE } from "../support/mcp.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { registered } from "../support/sessions.ts";
import { makeWrapper } from "../support/wrapper.ts";

const MINE = v.object({
  sessionId: v.nullable(v.string()),
  worktreePath: v.nullable(v.string()),
  worktreeName: v.nullable(v.string()),
  isMainRepo: v.nullable(v.boolean()),
  startedAt: v.nullable(v.string()),
  parallelSessions: v.number(),
});

/** Lines of sh: asks a server that this very shell starts, as claude does, and leaves its answers in the file. */
async function asking(place: Place, file: string): Promise<string> {
  const messages = [
    { id: 1, method: "initialize", params: INITIALIZE },
    { id: 2, method: "tools/call", params: { name: "get_my_session" } },
  ];
  const questions = place.at("questions");
  await Bun.write(questions, messages.map((one) => `${JSON.stringify({ jsonrpc: "2.0", ...one })}\n`).join(""));
  return `'${PROGRAM}' mcp serve <'${questions}' >'${place.at(file)}' || exit\n:`;
}

async function answerIn(place: Place, file: string) {
  const lines = (await Bun.file(place.at(file)).text()).trimEnd().split("\n");
  const answers = lines.map((line) => JSON.parse(line));
  return v.parse(MINE, answers.find(({ id }) => id === 2).result.structuredContent);
}

const NOBODY = { sessionId: null, worktreePath: null, worktreeName: null, isMainRepo: null, startedAt: null };

test("a claude of claude-parallel is told its session, and a claude that it starts is told none", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place);
  await using other = sleeper();
  await registered(place, other, { cwd: repo.path });
  await Bun.write(place.at("nested.sh"), await asking(place, "nested"));
  const sh = [await asking(place, "own"), `/bin/sh '${place.at("nested.sh")}'`].join("\n");
  const wrapper = await makeWrapper(place, {
    shell: "dash",
    claude: { sh: `${sh}\n'${PROGRAM}' status --json >'${place.at("status")}'` },
  });
  const ran = await wrapper.run(["--name", "auth"], { cwd: repo.path });
  expect(ran).toMatchObject({ exit: 0 });
  const { sessions: shown } = JSON.parse(await Bun.file(place.at("status")).text());
  const mine = shown.find((one: { name: string | null }) => one.name === "auth");
  expect(await answerIn(place, "own")).toEqual({
    sessionId: mine.sessionId,
    worktreePath: mine.worktreePath,
    worktreeName: mine.worktreeName,
    isMainRepo: false,
    startedAt: mine.createdAt,
    parallelSessions: 2,
  });
  expect(await answerIn(place, "nested")).toEqual({ ...NOBODY, parallelSessions: 2 });
});

/** Runs lines of sh as a claude does: in a process of its own, with this environment. */
async function asClaude(place: Place, lines: string, input: { cwd: string; env?: Record<string, string> }) {
  const script = place.at("claude.sh");
  await Bun.write(script, lines);
  const env = place.env({ extra: input.env ?? {} });
  const child = Bun.spawn(["/bin/sh", script], { cwd: input.cwd, env, stdin: "ignore", stderr: "inherit" });
  expect(await child.exited).toBe(0);
}

test("a claude in a shell that registered itself is told the shell's session", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place);
  await Bun.write(place.at("inner.sh"), await asking(place, "own"));
  const lines = [
    `eval "$('${PROGRAM}' register --pid $$ --shell 2>/dev/null)"`,
    `/bin/sh '${place.at("inner.sh")}'`,
    `printf %s "$PARALLEL_CC_SESSION_ID" >'${place.at("id")}'`,
  ];
  await asClaude(place, lines.join("\n"), { cwd: repo.path });
  const sessionId = await Bun.file(place.at("id")).text();
  expect(await answerIn(place, "own")).toMatchObject({ sessionId, isMainRepo: true, parallelSessions: 1 });
});

test("a claude that is no session is told none, also where the environment names one", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place);
  await using other = sleeper();
  const { sessionId } = await registered(place, other, { cwd: repo.path });
  const env = { PARALLEL_CC_SESSION_ID: sessionId };
  await asClaude(place, await asking(place, "own"), { cwd: repo.path, env });
  expect(await answerIn(place, "own")).toEqual({ ...NOBODY, parallelSessions: 1 });
});

test("where there is no repository, nobody is at work beside it", async () => {
  await using place = await makePlace();
  await asClaude(place, await asking(place, "own"), { cwd: place.path });
  expect(await answerIn(place, "own")).toEqual({ ...NOBODY, parallelSessions: 0 });
});

test("a session that has ended is not the claude's any more", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place);
  const begunAndEnded = ["register", "release"].map((verb) => `'${PROGRAM}' ${verb} --pid $$ >/dev/null 2>&1 || exit`);
  await asClaude(place, [...begunAndEnded, await asking(place, "own")].join("\n"), { cwd: repo.path });
  expect(await answerIn(place, "own")).toEqual({ ...NOBODY, parallelSessions: 0 });
});
