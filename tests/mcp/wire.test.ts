// The server on its pipes: what a client may do to it, and how it ends.

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { pcc } from "../support/cli.ts";
import { failureIn, greetedServer, INITIALIZE, type Message, startServer } from "../support/mcp.ts";
import { makePlace } from "../support/place.ts";
import { waitFor } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";

describe("before it is greeted", () => {
  test("a method that it does not know is answered with an error, and it can be greeted after", async () => {
    await using place = await makePlace();
    await using server = startServer(place);
    const probe = { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } };
    expect((await server.ask("server/discover", probe)).error?.code).toBe(-32601);
    expect((await server.ask("initialize", INITIALIZE)).result).toMatchObject({
      protocolVersion: "2025-11-25",
      serverInfo: { name: "parallel-cc" },
    });
  });

  test("garbage is answered with an error each, and read on", async () => {
    await using place = await makePlace();
    await using server = startServer(place);
    const garbage = ["{", "\u0000\u0001", "[]", "7", '"x"', "null", '{"jsonrpc":"1.0","id":5,"method":"ping"}'];
    await server.say("", "  ", ...garbage);
    const codes: (number | undefined)[] = [];
    for (const _ of garbage) codes.push((await server.next())?.error?.code);
    expect(codes).toEqual([-32700, -32700, -32600, -32600, -32600, -32600, -32600]);
    expect((await server.ask("ping")).result).toEqual({});
  });

  test("answers that it never asked for are passed over", async () => {
    await using place = await makePlace();
    await using server = startServer(place);
    await server.say(
      '{"jsonrpc":"2.0","id":1,"result":{}}',
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"x"}}',
      '{"jsonrpc":"2.0","error":"no object"}',
    );
    await server.request({ id: "next", method: "ping" });
    expect((await server.next())?.id).toBe("next");
  });
});

test("a message of 40 MB is refused, and the next one is answered", async () => {
  await using place = await makePlace();
  await using server = await greetedServer(place);
  await server.request({ id: 1, method: "tools/call", params: { name: "x".repeat(40 * 1024 * 1024) } });
  expect((await server.next())?.error).toMatchObject({ code: -32600, message: expect.stringContaining("8388608") });
  expect((await server.ask("ping")).result).toEqual({});
});

test("a message of 7 MB is read", async () => {
  await using place = await makePlace();
  await using server = await greetedServer(place);
  const called = await server.call("get_my_session", { ["x".repeat(7 * 1024 * 1024)]: 1 });
  expect(failureIn(called)).toMatchObject({ code: "usage.unexpected", message: expect.stringMatching(/^.{1,300}$/s) });
});

test("lines may come in any pieces", async () => {
  await using place = await makePlace();
  const input = '{"jsonrpc":"2.0","id":"ä","method":"ping"}\r\n\n{"jsonrpc":"2.0","id":2,"method":"ping"}';
  const bytes = new TextEncoder().encode(input);
  await using server = startServer(place);
  const { sayBytes } = server;
  for (const byte of bytes) await sayBytes(Uint8Array.of(byte));
  await server.closeInput();
  expect([(await server.next())?.id, (await server.next())?.id]).toEqual(["ä", 2]);
  expect((await server.exited).exit).toBe(0);
});

test("two calls at once are both answered, and a short one need not wait for a long one", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place);
  await using server = await greetedServer(place, { cwd: repo.path });
  await server.request({ id: 1, method: "tools/call", params: { name: "get_parallel_status" } });
  await server.request({ id: 2, method: "tools/call", params: { name: "no_such_tool" } });
  const answers = [await server.next(), await server.next()];
  expect(answers.map((one) => one?.id)).toEqual([2, 1]);
});

test("a hundred calls at once are each answered once", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place);
  await using server = await greetedServer(place, { cwd: repo.path });
  const ids = Array.from({ length: 100 }, (_, id) => id);
  const call = (id: number) => ({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "get_parallel_status" } });
  await server.say(...ids.map((id) => JSON.stringify(call(id))));
  const answers: (Message | undefined)[] = [];
  for (const _ of ids) answers.push(await server.next());
  expect(answers.map((one) => Number(one?.id)).toSorted((a, b) => a - b)).toEqual(ids);
});

