// Messages and notes as agents have them: whose they are the server knows by the claude that started it, here this process.

import { describe, expect, test } from "bun:test";
import { pccJson } from "../support/cli.ts";
import { connectClient, failureIn } from "../support/mcp.ts";
import { makePlace } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { registered } from "../support/sessions.ts";

/** The session `mine` in the main checkout, and `other` in a worktree. */
async function makeScene() {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const { path: cwd } = await makeRepo(place);
  const mine = await registered(place, process, { cwd }, "--name", "mine");
  const other = await registered(place, stack.use(sleeper()), { cwd }, "--name", "other");
  const { call } = stack.use(await connectClient(place, { cwd }));
  const asOther = (...words: string[]) => pccJson(place, [...words, "--session-id", other.sessionId], { cwd });
  const owned = stack.move();
  return { place, cwd, mine, other, call, asOther, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

describe("messages", () => {
  test("are sent by the session of the server, and read by the other one", async () => {
    await using scene = await makeScene();
    const { mine, other } = scene;
    const { structuredContent: sent } = await scene.call("send_message", { to: "other", message: "a\nb" });
    expect(sent).toMatchObject({ sent: true, recipients: [{ sessionId: other.sessionId, name: "other" }] });
    expect(await scene.asOther("messages", "read")).toMatchObject({
      messages: [
        { id: sent?.["messageId"], from: "mine", fromSessionId: mine.sessionId, branch: "main", message: "a\nb" },
      ],
      total: 1,
    });
  });

  test("are read once", async () => {
    await using scene = await makeScene();
    await scene.asOther("messages", "send", "--to", "all", "hello", "there");
    expect((await scene.call("read_messages")).structuredContent).toMatchObject({
      messages: [
        { message: "hello there", from: "other", isNew: true },
        { kind: "news", from: null },
      ],
      total: 2,
    });
    expect((await scene.call("read_messages")).structuredContent).toEqual({ messages: [], total: 0 });
  });

  test("need a session, and one to send them to", async () => {
    await using scene = await makeScene();
    const code = async (to: string) => failureIn(await scene.call("send_message", { to, message: "x" })).code;
    expect([await code("mine"), await code("absent"), await code("")]).toEqual([
      ...["message.to-self", "session.none", "usage.bad-value"],
    ]);
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using unknown = await connectClient(place, { cwd: repo.path });
    for (const [name, given] of [
      ["read_messages", {}] as const,
      ["send_message", { to: "all", message: "x" }] as const,
    ]) {
      expect(failureIn(await unknown.call(name, given)).code).toBe("session.none");
    }
  });
});

describe("notes", () => {
  test("are by the session of the server, and for all checkouts", async () => {
    await using scene = await makeScene();
    const { structuredContent: shared } = await scene.call("share_note", { note: "login answers 401" });
    expect(shared).toMatchObject({ total: 1, message: "Noted; this repository has 1 note." });
    await using inWorktree = await connectClient(scene.place, { cwd: scene.other.worktreePath });
    const { structuredContent } = await inWorktree.call("read_notes", { search: "LOGIN" });
    expect(structuredContent).toMatchObject({
      notes: [{ id: shared?.["noteId"], author: "mine", authorSessionId: scene.mine.sessionId, branch: "main" }],
      total: 1,
    });
  });

  test("go for others that are named, and what those said is told", async () => {
    await using scene = await makeScene();
    const { structuredContent: first } = await scene.call("share_note", { note: "403" });
    const { structuredContent } = await scene.call("share_note", { note: "401", replaces: first?.["noteId"] });
    expect(structuredContent).toMatchObject({
      message: `Noted; this repository has 1 note. It replaces ${first?.["noteId"]}, which said: "403".`,
    });
    const failed = await scene.call("share_note", { note: "x", replaces: String(first?.["noteId"]) });
    expect(failureIn(failed).code).toBe("note.none");
  });

  test("need a repository, but no session", async () => {
    await using place = await makePlace();
    await using nowhere = await connectClient(place);
    expect(failureIn(await nowhere.call("read_notes")).code).toBe("repository.none");
    const repo = await makeRepo(place);
    await using unknown = await connectClient(place, { cwd: repo.path });
    await unknown.call("share_note", { note: "x" });
    expect((await unknown.call("read_notes")).structuredContent).toMatchObject({ notes: [{ author: null }] });
  });
});
