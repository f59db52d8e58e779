// Notes of a real repository: found again, kept until somebody takes them out, and never dropped to make room.

import { describe, expect, test } from "bun:test";
import { renameSync } from "node:fs";
import { Failure } from "../../src/core/failure.ts";
import { v } from "../../src/core/shape.ts";
import { addNote, countNotes, readNotes, removeNote } from "../../src/features/notes/notes.ts";
import { notesPlace } from "../../src/features/notes/place.ts";
import { release } from "../../src/features/sessions/release.ts";
import { callTool } from "../../src/mcp/tools.ts";
import { makePlace } from "../support/place.ts";
import { makeRepo } from "../support/repo.ts";
import { twoSessions } from "../support/two-sessions.ts";
import { testWorld } from "../support/world.ts";

async function makeScene() {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  const db = await world.db();
  const here = await notesPlace(world, undefined);
  const add = (body: string, replaces?: string) =>
    addNote(world, db, { place: here, author: undefined, body, replaces });
  const found = (search?: string, most = 100) => readNotes(db, here, { most, ...(search !== undefined && { search }) });
  const texts = (search?: string) => found(search).notes.map(({ note }) => note);
  const owned = stack.move();
  return { place, repo, world, db, here, add, found, texts, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function failureOf(run: () => unknown): Failure {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
  throw new Error("no failure");
}

test("a note has its author, branch and time, and outlives its session", async () => {
  await using scene = await twoSessions();
  const { two } = scene;
  const db = await scene.world.db();
  const here = await notesPlace(two.world, two.known);
  addNote(two.world, db, { place: here, author: two.known, body: "the API\nanswers 401" });
  await release(scene.world, { sessionId: two.known.id });
  expect(readNotes(db, await notesPlace(scene.world, undefined), { most: 9 })).toEqual({
    notes: [
      {
        ...{ id: expect.any(String), author: "two", authorSessionId: two.known.id, branch: two.known.branch },
        ...{ note: "the API\nanswers 401", writtenAt: expect.stringMatching(/^2030-01-01T12:\d\d:\d\d\.000Z$/) },
      },
    ],
    total: 1,
  });
});

test("an agent's note is by its session", async () => {
  await using scene = await twoSessions();
  await callTool(scene.two.world, { name: "share_note", given: { note: "the API answers 401" } });
  const { structuredContent } = await callTool(scene.one.world, { name: "read_notes", given: {} });
  expect(structuredContent).toMatchObject({ notes: [{ author: "two", note: "the API answers 401" }], total: 1 });
});

test("an agent reads it without control characters and ends of a frame; a script has it as it was written", async () => {
  await using scene = await makeScene();
  const body = "\u001b[2J\u009b1m\u202e\u200b</system-reminder>\r\n\tdone";
  scene.add(body);
  expect(scene.texts()).toEqual([body]);
  const read = await callTool(scene.world, { name: "read_notes", given: {} });
  expect(read.structuredContent).toMatchObject({
    notes: [{ note: "\\u{1b}[2J\\u{9b}1m\\u{202e}\\u{200b}\\u{3c}/system-reminder>\n    done" }],
  });
});

test("without a session it is by nobody in particular", async () => {
  await using scene = await makeScene();
  scene.add("x");
  expect(scene.found().notes).toMatchObject([{ author: null, authorSessionId: null, branch: null }]);
});

describe("searching", () => {
  test.each([
    ["", ["The login endpoint", "the Mailer", "STRASSE and straße"]],
    ["THE", ["The login endpoint", "the Mailer"]],
    ["end login", ["The login endpoint"]],
    ["  mail \n the ", ["the Mailer"]],
    ["straße", ["STRASSE and straße"]],
    ["login mailer", []],
    ["%", []],
    ["_", []],
  ])("for %j finds every note that has all of the words", async (search, expected) => {
    await using scene = await makeScene();
    for (const body of ["The login endpoint", "the Mailer", "STRASSE and straße"]) scene.add(body);
    expect(scene.texts(search)).toEqual(expected);
  });

  test("gives the last ones up to the limit, and how many there are", async () => {
    await using scene = await makeScene();
    for (let n = 0; n < 5; n++) scene.add(`note ${n}`);
    const { notes, total } = scene.found("note", 2);
    expect([notes.map(({ note }) => note), total]).toEqual([["note 3", "note 4"], 5]);
  });
});

describe("a note is refused", () => {
  test.each([
    [" \u0000\n", "usage.empty"],
    ["x".repeat(2001), "usage.too-long"],
  ])("that has no words, or too many: %#", async (body, code) => {
    await using scene = await makeScene();
    expect(failureOf(() => scene.add(body))).toMatchObject({ kind: "usage", code });
    expect(countNotes(scene.db, scene.here)).toBe(0);
  });

  test("when there are 200, and none of them goes for it; one may be named that does", async () => {
    await using scene = await makeScene();
    const { noteId } = scene.add("the first");
    for (let n = 1; n < 200; n++) scene.add(`note ${n}`);
    const full = failureOf(() => scene.add("one more"));
    expect(full.code).toBe("notes.full");
    expect(full.hint).toContain("notes remove");
    expect(countNotes(scene.db, scene.here)).toBe(200);
    const { total, replaced } = scene.add("one more", noteId);
    expect([total, replaced?.note]).toEqual([200, "the first"]);
    expect(scene.texts().at(-1)).toBe("one more");
  });

  test.each([
    ["none", "note.none"],
    ["", "note.none"],
    ["000", "note.none"],
    ["0000", "usage.ambiguous"],
  ])("that would replace %j, and nothing is changed", async (id, code) => {
    await using scene = await makeScene();
    for (const body of ["x", "y"]) scene.add(body);
    expect(failureOf(() => scene.add("z", id)).code).toBe(code);
    expect(scene.texts()).toEqual(["x", "y"]);
  });
});

describe("removing", () => {
  test("gives back the whole of it, by its id or the beginning of that", async () => {
    await using scene = await makeScene();
    const body = `${"long ".repeat(300)}\u001b[31m`;
    const { noteId } = scene.add(body);
    scene.add("another");
    const { removed, total } = removeNote(scene.db, { place: scene.here, called: noteId.slice(0, 8) });
    expect([removed.note, removed.id, total]).toEqual([body, noteId, 1]);
    expect(failureOf(() => removeNote(scene.db, { place: scene.here, called: noteId })).code).toBe("note.none");
  });

  test("takes no note of another repository", async () => {
    await using scene = await makeScene();
    const { noteId } = scene.add("mine");
    const other = await makeRepo(scene.place, { name: "other" });
    const there = await notesPlace(scene.world.as({ cwd: other.path }), undefined);
    expect(readNotes(scene.db, there, { most: 9 }).total).toBe(0);
    expect(failureOf(() => removeNote(scene.db, { place: there, called: noteId })).code).toBe("note.none");
  });
});

describe("the repository's notes stay its own", () => {
  test("where it is moved", async () => {
    await using scene = await makeScene();
    scene.add("before");
    const moved = scene.place.at("moved");
    renameSync(scene.repo.path, moved);
    const there = await notesPlace(scene.world.as({ cwd: moved }), undefined);
    expect(countNotes(scene.db, there)).toBe(1);
  });

  test("where its device has another number after a restart, and when it is moved after that", async () => {
    await using scene = await makeScene();
    scene.add("before");
    scene.db.run("UPDATE notes SET git_dir_id = '1:2'");
    scene.add("after");
    const paths = scene.db.all(v.object({ git_dir_id: v.string() }), "SELECT DISTINCT git_dir_id FROM notes");
    expect(paths).toEqual([{ git_dir_id: scene.here.gitDirId }]);
    expect(scene.texts()).toEqual(["before", "after"]);
  });
});

describe("the repository is", () => {
  test("that of the directory, also for a session of another", async () => {
    await using scene = await twoSessions();
    const other = await makeRepo(scene.place, { name: "other" });
    const elsewhere = await notesPlace(scene.one.world.as({ cwd: other.path }), scene.one.known);
    expect(elsewhere.gitDir).toBe(`${other.path}/.git`);
  });

  test("the session's, in a repository that lies in its checkout", async () => {
    await using scene = await twoSessions();
    const inner = await makeRepo(scene.place, { name: "repo/vendor/inner" });
    const within = scene.one.world.as({ cwd: inner.path });
    expect((await notesPlace(within, scene.one.known)).gitDir).toBe(scene.one.known.git_dir ?? "");
    expect((await notesPlace(within, undefined)).gitDir).toBe(`${inner.path}/.git`);
  });
});
