// Entries put into random settings files and taken out again, with and without others' edits in between.
// PROPERTY_RUNS=100000 for the long run.

import { expect, test } from "bun:test";
import { countOurs, settle } from "../../src/files/json-edit.ts";
import { plain, readTree, type Value } from "../../src/files/json-tree.ts";
import { parseLoosely } from "../../src/files/jsonc.ts";
import { forAll, makeRandom } from "../support/random.ts";
import {
  FILE,
  HOOK_ENTRIES,
  HOOKS,
  install,
  OURS,
  SERVER,
  SERVER_ENTRY,
  uninstall,
  withOurs,
  withoutOurs,
} from "./json-edit-entries.ts";
import { commentsOf, editCarelessly, type Layout, layouts, Writer } from "./json-edit-texts.ts";

const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 1000);

function fileOf(layout: Layout): string {
  return new Writer(layout).file();
}

function contentOf(text: string | undefined): unknown {
  const body = (text ?? "").replace(/^\uFEFF/, "");
  if (readTree(FILE, body).root === undefined) return {};
  const { value, fault } = parseLoosely(body);
  if (fault !== undefined) throw new Error(`${JSON.stringify(fault)} in ${body}`);
  return value;
}

function holds(name: string, belief: (text: string, layout: Layout) => unknown) {
  test(name, () => forAll(name, layouts, (layout) => belief(fileOf(layout), layout), { runs: RUNS }), 600_000);
}

holds("what is put in is there beside all that was, once, and is taken out to the byte", (text) => {
  const { text: installed, note } = install(text);
  expect(contentOf(installed)).toEqual(withOurs(contentOf(text)));
  expect(install(installed, note)).toMatchObject({ text: installed, note });
  expect(install(installed)).toMatchObject({ text: installed });
  expect(uninstall(installed, note)).toMatchObject({ text, note: undefined });
});

holds("what is put in by parts goes by parts, in any order", (text, { seed }) => {
  const step = (from: string | undefined, note: Parameters<typeof install>[1], part: string, isIn: boolean) => {
    const entries = part === "hooks" ? HOOK_ENTRIES : [SERVER_ENTRY];
    const ours = part === "hooks" ? [HOOKS] : [SERVER];
    return settle(from, { file: FILE, ours, wanted: isIn ? entries : [], note });
  };
  const random = makeRandom(seed);
  const parts = random.bool() ? ["hooks", "server"] : ["server", "hooks"];
  let now: { text: string | undefined; note: Parameters<typeof install>[1] } = { text, note: undefined };
  for (const part of parts) now = step(now.text, now.note, part, true);
  for (const part of random.bool() ? parts : parts.toReversed()) now = step(now.text, now.note, part, false);
  expect(now).toMatchObject({ text, note: undefined });
});

holds("an edit of somebody's own value stays, and nothing else is left of us", (text, { seed }) => {
  const own = text.match(/"u\d+"/g) ?? [];
  const random = makeRandom(seed);
  const { text: installed, note } = install(text);
  let [mine, both] = [text, installed ?? ""];
  for (const value of own.filter(() => random.bool())) {
    const other = random.pick([
      '"new"',
      `${value} // said\n`,
      `/* so */ ${value}/**/`,
      "{}",
      "[ 1,\r\n2]",
      "{ // x\n}",
    ]);
    mine = mine.replace(value, () => other);
    both = both.replace(value, () => other);
  }
  expect(uninstall(both, note)).toMatchObject({ text: mine, note: undefined });
});

holds("whatever others do in between, all of ours goes and all of theirs stays", (text, { seed }) => {
  const random = makeRandom(seed);
  const { text: installed = "", note } = install(text);
  const edited = editCarelessly(random, installed);
  for (const known of [note, undefined]) {
    const { text: left = "" } = uninstall(edited, known);
    expect(countOurs(FILE, left, OURS)).toBe(0);
    expect(withoutOurs(contentOf(left))).toEqual(withoutOurs(contentOf(edited)));
    const inside = commentsInOurs(edited);
    expect(commentsOf(left).filter((comment) => !inside.has(comment))).toEqual(
      commentsOf(edited).filter((comment) => !inside.has(comment)),
    );
  }
});

holds("a file that a program has written anew with ours in it loses ours, and no value of others", (text, { seed }) => {
  const random = makeRandom(seed);
  const { text: installed, note } = install(text);
  const value = contentOf(installed);
  const shuffled = Object.fromEntries(
    Object.entries(Object(value))
      .map((entry) => ({ entry, rank: random.next() }))
      .sort((one, other) => one.rank - other.rank)
      .map(({ entry }) => entry),
  );
  const written = JSON.stringify(shuffled, null, random.pick([0, 2, 4]));
  for (const known of [note, undefined]) {
    const { text: left } = uninstall(written, known);
    expect(withoutOurs(contentOf(left))).toEqual(withoutOurs(contentOf(text)));
  }
  expect(withoutOurs(contentOf(text))).toEqual(withoutOurs(contentOf(uninstall(written, note).text)));
});

holds("what is broken is refused with its place, and only that", (text, { seed }) => {
  const random = makeRandom(seed);
  const at = random.int(0, text.length);
  const broken =
    text.slice(0, at) + random.pick(["", "", "}", ",", '"', "/*", "x", "\u0001", "[", ":"]) + text.slice(at + 1);
  const body = broken.replace(/^\uFEFF/, "");
  const isNothing = body.replace(/\/\*[\s\S]*?\*\/|\/\/[^\r\n]*|\s/g, "") === "";
  const isBroken = !isNothing && parseLoosely(body).fault !== undefined;
  for (const change of [install, uninstall]) {
    let thrown: unknown;
    try {
      const { text: result = "" } = change(broken);
      contentOf(result);
    } catch (failure) {
      thrown = failure;
    }
    if (isBroken) expect(thrown).toMatchObject({ code: "json.broken", message: expect.stringMatching(/:\d+:\d+ /) });
    else if (thrown !== undefined) expect(thrown).toMatchObject({ code: "json.shape" });
  }
});

/** Comments inside of what is taken out: they go with it. */
function commentsInOurs(text: string): Set<string> {
  const body = text.replace(/^\uFEFF/, "");
  const inside = new Set<string>();
  const look = (value: Value): void => {
    for (const child of value.children) {
      const found = plain(child.value);
      if (!HOOKS.is(found) && !SERVER.is(found)) look(child.value);
      else for (const comment of commentsOf(body.slice(child.start, child.value.end))) inside.add(comment);
    }
  };
  const { root } = readTree(FILE, body);
  if (root !== undefined) look(root);
  return inside;
}
