// Blocks of lines of ours in other people's texts.

import { describe, expect, test } from "bun:test";
import { holds, withBlock, withoutBlocks } from "../../src/features/install/lines.ts";
import { claudeIn } from "../../src/features/install/shells.ts";

const BLOCK = ["# title", "line"];

describe("a block", () => {
  test.each(["", "a\n", "a\r\n", "a", "a\n\n", "# title\n", "line\n# title"])(
    "behind %j is there, and goes",
    (text) => {
      const put = withBlock(text, BLOCK);
      expect(holds(put, BLOCK)).toBe(true);
      expect(put.startsWith(text)).toBe(true);
      expect(withoutBlocks(put, [BLOCK])).toBe(text === "" || text.endsWith("\n") ? text : `${text}\n`);
    },
  );

  test("goes wherever it stands, and as often", () => {
    expect(withoutBlocks("# title\nline\na\n# title\r\nline\r\nb\n# title\nline", [BLOCK])).toBe("a\nb\n");
  });

  test.each(["# title\n", "line\n", "# title\n\nline\n", "# title\nline 2\n", " # title\nline\n", "line\n# title\n"])(
    "is not %j",
    (text) => {
      expect(holds(text, BLOCK)).toBe(false);
      expect(withoutBlocks(text, [BLOCK])).toBe(text);
    },
  );
});

describe("claude in a profile", () => {
  test.each([
    ["alias claude='claude-parallel'", "claude-parallel"],
    ["  alias claude=/x/claude-parallel # mine", "claude-parallel"],
    ["alias claude 'claude-parallel'", "claude-parallel"],
    ["alias claude='claude --verbose'", "something else"],
    ["alias -g claude=x", "something else"],
    ["claude() { command claude; }", "something else"],
    ["function claude", "something else"],
    ["alias claudette=x", undefined],
    ["# alias claude=x", undefined],
    ["export claude=1", undefined],
  ])("%s: %s", (line, is) => expect<unknown>(claudeIn(`a\n${line}\nb\n`)).toBe(is));
});
