// What a file holds after an edit, as the client makes it.

import { expect, test } from "bun:test";
import { editedBytes } from "../../src/features/radar/edited.ts";

const edit = (old: string, made: string, isAll = false) => ({ old_string: old, new_string: made, replace_all: isAll });
const after = (before: string, input: object, tool = "Edit") =>
  editedBytes(tool, input, Buffer.from(before))?.toString();

test("an edit in LF is made in a file of Windows' line ends, which it keeps", () => {
  expect(after("a\r\nb\r\nc\r\n", edit("a\nb\n", "x\ny\n"))).toBe("x\r\ny\r\nc\r\n");
});

test("a file of both line ends gets those that most of its lines have", () => {
  expect(after("a\r\nb\r\nc\n", edit("b", "x\ny"))).toBe("a\r\nx\r\ny\r\nc\r\n");
  expect(after("a\r\nb\nc\n", edit("b", "x"))).toBe("a\nx\nc\n");
});

test("what is taken out whole takes its line end along", () => {
  expect(after("a\nb\nb\nc\n", edit("b", ""))).toBe("a\nb\nc\n");
  expect(after("a\nb\nb\nc\n", edit("b", "", true))).toBe("a\nc\n");
  expect(after("a b c\n", edit(" b", ""))).toBe("a c\n");
});

test("what is put in is taken as it stands", () => {
  expect(after("price\n", edit("price", "$& $1 $$"))).toBe("$& $1 $$\n");
  expect(after("", edit("", "new\n"))).toBe("new\n");
  expect(editedBytes("Write", { content: "new\n" }, undefined)?.toString()).toBe("new\n");
});

test("several edits follow each other, and one that does not fit makes none", () => {
  expect(after("a\n", { edits: [edit("a", "b"), edit("b", "c")] }, "MultiEdit")).toBe("c\n");
  expect(after("a\n", { edits: [edit("a", "b"), edit("a", "c")] }, "MultiEdit")).toBeUndefined();
});

test("a text in UTF-16 stays in it", () => {
  const before = Buffer.from("\ufeffa\n", "utf16le");
  expect(editedBytes("Edit", edit("a", "b"), before)).toEqual(Buffer.from("\ufeffb\n", "utf16le"));
});
