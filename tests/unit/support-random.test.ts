import { expect, test } from "bun:test";
import { forAll, gen, makeRandom } from "../support/random.ts";

test("a seed gives the same numbers, spread over the range", () => {
  const [one, two] = [makeRandom(7), makeRandom(7)];
  const numbers = Array.from({ length: 1000 }, () => one.int(1, 6));
  expect(numbers).toEqual(Array.from({ length: 1000 }, () => two.int(1, 6)));
  expect([...new Set(numbers)].sort()).toEqual([1, 2, 3, 4, 5, 6]);
});

test("a property that holds is silent", async () => {
  let runs = 0;
  await forAll("length adds up", gen.list(gen.text()), (texts) => {
    runs += 1;
    return texts.join("").length === texts.reduce((sum, text) => sum + text.length, 0);
  });
  expect(runs).toBe(100);
});

test("a failure shows its seed and the smallest case", async () => {
  const small = forAll(
    "no list sums over 10",
    gen.list(gen.int(0, 9)),
    (list) => list.reduce((a, b) => a + b, 0) <= 10,
    {
      seed: 3,
    },
  );
  await expect(small).rejects.toThrow(
    /no list sums over 10: does not hold for \[\d,\d\] \(PROPERTY_SEED=\d+ PROPERTY_RUNS=1\)/,
  );
});

test("the seed shown finds the case again", async () => {
  const property = (text: string) => !text.includes("'");
  const failing = forAll("no quote", gen.text(), property);
  const message = await failing.catch((error: Error) => error.message);
  expect(message).toContain(`does not hold for "'"`);
  const seed = Number(/PROPERTY_SEED=(\d+)/.exec(String(message))?.[1]);
  await expect(forAll("no quote", gen.text(), property, { seed, runs: 1 })).rejects.toThrow(`for "'"`);
});

test("an asynchronous property that throws is refuted with its own words", async () => {
  const values = gen.record({ size: gen.int(1, 50), kind: gen.pick("file", "folder") });
  const property = async ({ size }: { size: number }) => {
    if (size > 4) throw new Error(`too big: ${size}`);
  };
  await expect(forAll("small", values, property)).rejects.toThrow(
    /does not hold for \{"size":5,"kind":"file"\} .*: too big: 5/,
  );
});
