// `watch sessions` of the compiled program: a line at a time, until a signal, a reader or a claude has gone.

import { expect, test } from "bun:test";
import { type PccInput, PROGRAM } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { registered } from "../support/sessions.ts";

/** Its lines as they come. */
function watching(place: Place, words: readonly string[], { cwd = place.path, env = {} }: PccInput) {
  const child = Bun.spawn([PROGRAM, "watch", "sessions", "--interval", "1", ...words], {
    ...{ cwd, env: place.env({ extra: env }), stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  });
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  return {
    child,
    async line(): Promise<string | undefined> {
      while (!rest.includes("\n")) {
        const { done, value } = await reader.read();
        if (done) return undefined;
        rest += value;
      }
      const [line = "", ...more] = rest.split("\n");
      rest = more.join("\n");
      return line;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

test("each session that comes or goes is a line of JSON, until a signal ends it in silence", async () => {
  await using place = await makePlace();
  const { path: cwd } = await makeRepo(place);
  await using one = sleeper();
  await using other = sleeper();
  await registered(place, one, { cwd }, "--name", "one");
  await using watch = watching(place, ["--json"], { cwd });
  const next = async () => JSON.parse((await watch.line()) ?? "null");
  expect(await next()).toMatchObject({ event: "present", name: "one", isHere: true, isMainRepo: true });
  const { sessionId, worktreePath } = await registered(place, other, { cwd }, "--name", "other");
  expect(await next()).toMatchObject({ event: "started", sessionId, worktreePath, isHere: false });
  await other.kill();
  expect(await next()).toMatchObject({ event: "ended", sessionId });
  watch.child.kill("SIGTERM");
  expect([await watch.child.exited, await watch.child.stderr.text(), await watch.line()]).toEqual([143, "", undefined]);
});

test("--here says one line of who comes to the session's checkout, and ends with its claude", async () => {
  await using place = await makePlace();
  const { path: cwd } = await makeRepo(place);
  await using own = sleeper();
  await using other = sleeper();
  await using guest = sleeper();
  await using watch = watching(place, ["--here"], { cwd, env: { CLAUDE_PID: String(own.pid) } });
  await registered(place, own, { cwd }, "--name", "own");
  await registered(place, other, { cwd }, "--name", "other");
  await registered(place, guest, { cwd }, "--name", "guest", "--no-worktree");
  expect(await watch.line()).toBe(
    'parallel-cc: session "guest" has begun to work in this same checkout, on branch "main".',
  );
  await own.kill();
  expect([await watch.line(), await watch.child.exited, await watch.child.stderr.text()]).toEqual([undefined, 0, ""]);
});
