// Keys blanked out of a stream.

import { describe, expect, test } from "bun:test";
import { makeMask } from "../../src/features/sandboxes/mask.ts";

const KEY = "sk-planted-0123456789";

function through(text: string, sizes: readonly number[], secrets = [{ name: "KEY", value: KEY }]): string {
  const mask = makeMask(secrets);
  const bytes = new TextEncoder().encode(text);
  const out: Uint8Array[] = [];
  let from = 0;
  for (let i = 0; from < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    out.push(mask.push(bytes.subarray(from, from + size)));
    from += size;
  }
  out.push(mask.end());
  return Buffer.concat(out).toString();
}

describe("the mask", () => {
  test.each([[[1]], [[2, 3]], [[7]], [[1000]]])("finds a key however it is cut into pieces of %p bytes", (sizes) => {
    const text = `begin ${KEY} and ${KEY}${KEY} end`;
    const stars = "*".repeat(KEY.length);
    expect(through(text, sizes)).toBe(`begin ${stars} and ${stars}${stars} end`);
  });

  test("keeps every byte at its place, also of a key's beginning that goes on otherwise", () => {
    const text = `sk-planted-012345678 sk-planted- ${KEY.slice(0, -1)}`;
    expect(through(text, [5])).toBe(text);
  });

  test("finds a key as JSON spells it", () => {
    const secrets = [{ name: "KEY", value: 'quo"ted\\key' }];
    const text = JSON.stringify({ env: 'quo"ted\\key' });
    const masked = through(text, [4], secrets);
    expect(masked).toHaveLength(text.length);
    expect(masked).not.toContain("ted");
  });

  test("of two keys that begin alike both go", () => {
    const secrets = [
      { name: "A", value: "abcdef" },
      { name: "B", value: "abcdefgh" },
    ];
    expect(through("x abcdefgh y abcdef z", [3], secrets)).not.toMatch(/abc/);
  });

  test("holds nothing back that no key begins with", () => {
    const mask = makeMask([{ name: "KEY", value: KEY }]);
    expect(new TextDecoder().decode(mask.push(new TextEncoder().encode("a line\n")))).toBe("a line\n");
  });

  test("words that are too short to be keys stay", () => {
    expect(through("a true story", [3], [{ name: "DEBUG", value: "true" }])).toBe("a true story");
  });
});
