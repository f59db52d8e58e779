// What there is to see of a run, in order.

import { expect, test } from "bun:test";
import { appendFile, mkdir } from "node:fs/promises";
import { lookerOf } from "../../src/features/sandboxes/looker.ts";
import { type Note, writeNote } from "../../src/features/sandboxes/notes.ts";
import { placeOf } from "../../src/features/sandboxes/place.ts";
import { readerOf, type Seen } from "../../src/features/sandboxes/seen.ts";
import { makePlace } from "../support/place.ts";

function words(seen: Seen[] | undefined): string[] {
  return (seen ?? []).map((one) => (one.kind === "note" ? one.note.text : (one.line ?? "(too long)")));
}

async function scene() {
  const place = await makePlace();
  await mkdir(place.at("run"));
  const files = { notes: place.at("run/notes.jsonl"), log: place.at("run/log.jsonl") };
  const note = (text: string, after: number) =>
    writeNote(files.notes, { at: "2030-01-01T00:00:00Z", after, kind: "step", text } satisfies Note);
  const reader = readerOf(files);
  const all = () => {
    const found: string[] = [];
    for (let seen = reader.read(); seen !== undefined; seen = reader.read()) found.push(...words(seen));
    return found;
  };
  return { place, files, note, all };
}

test("a note stands where the log was when it was written", async () => {
  const { place, files, note, all } = await scene();
  await using _ = place;
  note("before", 0);
  await appendFile(files.log, "one\ntwo\n");
  note("between", 4);
  note("after", 8);
  expect(all()).toEqual(["before", "one", "between", "two", "after"]);
  await appendFile(files.log, "three\n");
  expect(all()).toEqual(["three"]);
});

test("half a line waits for its end, and so does half a note", async () => {
  const { place, files, all } = await scene();
  await using _ = place;
  await appendFile(files.log, "on");
  expect(all()).toEqual([]);
  await appendFile(files.log, "e\n");
  await appendFile(files.notes, '{"at":"2030","after":0,"kind":"st');
  expect(all()).toEqual(["one"]);
  await appendFile(files.notes, 'ep","text":"late"}\n');
  expect(all()).toEqual(["late"]);
});

test("files that are not there yet are empty, and a line that is no note is passed over", async () => {
  const { place, files, all, note } = await scene();
  await using _ = place;
  expect(all()).toEqual([]);
  await appendFile(files.notes, "nonsense\n");
  note("a key: sk-ant-0123456789abcdef", 0);
  expect(all()).toEqual(["a key: [redacted]"]);
});

test("a log of nothing but line ends, or longer than one look takes, is looked through to its end", async () => {
  await using place = await makePlace();
  const paths = { sandboxes: place.at("sandboxes"), logs: place.at("logs") };
  const { log } = placeOf(paths, "1");
  await Bun.write(log, "\n".repeat(3_000_000));
  const looker = lookerOf(paths, "1");
  let lines = 0;
  const take = () => {
    lines += 1;
  };
  expect(looker.look(new Date(0), take)).toBe(false);
  expect(lines).toBe(3_000_000);
  await appendFile(log, `${"x".repeat(1023)}\n`.repeat(65 * 1024));
  expect(looker.look(new Date(0), take)).toBe(true);
  expect(looker.look(new Date(0), take)).toBe(false);
  expect(lines).toBe(3_000_000 + 65 * 1024);
});
