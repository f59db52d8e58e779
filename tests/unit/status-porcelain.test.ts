// Reading `git status --porcelain=v2 --branch -z --no-renames`.

import { describe, expect, test } from "bun:test";
import { parseStatus } from "../../src/git/porcelain.ts";

const ID = "0123456789012345678901234567890123456789";
const records = (...lines: string[]) => lines.map((line) => `${line}\0`).join("");
const changed = (path: string) => `1 .M N... 100644 100644 100644 ${ID} ${ID} ${path}`;
const unmerged = (path: string) => `u UU N... 100644 100644 100644 100644 ${ID} ${ID} ${ID} ${path}`;

describe("parseStatus", () => {
  test("reads commit and branch", () => {
    const output = records(`# branch.oid ${ID}`, "# branch.head feature/a b", "# branch.upstream origin/x");
    expect(parseStatus(output)).toEqual({
      head: ID,
      branch: "feature/a b",
      changed: [],
      unmerged: [],
      ignored: [],
    });
  });

  test("knows no commit before the first one, and no branch of a detached HEAD", () => {
    const output = records("# branch.oid (initial)", "# branch.head (detached)");
    expect(parseStatus(output)).toMatchObject({ head: null, branch: null });
  });

  test.each(["a", "a b  c", " a", "a ", "-a", "1 a", "? a", "# branch.oid x", "a\nb", "a\tb", '"a"', "é漢"])(
    "reads the path %j of each kind as it is",
    (path) => {
      const output = records(changed(path), unmerged(path), `? ${path}`, `! ${path}/`);
      expect(parseStatus(output)).toMatchObject({
        changed: [path, path, path],
        unmerged: [path],
        ignored: [`${path}/`],
      });
    },
  );

  test("of nothing is nothing", () => {
    expect(parseStatus("")).toEqual({ head: null, branch: null, changed: [], unmerged: [], ignored: [] });
  });

  test("reads commits of 64 letters", () => {
    const long = ID.padEnd(64, "f");
    expect(parseStatus(records(`# branch.oid ${long}`)).head).toBe(long);
  });
});
