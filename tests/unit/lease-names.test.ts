// Names that leases are told by: whatever a branch is called, hosts, databases and compose take them.

import { describe, expect, test } from "bun:test";
import { label, leaseVariables } from "../../src/features/leases/variables.ts";
import { forAll, gen, ODD_CHARACTERS } from "../support/random.ts";

const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const COMPOSE = /^[a-z0-9][a-z0-9_-]*$/;

const lease = {
  ports: [12_345],
  worktreeName: "parallel-auth-0123abcd",
  branch: "parallel-auth-0123abcd",
  repoPath: "/src/shop",
  isInOwnWorktree: true,
};

describe("a slug", () => {
  test.each([
    ["parallel-auth-0123abcd", "parallel-auth-0123abcd"],
    ["main", "main"],
    ["feature/Login", "feature-login"],
    ["7-up", "7-up"],
  ])("of %j is as it reads: %s", (name, expected) => expect(label(name)).toBe(expected));

  test.each([
    ["release/1.2", /^release-1-2-[0-9a-f]{6}$/],
    ["snake_case", /^snake-case-[0-9a-f]{6}$/],
    ["--leading--", /^leading-[0-9a-f]{6}$/],
    ["café", /^cafe-[0-9a-f]{6}$/],
    ["機能/ログイン", /^[0-9a-f]{6}$/],
    ["🚀", /^[0-9a-f]{6}$/],
    ["fix/機能-login", /^fix-login-[0-9a-f]{6}$/],
    ["x".repeat(200), /^x{56}-[0-9a-f]{6}$/],
    [`${"x".repeat(55)}-${"y".repeat(100)}`, /^x{55}-[0-9a-f]{6}$/],
  ])("of %j ends in a hash, since it lost something", (name, expected) => expect(label(name)).toMatch(expected));

  test("is another one for each name", () => {
    const names = ["a.b", "a_b", "a b", "a/b", "ä/b", "a--b", "機", "能", "x".repeat(64), "x".repeat(65)];
    expect(new Set(names.map(label)).size).toBe(names.length);
  });

  test("of any name is a label of 63 characters at most", async () => {
    const alphabet: [string, ...string[]] = ["機", "/", "_", ...ODD_CHARACTERS];
    await forAll("slugs are labels", gen.text(200, alphabet), (name) => {
      expect(label(name)).toMatch(LABEL);
      expect(label(name).length).toBeLessThanOrEqual(63);
    });
  });
});

describe("the variables", () => {
  test("number the ports from the second on", () => {
    expect(leaseVariables({ ...lease, ports: [12_345, 12_346, 12_350] })).toEqual({
      PARALLEL_CC_PORT: "12345",
      PARALLEL_CC_PORT_2: "12346",
      PARALLEL_CC_PORT_3: "12350",
      PARALLEL_CC_SLUG: "parallel-auth-0123abcd",
      COMPOSE_PROJECT_NAME: "shop-parallel-auth-0123abcd",
    });
  });

  test.each([
    ["/src/My Shop", "my-shop"],
    ["/src/my_shop", "my-shop"],
    ["/src/shop.git", "shop"],
    ["/src/-shop-", "shop"],
    ["/src/店", "repository"],
    ["/", "repository"],
    [`/src/${"long-".repeat(40)}`, "long-long-long-long-long-long"],
  ])("name a compose project after the repository %s", (repoPath, word) => {
    const name = leaseVariables({ ...lease, repoPath })["COMPOSE_PROJECT_NAME"];
    expect(name).toBe(`${word}-parallel-auth-0123abcd`);
    expect(name).toMatch(COMPOSE);
  });

  test("leave compose its own name outside of our worktrees, and where no ports are leased", () => {
    expect(leaseVariables({ ...lease, isInOwnWorktree: false })).not.toHaveProperty("COMPOSE_PROJECT_NAME");
    expect(leaseVariables({ ...lease, ports: [] })).toEqual({ PARALLEL_CC_SLUG: "parallel-auth-0123abcd" });
  });

  test("name what has no worktree's name after its repository and branch, or after having none", () => {
    const main = { ...lease, worktreeName: null, isInOwnWorktree: false };
    expect(leaseVariables({ ...main, branch: "feature/x" })["PARALLEL_CC_SLUG"]).toBe("shop-feature-x");
    expect(leaseVariables({ ...main, branch: null })["PARALLEL_CC_SLUG"]).toBe("shop-detached");
  });
});