describe("it ends", () => {
  test("with 0 when its input ends, after what was asked for is answered", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const lines = [
      { id: 1, method: "initialize", params: INITIALIZE },
      { id: 2, method: "tools/list" },
      { id: 3, method: "tools/call", params: { name: "get_parallel_status" } },
    ];
    const input = lines.map((line) => `${JSON.stringify({ jsonrpc: "2.0", ...line })}\n`).join("");
    const ran = await pcc(place, ["mcp", "serve"], { cwd: repo.path, input });
    expect({ exit: ran.exit, stderr: ran.stderr }).toEqual({ exit: 0, stderr: "" });
    const ids = ran.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).id);
    expect(ids.toSorted()).toEqual([1, 2, 3]);
  });

  test("with 0 when it is given no input at all", async () => {
    await using place = await makePlace();
    expect(await pcc(place, ["mcp", "serve"])).toEqual({ stdout: "", stderr: "", exit: 0, signal: null });
  });

  test("with 0 when nobody reads its answers any more", async () => {
    await using place = await makePlace();
    await using server = await greetedServer(place);
    await server.stopReading();
    let hasEnded = false;
    const exited = server.exited.finally(() => {
      hasEnded = true;
    });
    // What is answered before the pipe is closed goes into it.
    await waitFor(async () => {
      await server.request({ id: 1, method: "ping" }).catch(() => undefined);
      return hasEnded;
    }, "the end of the server");
    expect(await exited).toMatchObject({ exit: 0, stderr: "" });
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("at %s, saying nothing, with the signal's exit code", async (signal, exit) => {
    await using place = await makePlace();
    await using server = await greetedServer(place);
    server.kill(signal);
    expect(await server.exited).toEqual({ stdout: "", stderr: "", exit, signal: null });
  });

  test("at a signal also while its client reads nothing and asks on", async () => {
    await using place = await makePlace();
    await using server = await greetedServer(place);
    const lines = Array.from({ length: 5000 }, (_, id) => JSON.stringify({ jsonrpc: "2.0", id, method: "tools/list" }));
    const asked = server.say(...lines).catch(() => {});
    server.kill("SIGINT");
    expect((await server.exited).exit).toBe(130);
    await asked;
  });
});

describe("what a call needs is not there", () => {
  test("a locked database is a failure within seconds, and is forgotten when it is free again", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using server = await greetedServer(place, { cwd: repo.path });
    await server.call("get_my_session");
    const lock = new Database(`${place.home}/.parallel-cc/coordinator.db`);
    lock.run("PRAGMA locking_mode = EXCLUSIVE");
    lock.run("BEGIN EXCLUSIVE");
    const began = performance.now();
    expect(failureIn(await server.call("get_my_session")).code).toBe("db.locked");
    expect(performance.now() - began).toBeLessThan(4000);
    expect((await server.ask("ping")).result).toEqual({});
    lock.run("COMMIT");
    lock.close();
    expect((await server.call("get_my_session")).isError).toBeUndefined();
  });

  test("a database that is deleted while it serves is made again", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using server = await greetedServer(place, { cwd: repo.path });
    await server.call("get_my_session");
    await rm(`${place.home}/.parallel-cc`, { recursive: true });
    expect((await server.call("get_my_session")).structuredContent).toMatchObject({ parallelSessions: 0 });
  });

  test("a repository that is gone is a failure, and another one can be named", async () => {
    await using place = await makePlace();
    const [repo, other] = [await makeRepo(place), await makeRepo(place, { name: "other" })];
    await using server = await greetedServer(place, { cwd: repo.path });
    await rm(repo.path, { recursive: true });
    expect(failureIn(await server.call("get_parallel_status")).code).toMatch(/^directory\./);
    const named = await server.call("get_parallel_status", { repo_path: other.path });
    expect(named.structuredContent).toMatchObject({ totalSessions: 0 });
  });

  test("a git that is not there is a failure", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using server = await greetedServer(place, { cwd: repo.path, env: { PATH: place.at("nothing") } });
    expect(failureIn(await server.call("get_parallel_status")).code).toMatch(/^(git|program)\./);
  });
});

test("the old spelling serves as well", async () => {
  await using place = await makePlace();
  const input = `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" })}\n`;
  const ran = await pcc(place, ["mcp-serve"], { input });
  expect({ exit: ran.exit, stdout: ran.stdout }).toEqual({
    exit: 0,
    stdout: '{"result":{},"jsonrpc":"2.0","id":1}\n',
  });
  expect(ran.stderr).toContain("parallel-cc mcp serve");
});

test("what it logs goes to its standard error", async () => {
  await using place = await makePlace();
  await using server = await greetedServer(place, { env: { PARALLEL_CC_LOG_LEVEL: "debug" } });
  await server.say('{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}');
  expect((await server.ask("ping")).result).toEqual({});
  await server.closeInput();
  const { stderr } = await server.exited;
  expect(stderr).toContain("mcp.passed-over");
});
