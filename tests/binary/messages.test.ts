// Messages and notes of the compiled program, as people type them and as many processes use them at once.

import { describe, expect, test } from "bun:test";
import { PROGRAM, pcc, pccJson } from "../support/cli.ts";
import { makePlace } from "../support/place.ts";
import { sleeper, waitFor } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { failureOf, registered } from "../support/sessions.ts";

async function makeScene() {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const { path: cwd } = await makeRepo(place);
  const claude = stack.use(sleeper());
  const one = await registered(place, claude, { cwd }, "--name", "one");
  const two = await registered(place, stack.use(sleeper()), { cwd }, "--name", "two");
  const said = async (...words: string[]) => {
    const { exit, stdout, stderr } = await pcc(place, words, { cwd });
    if (exit !== 0 || stderr !== "") throw new Error(`${words.join(" ")} gave ${exit}: ${stderr}`);
    return stdout;
  };
  const env = { CLAUDE_PID: String(claude.pid) };
  const hook = (event: string, more: object = {}) => {
    const told = { session_id: "conversation", cwd, hook_event_name: event, ...more };
    return pcc(place, ["hook", event], { cwd, env, input: JSON.stringify(told) });
  };
  const monitor = () => {
    const child = Bun.spawn([PROGRAM, "watch", "sessions", "--here", "--interval", "1"], {
      ...{ cwd, env: place.env({ extra: env }), stdin: "ignore", stdout: "pipe", stderr: "inherit" },
    });
    const heard = { text: "", [Symbol.asyncDispose]: async () => {} };
    const listening = (async () => {
      for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) heard.text += part;
    })();
    heard[Symbol.asyncDispose] = async () => {
      child.kill();
      await Promise.all([child.exited, listening]);
    };
    return heard;
  };
  const owned = stack.move();
  return { place, cwd, one, two, said, hook, monitor, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

describe("at a command line", () => {
  test("a message is sent, looked at without being read, and read once", async () => {
    await using scene = await makeScene();
    const { said, two } = scene;
    expect(await said("messages", "send", "--to", "two", "the", "API\u001b[31m", "is red")).toStartWith(
      'Sent to session "two". No hook of ours was heard from session "two"',
    );
    for (let times = 0; times < 2; times++) {
      expect(await said("messages", "--session-id", two.sessionId)).toMatch(
        /^new somebody at the command line, \d+s ago\n {2}> the API\\u\{1b\}\[31m is red\n$/,
      );
    }
    expect(await said("messages", "read", "--session-id", two.sessionId)).toStartWith("somebody at the command line");
    expect(await said("messages", "read", "--session-id", two.sessionId)).toBe("Nothing new.\n");
    expect(await said("messages", "--session-id", two.sessionId)).not.toContain("new");
  });

  test("a person in a session's checkout is not that session, and reads none of its messages away", async () => {
    await using scene = await makeScene();
    const { place, cwd, said } = scene;
    await said("messages", "send", "--to", "one", "to who works here");
    expect(await said("messages")).toContain("  > to who works here");
    expect((await failureOf(place, ["messages", "read"], { cwd })).code).toBe("session.none");
  });

  test("a note is written, found, and removed with all of it told", async () => {
    await using scene = await makeScene();
    const { said, place, cwd } = scene;
    const id = (await said("notes", "add", "login answers\n401")).trim().split(/\s+/).at(-1) ?? "";
    expect(await said("notes", "--search", "401 login")).toMatch(
      new RegExp(`^${id} {2}somebody at the command line, \\d+s ago\n {2}> login answers\n {2}> 401\n$`),
    );
    expect(await said("notes", "--search", "absent")).toBe("No note has all of these words.\n");
    expect(await said("notes", "remove", id)).toMatch(/^Removed; 0 notes left\. It said:\n.+\n {2}> login answers\n/);
    expect(await pccJson(place, ["notes"], { cwd })).toEqual({ notes: [], total: 0 });
  });
});

describe("many at once", () => {
  test("50 messages that hooks and monitors deliver reach the session once each", async () => {
    await using scene = await makeScene();
    const { place, cwd, hook } = scene;
    await hook("SessionStart");
    await using first = scene.monitor();
    await using second = scene.monitor();
    const byHooks: string[] = [];
    const tell = async (event: string) => {
      const { stdout } = await hook(event);
      byHooks.push(stdout);
    };
    const send = (n: number) => pcc(place, ["messages", "send", "--to", "one", `id-${n}-`], { cwd });
    const toldOf = (n: number) => {
      const all = [...byHooks, first.text, second.text].join("\n");
      return all.split(`id-${n}-`).length - 1;
    };
    for (let wave = 0; wave < 10; wave++) {
      // In the first wave only monitors are at work, in the second only hooks: monitors leave a busy session alone.
      if (wave === 1) await tell("PostToolUse");
      const sent = Array.from({ length: 5 }, (_, i) => send(5 * wave + i));
      const events = wave === 0 ? [] : ["PostToolUse", ...(wave === 1 ? [] : ["Stop"]), "UserPromptSubmit"];
      await Promise.all([...sent, ...events.map(tell)]);
      if (wave === 1) await tell("PostToolUse");
      if (wave > 0) await tell("Stop");
      const isTold = () => Array.from({ length: 5 }, (_, i) => toldOf(5 * wave + i)).every((times) => times > 0);
      await waitFor(isTold, `wave ${wave} to be told`, 20_000);
    }
    expect(Array.from({ length: 50 }, (_, n) => toldOf(n))).toEqual(Array(50).fill(1));
    expect([byHooks.join("").includes("id-"), `${first.text}${second.text}`.includes("id-0-")]).toEqual([true, true]);
  }, 120_000);

  test("notes from many processes are never more than there is room for", async () => {
    await using scene = await makeScene();
    const { place, cwd } = scene;
    const { Database } = await import("bun:sqlite");
    await scene.said("notes", "add", "first");
    const db = new Database(`${place.home}/.parallel-cc/coordinator.db`);
    db.run(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 194)
       INSERT INTO notes (id, git_dir, git_dir_id, body, written_at)
       SELECT 'made-' || i, git_dir, git_dir_id, body, written_at FROM n, notes`,
    );
    db.close();
    const ran = await Promise.all(Array.from({ length: 10 }, () => pcc(place, ["notes", "add", "x"], { cwd })));
    expect(ran.map(({ exit }) => exit).toSorted()).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    expect(await pccJson(place, ["notes"], { cwd })).toMatchObject({ total: 200 });
  });
});
