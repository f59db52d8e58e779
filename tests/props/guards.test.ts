// Reading command lines, on generated ones: words come back as they were before they were quoted, as bash reads them too;
// no text makes it fail, and a long one does not take long.

import { describe, expect, test } from "bun:test";
import { claimsOf } from "../../src/features/guards/judge.ts";
import { parseShell } from "../../src/features/guards/parse.ts";
import type { Script } from "../../src/features/guards/syntax.ts";
import { textOf } from "../../src/features/guards/values.ts";
import { forAll, type Gen, gen, makeRandom, type Random } from "../support/random.ts";

const NOTHING_KNOWN = { home: "/home/u", variable: () => undefined, printed: () => undefined };

/** One way of many to write a piece of a word. */
function quotedPiece(random: Random, piece: string): string {
  const ways: [() => string, ...(() => string)[]] = [
    () => `'${piece.replaceAll("'", `'\\''`)}'`,
    () => `"${piece.replace(/[$`"\\]/g, "\\$&")}"`,
    () => [...piece].map((char) => (char === "\n" ? "'\n'" : `\\${char}`)).join(""),
    () => `$'${piece.replace(/[\\']/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\t", "\\x09")}'`,
    () => (/^[a-z0-9]+$/.test(piece) ? piece : `'${piece.replaceAll("'", `'"'"'`)}'`),
    () => (/^[a-z0-9]+$/.test(piece) ? [...piece].join("\\\n") : `""'${piece.replaceAll("'", "'\\''")}'`),
  ];
  return random.pick(ways)();
}

function quotedWord(random: Random, word: string): string {
  const characters = [...word];
  let made = word === "" ? random.pick(["''", '""', "$''"]) : "";
  while (characters.length > 0) made += quotedPiece(random, characters.splice(0, random.int(1, 4)).join(""));
  return made;
}

function wordsOf(script: Script | undefined): (string | undefined)[] {
  const node = script?.[0]?.node;
  return node?.kind === "command" ? node.words.map((word) => textOf(word, NOTHING_KNOWN)) : [];
}

const lines: Gen<{ words: string[]; seed: number }> = gen.record({
  words: gen.list(gen.text(8), 6),
  seed: gen.int(0, 2 ** 31 - 1),
});

describe("words", () => {
  test("come back as they were, however they are quoted, and bash reads them so", async () => {
    await forAll("quoting", lines, ({ words, seed }) => {
      const random = makeRandom(seed);
      const line = `printf '%s\\0' x ${words.map((word) => quotedWord(random, word)).join(random.pick([" ", "  ", " \\\n "]))}`;
      expect(wordsOf(parseShell(line))).toEqual(["printf", "%s\\0", "x", ...words]);
      const read = Bun.spawnSync(["bash", "-c", line], { env: { LC_ALL: "C.UTF-8", PATH: "/usr/bin:/bin" } });
      expect(read.stdout.toString()).toBe(["x", ...words].map((word) => `${word}\0`).join(""));
    });
  });
});

const TOKENS: [string, ...string[]] = [
  ...([
    "git stash pop",
    "rm -rf /",
    "cd ..",
    "a",
    "'",
    '"',
    "`",
    "$(",
    ")",
    "(",
    "{",
    "}",
    ";",
    "&&",
    "||",
    "|",
  ] as const),
  ...[
    "&",
    "\n",
    " ",
    "if ",
    "then ",
    "fi",
    "for x in ",
    "do ",
    "done",
    "while ",
    "case ",
    " in",
    "esac",
    ";;",
    "[[ ",
    " ]]",
  ],
  ...[
    "((",
    "))",
    "<",
    ">",
    "<<E\n",
    "\nE\n",
    "#",
    "!",
    "x=",
    "x=(",
    "$",
    "${",
    "\\",
    "\\\n",
    "*",
    "~",
    "f() ",
    "eval ",
  ],
];

describe("any text", () => {
  test("is read, or not, without a failure", async () => {
    const texts: Gen<string> = gen.text(40, [...TOKENS, "é", "\u0000", "🙂"]);
    await forAll("no failure", texts, (text) => {
      claimsOf(text, { directory: "/", home: "/home/u" });
    });
  });

  const MEGABYTE = 1024 * 1024;
  const long = (piece: string) => piece.repeat(Math.ceil(MEGABYTE / piece.length));

  test.each([
    ...TOKENS,
    ...[
      "rm -rf x; ",
      "$((",
      "$((a) ",
      "(x)&&",
      "a | ",
      "{a,",
      "eval eval ",
      "sudo ",
      "`\\`",
      "cat <<A\n",
      "if a; then ",
      "x@(",
    ],
  ])("a megabyte of %j takes less than a second", (piece) => {
    for (const text of [long(piece), `echo "${long(piece)}"`]) {
      const begun = process.cpuUsage();
      claimsOf(text, { directory: "/", home: "/home/u" });
      // Of this process alone: others may be at work.
      const { user, system } = process.cpuUsage(begun);
      expect((user + system) / 1000).toBeLessThan(1000);
    }
  });
});
