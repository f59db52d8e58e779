// Source text without comments and without what stands in strings, each character in its place.

import { expect, test } from "bun:test";
import { codeText } from "../../src/features/radar/code-text.ts";
import { languageOf } from "../../src/features/radar/names.ts";

function codeOf(path: string, source: string): string {
  const language = languageOf(path);
  if (language === undefined) throw new Error(`${path} is of no language`);
  const { text, code } = codeText(source, language.notation);
  expect([text.length, code.length]).toEqual([source.length, source.length]);
  expect(code.split("\n").length).toBe(source.split("\n").length);
  return code.replace(/ +/g, " ");
}

test.each([
  ["a.ts", "a /* b\n c */ d // e\nf", "a \n d \nf"],
  ["a.ts", `a("b // c", 'd\\'e', \`f\ng\`) // h`, `a(" ", ' ', \` \n \`) `],
  ["a.ts", "a = /['\"/*]/.test(b) / c; return /\\/'/", "a = / /.test(b) / c; return / /"],
  ["a.ts", "a = b / c; // d 'e\nf = '", "a = b / c; \nf = '"],
  ["a.py", `a = """b # c\n'd'"""  # e\nf = 'g'`, `a = " \n "\x20\nf = ' '`],
  ["a.go", 'a := `b\\` + "c\\"d" // e', 'a := ` ` + " " '],
  ["a.rs", "fn a<'b>(c: &'b str) -> char { '}' } /* d /* e */ f */ g", "fn a<'b>(c: &'b str) -> char { ' ' } g"],
  ["A.java", 'String a = """\n b "c" """; char d = \'"\'; // e', "String a = \" \n \"; char d = ' '; "],
])("%s: %j", (path, source, code) => {
  expect(codeOf(path, source)).toBe(code);
});

test("what does not end, ends with its line or with the text", () => {
  expect(codeOf("a.ts", "a = 'b\nc /* d")).toBe("a = ' \nc ");
  expect(codeOf("a.py", 'a = """b\nc')).toBe('a = " \n ');
});
