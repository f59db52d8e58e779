// Where two versions of a text meet is where git's own merge of the three conflicts, tried on many small texts.

import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { meetingsOf } from "../../src/features/radar/meeting.ts";
import { makePlace } from "../support/place.ts";
import { forAll, gen } from "../support/random.ts";

const LINES = 12;
/** Of each line: kept, changed (to the same or not), taken away, or another one put before it. */
const version = gen.list(gen.pick("keep", "keep", "keep", "keep", "same", "own", "away", "more", "same more"), LINES);
const texts = gen.record({ ours: version, theirs: version });

function textOf(who: string, doings: readonly string[]): string {
  return Array.from({ length: LINES }, (_, at) => {
    const line = `line ${at}\n`;
    const made: Record<string, string> = {
      keep: line,
      same: `line ${at}, changed\n`,
      own: `line ${at} of ${who}\n`,
      away: "",
      more: `before ${at}, of ${who}\n${line}`,
      "same more": `before ${at}\n${line}`,
    };
    return made[doings[at] ?? "keep"] ?? line;
  }).join("");
}

test("a place is found when git conflicts, and only then", async () => {
  await using place = await makePlace();
  const found = new Set<boolean>();
  await forAll("meetings are conflicts", texts, ({ ours, theirs }) => {
    const all = { base: textOf("", []), ours: textOf("ours", ours), theirs: textOf("theirs", theirs) };
    for (const [name, text] of Object.entries(all)) writeFileSync(place.at(name), text);
    const merged = Bun.spawnSync(["git", "merge-file", "-p", place.at("ours"), place.at("base"), place.at("theirs")], {
      cwd: place.path,
      env: place.env(),
    });
    const meets = meetingsOf(all).length > 0;
    found.add(meets);
    return meets === merged.exitCode > 0;
  });
  expect(found.size).toBe(2);
});
