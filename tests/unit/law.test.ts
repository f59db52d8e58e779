// The law of src/, on the real tree and on small trees that break it: each rule is shown to bite.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import {
  homeViolations,
  moduleViolations,
  nameViolations,
  rankViolations,
  reachViolations,
  roomViolations,
  sizeViolations,
  type Tree,
} from "../support/law.ts";
import { codeOf, importsOf } from "../support/source.ts";

const ROOT = join(import.meta.dir, "../..");
const real = await readTree();

async function readTree(): Promise<Tree> {
  const paths = await Array.fromAsync(new Bun.Glob("src/**/*.ts").scan({ cwd: ROOT }));
  const entries = paths.sort().map(async (path) => [path, await Bun.file(join(ROOT, path)).text()] as const);
  return new Map(await Promise.all(entries));
}

function tree(files: Record<string, string>): Tree {
  return new Map(Object.entries(files));
}

describe("the real tree", () => {
  const rules = {
    "imports only go down": rankViolations,
    "a room is entered by its door": roomViolations,
    "every effect has one home": homeViolations,
    "a production dependency is imported by one file": (files: Tree) =>
      moduleViolations(files, Object.keys(manifest.dependencies)),
    "file names are nouns in kebab-case": nameViolations,
    "no file is over 400 lines": sizeViolations,
    "a start loads no package that it may not need": reachViolations,
  };
  for (const [belief, rule] of Object.entries(rules)) {
    test(belief, () => expect(rule(real)).toEqual([]));
  }
});

describe("ranks", () => {
  test.each([
    ["src/core/text.ts", "../files/paths.ts"],
    ["src/git/git.ts", "../features/sessions/sessions.ts"],
    ["src/git/git.ts", "../world.ts"],
    ["src/features/sessions/sessions.ts", "../../cli/run.ts"],
    ["src/features/sessions/sessions.ts", "../../world.ts"],
    ["src/features/sessions/sessions.ts", "../../registry.ts"],
    ["src/cli/run.ts", "../main.ts"],
    ["src/world.ts", "./main.ts"],
  ])("%s may not import %s", (path, specifier) => {
    expect(rankViolations(tree({ [path]: `import { x } from "${specifier}";` }))).toHaveLength(1);
    expect(rankViolations(tree({ [path]: `const { x } = await import("${specifier}");` }))).toHaveLength(1);
  });

  test("a type counts like a value", () => {
    for (const source of [
      `import type { Git } from "../git/git.ts";`,
      `import { type Git } from "../git/git.ts";`,
      `export type { Git } from "../git/git.ts";`,
      `export type Git = import("../git/git.ts").Git;`,
    ]) {
      expect(rankViolations(tree({ "src/core/text.ts": source }))).toHaveLength(1);
    }
  });

  test("down, sideways, the registry from a door, and the World's type from a room are fine", () => {
    const files = tree({
      "src/main.ts": `import { run } from "./cli/run.ts";`,
      "src/cli/run.ts": `import { all } from "../registry.ts"; import { makeWorld } from "../world.ts";`,
      "src/registry.ts": `const load = () => import("./features/sessions/operations.ts");`,
      "src/features/sessions/operations.ts": `import type { World } from "../../world.ts";`,
      "src/git/git.ts": `import { run } from "../proc/run.ts"; import { Failure } from "../core/failure.ts";`,
    });
    expect(rankViolations(files)).toEqual([]);
  });

  test("a new folder needs a rank", () => {
    expect(rankViolations(tree({ "src/lib/thing.ts": "" }))).toEqual(["src/lib/thing.ts: has no rank"]);
  });
});

describe("rooms", () => {
  const enter = (path: string, specifier: string) =>
    roomViolations(tree({ [path]: `import { x } from "${specifier}";` }));

  test("another room's private file is closed", () => {
    expect(enter("src/features/claims/claims.ts", "../sessions/store.ts")).toHaveLength(1);
    expect(enter("src/features/claims/claims.ts", "../sessions/operations.ts")).toHaveLength(1);
    expect(enter("src/cli/commands/watch.ts", "../../features/sessions/store.ts")).toHaveLength(1);
    expect(enter("src/registry.ts", "./features/sessions/store.ts")).toHaveLength(1);
  });

  test("its door is open, and so is one's own room", () => {
    expect(enter("src/features/claims/claims.ts", "../sessions/sessions.ts")).toEqual([]);
    expect(enter("src/features/sandboxes/providers/e2b.ts", "../sync.ts")).toEqual([]);
    expect(enter("src/registry.ts", "./features/sessions/operations.ts")).toEqual([]);
  });
});

