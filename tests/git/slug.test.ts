// Names of sessions become pieces of branches: git itself says whether they may.

import { expect, test } from "bun:test";
import { slug } from "../../src/core/text.ts";
import { gen, makeRandom } from "../support/random.ts";

test("git takes every slug as a piece of a branch", async () => {
  const random = makeRandom(20300101);
  const texts = Array.from({ length: 80 }, () => gen.text(60).make(random));
  const pieces = [...new Set(["", "HEAD", "x.lock", "@{-1}", "..", ...texts].map((text) => slug(text)))];
  const refs = pieces.map((piece) => (piece === "" ? "parallel-0" : `parallel-${piece}-0`));
  const script = 'for ref do git check-ref-format --branch "$ref" || exit 1; done';
  const child = Bun.spawn(["sh", "-c", script, "sh", ...refs], { stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
  expect(stdout.trim().split("\n")).toEqual(refs);
});

test.each([
  ["Ünïcode Tést", "unicode-test"],
  ["日本語 セッション", "日本語-セッション"],
  ["ガレージ", "ガレージ"],
  ["한국어", "한국어"],
  ["auth / backend", "auth-backend"],
  ["🙂", ""],
])("%s is shown in the branch as %j", (name, piece) => {
  expect(slug(name)).toBe(piece);
});
