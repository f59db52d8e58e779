// What the flags of `install` ask for, and which of them leave something open.

import { describe, expect, test } from "bun:test";
import { type Input, isAsked, requestFrom } from "../../src/features/install/request.ts";

const parts = (input: Input) => [...requestFrom(input).parts].sort();

describe("installing", () => {
  test("all of it leaves the status line and .gitignore to who asks for them", () => {
    expect(parts({ all: true })).toEqual(["alias", "completions", "database", "hooks", "mcp", "programs"]);
    expect(parts({ all: true, statusline: true })).toContain("statusline");
  });

  test("hooks go everywhere with --all, unless one place is named", () => {
    const scope = (input: Input) => requestFrom(input).scope;
    expect(scope({ all: true })).toEqual({ isGlobal: true, isLocal: false });
    expect(scope({ all: true, local: true })).toEqual({ isGlobal: false, isLocal: true });
    expect(scope({ local: true, global: true })).toEqual({ isGlobal: true, isLocal: true });
  });

  test("the plugin stands in place of hooks and server, also with --all", () => {
    expect(parts({ plugin: true })).toEqual(["plugin"]);
    expect(parts({ plugin: true, all: true })).toEqual(["alias", "completions", "database", "plugin", "programs"]);
  });

  test("a place names the hooks", () => expect(parts({ global: true })).toEqual(["hooks"]));

  test("an alias comes with the program it is for", () => {
    expect(parts({ alias: true })).toEqual(["alias", "programs"]);
    expect(parts({ alias: true, uninstall: true })).toEqual(["alias"]);
  });

  const refusals: [Input, string][] = [
    [{}, "usage.nothing-named"],
    [{ repo: "." }, "usage.nothing-named"],
    [{ hooks: true }, "usage.scope"],
    [{ interactive: true }, "usage.no-terminal"],
    [{ interactive: true, mcp: true }, "usage.flags"],
    [{ plugin: true, mcp: true }, "usage.flags"],
    [{ plugin: true, hooks: true, global: true }, "usage.flags"],
    [{ plugin: true, local: true }, "usage.flags"],
    [{ purge: true }, "usage.flags"],
    [{ purge: true, all: true }, "usage.flags"],
    [{ purge: true, uninstall: true, mcp: true }, "usage.flags"],
  ];
  test.each(refusals)("%j is refused: %s", (input, code) => {
    expect(() => requestFrom(input)).toThrow(expect.objectContaining({ code, kind: "usage" }));
  });
});

describe("taking out", () => {
  test.each([[{ uninstall: true }], [{ uninstall: true, all: true }], [{ uninstall: true, purge: true }]])(
    "%j is all of it",
    (input) => {
      const request = requestFrom(input);
      expect(request).toMatchObject({ isWhole: true, action: "uninstall" });
      expect(request.parts.size).toBe(11);
    },
  );

  test("of named parts is only those, hooks wherever they are known", () => {
    expect(requestFrom({ uninstall: true, hooks: true })).toMatchObject({
      isWhole: false,
      scope: { isGlobal: false, isLocal: false },
    });
    expect(parts({ uninstall: true, gitignore: true, mcp: true })).toEqual(["gitignore", "mcp"]);
  });
});

describe("at a terminal", () => {
  test.each<Input>([{}, { repo: "x" }, { interactive: true }, { interactive: true, repo: "x" }, { hooks: true }])(
    "%j is asked about",
    (input) => expect(isAsked(input)).toBe(true),
  );
  test.each<Input>([
    { all: true },
    { interactive: true, mcp: true },
    { hooks: true, global: true },
    { hooks: true, uninstall: true },
    { status: true },
    { mcp: true },
    { purge: true },
  ])("%j is not", (input) => expect(isAsked(input)).toBe(false));
});
