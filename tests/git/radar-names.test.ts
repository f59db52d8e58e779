// Merges without a conflict in which a name is gone that is newly used: how many of the planted ones are found, and how
// many of the clean ones are suspected.

import { expect, test } from "bun:test";
import { CLEAN } from "./radar-names-clean.ts";
import { judge, told } from "./radar-names-judge.ts";
import { PLANTED } from "./radar-names-planted.ts";

test("of 20 planted names all are found, and of 20 clean merges none is suspected", async () => {
  const [planted, clean] = [await judge(PLANTED), await judge(CLEAN)];
  expect([...planted, ...clean].filter(({ verdict }) => verdict !== "clean" && verdict !== "same-files")).toEqual([]);
  const missed = PLANTED.flatMap(({ about, warns }, at) => (told(planted[at]).includes(warns) ? [] : [about]));
  const beside = PLANTED.flatMap(({ warns }, at) => told(planted[at]).filter((one) => one !== warns));
  const suspected = CLEAN.flatMap(({ about }, at) => told(clean[at]).map((one) => `${about}: ${one}`));
  const found = PLANTED.length - missed.length;
  const rates = `found ${found} of ${PLANTED.length}, suspected ${suspected.length} of ${CLEAN.length}`;
  await Bun.write(Bun.stderr, `names: ${rates}\n`);
  expect([PLANTED.length, CLEAN.length]).toEqual([20, 20]);
  expect({ missed, beside, suspected }).toEqual({ missed: [], beside: [], suspected: [] });
});
