// The server from the inside: what one client says, to its end. On real pipes it is in tests/mcp.

import { expect, test } from "bun:test";
import { serveMcp } from "../../src/cli/commands/serve-mcp.ts";
import { register } from "../../src/features/sessions/register.ts";
import { lineReader } from "../../src/mcp/lines.ts";
import { serve } from "../../src/mcp/serve.ts";
import { INITIALIZE } from "../support/mcp.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

function worldAsked(place: Place, messages: readonly object[], cwd = place.path) {
  const input = messages.map((one) => `${JSON.stringify({ jsonrpc: "2.0", ...one })}\n`).join("");
  return testWorld(place, { cwd, input });
}

test("it answers what it is asked, counts the calls, and ends with its input", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place);
  const call = (id: number) => ({ id, method: "tools/call", params: { name: "get_parallel_status" } });
  await using world = worldAsked(
    place,
    [{ id: 1, method: "initialize", params: INITIALIZE }, { id: 2, method: "tools/list" }, call(3), call(4)],
    repo.path,
  );
  expect(await serve(world)).toEqual({ calls: 2 });
  const answers = world.written.map((line) => JSON.parse(line));
  expect(answers.map(({ id }) => id).toSorted()).toEqual([1, 2, 3, 4]);
  expect(answers.filter(({ error }) => error !== undefined)).toEqual([]);
});

test("a call of a session has its repository looked at for merges, once a minute and not at each call", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place);
  const call = (id: number) => ({ id, method: "tools/call", params: { name: "get_parallel_status" } });
  await using world = worldAsked(place, [call(1), call(2)], repo.path);
  await serve(world);
  expect(world.started).toEqual([]);
  await register(world, { pid: world.parentPid });
  world.started.length = 0;
  await serve(world);
  await serve(world);
  expect(world.started).toEqual([["watch", "merges", "--once", "--unattended", "--repo", repo.path]]);
});

test("a call that the client cancels is stopped and not answered", async () => {
  await using place = await makePlace();
  const repo = await makeRepo(place);
  const cancel = { method: "notifications/cancelled", params: { requestId: 7 } };
  const call = { id: 7, method: "tools/call", params: { name: "get_parallel_status" } };
  await using world = worldAsked(place, [call, cancel, { id: 8, method: "ping" }], repo.path);
  await serve(world);
  expect(world.written.map((line) => JSON.parse(line).id)).toEqual([8]);
});

test("at a signal it ends with what the signal is told by", async () => {
  await using place = await makePlace();
  await using world = testWorld(place);
  const silent = { ...world, streams: () => ({ ...world.streams(), input: new ReadableStream<Uint8Array>() }) };
  const served = serve(silent);
  world.interrupt("SIGTERM");
  await expect(served).rejects.toMatchObject({ kind: "cancelled", details: { signal: "SIGTERM" } });
});

test("the command says nothing of its own, and gives a signal's exit code", async () => {
  await using place = await makePlace();
  const flags = { json: false, help: false, colour: undefined };
  await using world = worldAsked(place, [{ id: 1, method: "ping" }]);
  expect(await serveMcp(world, {}, flags)).toBe(0);
  expect(world.written).toEqual(['{"result":{},"jsonrpc":"2.0","id":1}\n']);
  const silent = { ...world, streams: () => ({ ...world.streams(), input: new ReadableStream<Uint8Array>() }) };
  const served = serveMcp(silent, {}, flags);
  world.interrupt("SIGHUP");
  expect(await served).toBe(129);
});

test("what is no message is refused by its id, and a call that does not fit by what would", async () => {
  await using place = await makePlace();
  const call = (id: number, name: string, given: object) => ({
    id,
    method: "tools/call",
    params: { name, arguments: given },
  });
  const calls = [
    call(1, "quux", {}),
    call(2, "get_my_session", { quux: 1 }),
    call(3, "getParallelStatus", { repo_path: 1 }),
  ];
  const lines = [
    "{",
    '{"id":"odd","method":"ping"}',
    '{"result":1}',
    ...calls.map((one) => JSON.stringify({ jsonrpc: "2.0", ...one })),
  ];
  await using world = testWorld(place, { input: lines.join("\n") });
  expect(await serve(world)).toEqual({ calls: 3 });
  const answers = world.written.map((line) => JSON.parse(line));
  expect(answers.flatMap(({ id, error }) => (error === undefined ? [] : [[id, error.code]]))).toEqual([
    [undefined, -32700],
    ["odd", -32600],
  ]);
  const failed = answers.flatMap(({ id, result }) =>
    result ? [[id, JSON.parse(result.content[0].text).error.code]] : [],
  );
  expect(failed).toEqual([
    [1, "usage.unknown-tool"],
    [2, "usage.unexpected"],
    [3, "usage.bad-value"],
  ]);
});

test("where nobody reads, it ends", async () => {
  await using place = await makePlace();
  await using world = worldAsked(place, [{ id: 1, method: "ping" }]);
  const { input } = world.streams();
  expect(await serve({ ...world, streams: () => ({ input, write: async () => "closed" }) })).toEqual({ calls: 0 });
});

test("lines are whole whatever pieces they come in, and one that is too long is told once", () => {
  const told: string[] = [];
  const reader = lineReader({
    mostBytes: 8,
    onLine: (line) => told.push(line),
    onTooLong: () => told.push("too long"),
  });
  for (const piece of ["ab", "c\nd", "\n12345678\n123456789\n", "1234", "56789", "0123456789", "\nz\n", "ä", "end"]) {
    reader.push(new TextEncoder().encode(piece));
  }
  reader.end();
  expect(told).toEqual(["abc", "d", "12345678", "too long", "too long", "z", "äend"]);
});