describe("homes", () => {
  const EFFECTS: readonly (readonly [string, string | undefined])[] = [
    ["process.exit(1)", "src/main.ts"],
    ["const home = process.env.HOME", "src/world.ts"],
    [`const home = process.env["HOME"]`, "src/world.ts"],
    ["const home = Bun.env.HOME", "src/world.ts"],
    ["const mode = import.meta.env.MODE", "src/world.ts"],
    ["const cwd = process.cwd()", "src/world.ts"],
    ["const home = homedir()", "src/world.ts"],
    [`Bun.spawn(["git"])`, "src/proc/spawn.ts"],
    [`Bun.spawnSync(["git"])`, "src/proc/spawn.ts"],
    ["await Bun.$`git`", "src/proc/spawn.ts"],
    ["Bun.listen({ port })", "src/proc/port.ts"],
    ["const now = Date.now()", "src/world.ts"],
    ["const now = new Date()", "src/world.ts"],
    ["const now = new Date;", "src/world.ts"],
    ["const now = Date()", "src/world.ts"],
    ["[1].map(Date.now)", "src/world.ts"],
    ["const dice = Math.random()", "src/world.ts"],
    ["const id = crypto.randomUUID()", "src/world.ts"],
    [`const told = \`at \${new Date()}\``, "src/world.ts"],
    [`console.log("x")`, undefined],
    ["const { spawn } = Bun;", undefined],
    ["const { env } = process;", undefined],
  ];

  test.each(EFFECTS)("%s has one home", (source, home) => {
    expect(homeViolations(tree({ "src/features/a/a.ts": source }))).toHaveLength(1);
    if (home !== undefined) expect(homeViolations(tree({ [home]: source }))).toEqual([]);
  });

  test.each([
    "// process.exit(1)\nconst a = 1; /* Date.now() */",
    `const advice = "never call process.exit(1)";`,
    `const advice = \`never \${"console.log"} Date.now()\`;`,
    `const sign = /process.env["']/; const other = "x"; // Date.now()`,
    "const at = new Date(row.created_at);",
    "process.exitCode = 1;",
    "const half = total / 2; const third = total / 3;",
    "const environment = process.environment;",
  ])("%j is no effect", (source) => {
    expect(homeViolations(tree({ "src/features/a/a.ts": source }))).toEqual([]);
  });
});

describe("modules", () => {
  const using = (path: string, source: string) => moduleViolations(tree({ [path]: source }), []);

  test.each([
    ["valibot", "src/core/shape.ts"],
    ["bun:sqlite", "src/db/db.ts"],
    ["node:child_process", "src/proc/spawn.ts"],
    ["child_process", "src/proc/spawn.ts"],
  ])("%s has one home", (specifier, home) => {
    const source = `import { x } from "${specifier}";`;
    const stray = moduleViolations(tree({ [home]: source, "src/features/a/a.ts": source }), ["valibot"]);
    expect(stray.filter((violation) => violation.startsWith("src/features/a/a.ts: "))).toHaveLength(1);
    expect(stray.filter((violation) => violation.startsWith(home))).toEqual([]);
  });

  test("bun itself is not imported", () => {
    expect(using("src/proc/spawn.ts", `import { spawn } from "bun";`)).toHaveLength(1);
  });

  test("a package that package.json does not name is not imported", () => {
    expect(using("src/cli/run.ts", `import { diff } from "@scope/name/deep";`)).toEqual([
      "src/cli/run.ts: @scope/name is not a dependency of package.json",
    ]);
  });

  test("a dependency has exactly one importer", () => {
    const citty = `import { x } from "citty";`;
    expect(moduleViolations(tree({ "src/cli/help.ts": citty }), ["citty"])).toEqual([]);
    expect(moduleViolations(tree({ "src/cli/help.ts": citty, "src/cli/run.ts": citty }), ["citty"])).toHaveLength(1);
    expect(moduleViolations(tree({}), ["citty"])).toEqual(["citty: imported by no file, not by one"]);
  });
});

describe("names and sizes", () => {
  test.each(["index", "types", "utils", "helpers", "constants", "camelCase"])("%s.ts is refused", (name) => {
    expect(nameViolations(tree({ [`src/core/${name}.ts`]: "" }))).toHaveLength(1);
  });

  test("400 lines are the most", () => {
    expect(sizeViolations(tree({ "src/a.ts": "x\n".repeat(400) }))).toEqual([]);
    expect(sizeViolations(tree({ "src/a.ts": "x\n".repeat(401) }))).toHaveLength(1);
  });
});

describe("reach", () => {
  const files = (loading: string) =>
    tree({
      "src/main.ts": `import { run } from "./cli/run.ts";`,
      "src/cli/run.ts": loading,
      "src/cli/paint.ts": `import picocolors from "picocolors";`,
    });

  test("a static import on the way from main is a violation that shows the way", () => {
    expect(reachViolations(files(`import { paint } from "./paint.ts";`))).toEqual([
      "picocolors is loaded at every start: src/main.ts → src/cli/run.ts → src/cli/paint.ts",
    ]);
    expect(reachViolations(files(`export * from "./paint.ts";`))).toHaveLength(1);
  });

  test("a type or an import on first use is not", () => {
    expect(reachViolations(files(`import type { Paint } from "./paint.ts";`))).toEqual([]);
    expect(reachViolations(files(`const { paint } = await import("./paint.ts");`))).toEqual([]);
  });
});

describe("reading source", () => {
  test("finds every way to name a module once", () => {
    const source = `import a from "a"; import type { B } from "b"; export { c } from "c"; await import("d"); import "e";
      // import f from "f"
      const text = "taken from 'h'"; type G = import('g').G;`;
    expect(importsOf(source).map(({ specifier, kind }) => `${specifier} ${kind}`)).toEqual([
      "a static",
      "c static",
      "d dynamic",
      "e static",
      "b type",
      "g type",
    ]);
  });

  test("keeps code inside templates and drops the text around it", () => {
    const source = "const a = `x §{ { b: `y §{c} z` } } '`; // d".replaceAll("§", "$");
    const code = "const a = ` §{ { b: ` §{c} ` } } `;".replaceAll("§", "$");
    expect(codeOf(source).replace(/ +/g, " ").trim()).toBe(code);
  });
});
