// Bounded concurrency.

import { describe, expect, test } from "bun:test";
import { inParallel } from "../../src/core/limiter.ts";

/** Lets everybody else have some turns. */
async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await Promise.resolve();
}

describe("inParallel", () => {
  test("answers in the order of the items, whichever ends first", async () => {
    const lengths = [30, 1, 15, 0];
    const ended: number[] = [];
    const answers = await inParallel(lengths, 3, async (length) => {
      await turns(length);
      ended.push(length);
      return length;
    });
    expect(answers).toEqual(lengths);
    expect(ended).not.toEqual(lengths);
  });

  test.each([1, 2, 5, 100])("has no more than %d at work, and as many while there are items", async (atOnce) => {
    let now = 0;
    let most = 0;
    await inParallel(Array.from({ length: 20 }), atOnce, async () => {
      most = Math.max(most, ++now);
      await turns(3);
      now--;
    });
    expect(most).toBe(Math.min(atOnce, 20));
  });

  test("of nothing is nothing", async () => {
    expect(await inParallel([], 4, () => Promise.reject(new Error("never")))).toEqual([]);
  });

  test("fails with the first failure", async () => {
    const work = async (n: number) => (n === 2 ? Promise.reject(new Error("two")) : n);
    await expect(inParallel([1, 2, 3], 2, work)).rejects.toThrow("two");
  });

  test("gives each item to one work alone", async () => {
    const seen: number[] = [];
    await inParallel([1, 2, 3, 4, 5], 3, async (n) => {
      seen.push(n);
      await turns(5 - n);
    });
    expect(seen.sort()).toEqual([1, 2, 3, 4, 5]);
  });
});
