// What a run needs before anything is made: all that is wrong at once.

import { describe, expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { Failure } from "../../src/core/failure.ts";
import { operations } from "../../src/features/sandboxes/operations.ts";
import { planRun, problemsBeside, type RunInput } from "../../src/features/sandboxes/request.ts";
import { makePlace } from "../support/place.ts";
import { makeRepo, type RepoInput } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";

const KEY = "sk-ant-of-this-test";

async function scene(repoInput: RepoInput = {}, env: Record<string, string | undefined> = {}) {
  const place = await makePlace();
  const repo = await makeRepo(place, repoInput);
  const programs = place.at("programs");
  await Bun.write(`${programs}/claude`, "#!/bin/sh\n");
  await chmod(`${programs}/claude`, 0o755);
  const given = { cwd: repo.path, path: [programs], env: { ANTHROPIC_API_KEY: KEY, ...env } };
  const world = testWorld(place, given);
  const plan = (input: RunInput) => planRun(world, { prompt: "Do it", ...input });
  const problems = async (input: RunInput): Promise<string[]> => {
    const failed = await plan(input).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(failed instanceof Failure)) throw new Error(`it should have failed: ${failed}`);
    const { problems: all } = failed.details;
    return Array.isArray(all) ? all.map(({ code }) => String(code)) : [failed.code];
  };
  const dispose = async () => {
    await world[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  };
  return { place, repo, world, plan, problems, [Symbol.asyncDispose]: dispose };
}

describe("preflight", () => {
  test("tells all problems at once, each with its own code", async () => {
    await using it = await scene({}, { ANTHROPIC_API_KEY: undefined });
    const input = { base: "nope", branch: "a..b", provider: "docker", env: ["9=x"], promptFile: "PLAN.md" };
    expect(await it.problems(input)).toEqual([
      ...["usage.prompt-twice", "usage.env", "base.unknown", "auth.missing", "provider.not-ready", "branch.invalid"],
    ]);
  });

  test("is told beside words that make no sense, and says nothing of what these may have meant", async () => {
    await using it = await scene({}, { ANTHROPIC_API_KEY: undefined });
    const codes = async (input: RunInput, ...unclear: (string | undefined)[]) =>
      (await problemsBeside(it.world, input, new Set(unclear))).map(({ code }) => code);
    expect(await codes({ branch: "a..b" }, "timeout")).toEqual([
      ...["usage.prompt-missing", "auth.missing", "branch.invalid"],
    ]);
    expect(await codes({ branch: "a..b" }, "authMethod", undefined)).toEqual(["branch.invalid"]);
    expect(await codes({ repo: "/nowhere" }, "timeout")).toEqual(["directory.none"]);
  });

  test("words that stand alone are taken for the task, or for a file with it", async () => {
    await using it = await scene();
    const run = operations.find(({ name }) => name === "sandboxes.run");
    const meant = (words: readonly string[], given = {}) => run?.cli.meant?.(words, given);
    expect(meant(["do", "it"])).toEqual({ flag: "prompt", value: "do it" });
    expect(meant(["the", "tests"], { prompt: "fix" })).toEqual({ flag: "prompt", value: "fix the tests" });
    expect(meant(["docs/PLAN.md"])).toEqual({ flag: "prompt-file", value: "docs/PLAN.md" });
    expect(meant(["PLAN.md"], { prompt: "do" })).toEqual({ flag: "prompt", value: "do PLAN.md" });
    const also = await run?.alsoWrong?.(it.world, { branch: "a..b" }, new Set([undefined]));
    expect(also?.map(({ code }) => code)).toEqual(["branch.invalid"]);
  });

  test("each variable, host and time that cannot be is told of before anything is made", async () => {
    await using it = await scene();
    await Bun.write(
      `${it.place.home}/.parallel-cc/config.json`,
      '{"sandbox": {"hosts": ["http://x", "ok.example", "a b"]}}',
    );
    expect(await it.problems({ env: ["9=x", "PATH=x", "GOOD=1"], timeout: 1e9 })).toEqual([
      ...["usage.env", "usage.env", "sandbox.timeout-too-long", "provider.refused", "provider.refused"],
    ]);
  });

  test("a provider that nobody knows is told of with the rest", async () => {
    await using it = await scene();
    expect(await it.problems({ provider: "dockr", branch: "a..b" })).toEqual(["provider.unknown", "branch.invalid"]);
  });

  test("a dry run needs neither a task nor a key", async () => {
    await using it = await scene({}, { ANTHROPIC_API_KEY: undefined });
    expect((await it.plan({ prompt: undefined, dryRun: true })).run.request.isDryRun).toBe(true);
  });

  test("offers a plan that stands there, and takes it with --yes", async () => {
    await using it = await scene();
    await Bun.write(`${it.repo.path}/PLAN.md`, "# Plan\n## Phase 1: begin\n- [ ] one\n");
    const failed = await it.plan({ prompt: undefined }).catch((thrown: unknown) => thrown);
    expect(failed).toMatchObject({ code: "usage.prompt-missing", hint: expect.stringContaining("PLAN.md") });
    const { run, warnings } = await it.plan({ prompt: undefined, yes: true });
    expect(run.request.promptSource).toEndWith("PLAN.md");
    expect(warnings.join()).toContain("commit it, or pass --with-changes");
  });

  test("files that are to be sent are there, and in the project", async () => {
    await using it = await scene();
    expect(await it.problems({ include: ["nothing.env", "../../../etc/passwd"] })).toEqual(["usage.include"]);
  });

  test("a repository without a commit is refused", async () => {
    await using it = await scene({ unborn: true });
    expect(await it.problems({})).toEqual(["repository.unborn"]);
  });

  test("uncommitted changes go along only from where one stands", async () => {
    await using it = await scene({ commits: 2 });
    expect(await it.problems({ base: "main~1", withChanges: true })).toEqual(["sandbox.changes-elsewhere"]);
    expect((await it.plan({ base: "main", withChanges: true })).run.request.withChanges).toBe(true);
  });

  test("what is not committed is told of", async () => {
    await using it = await scene();
    await Bun.write(`${it.repo.path}/new.txt`, "new\n");
    expect((await it.plan({})).warnings).toEqual([
      "1 uncommitted file is not sent; --with-changes takes along what is not committed.",
    ]);
    expect((await it.plan({ withChanges: true })).warnings).toEqual([]);
  });
});

describe("the branch", () => {
  test("auto is the provider, the task and the time, and is free", async () => {
    await using it = await scene();
    const { branch } = (await it.plan({ prompt: "Fix: the  Bug №1!", branch: "auto" })).run.request;
    expect(branch).toBe("native/fix-the-bug-no1-2030-01-01-12-00");
    await it.repo.git("branch", `${branch}`);
    const again = (await it.plan({ prompt: "Fix: the  Bug №1!", branch: "auto" })).run.request.branch;
    expect(again).toBe(`${branch}-2`);
  });

  test.each(["taken", "taken/below", "above"])(
    "a name that cannot be beside another one is refused: %s",
    async (name) => {
      await using it = await scene();
      await it.repo.git("branch", "taken");
      await it.repo.git("branch", "above/it");
      expect(await it.problems({ branch: name })).toEqual(["branch.exists"]);
    },
  );

  test.each(["-x", "@{-1}", "a b", "a.lock", "HEAD"])("no branch can be called %s", async (name) => {
    await using it = await scene();
    expect(await it.problems({ branch: name })).toEqual(["branch.invalid"]);
  });
});

describe("variables", () => {
  test("by name alone they come from here, and only names are written down", async () => {
    await using it = await scene({}, { MY_TOKEN: "a-secret-value" });
    const { run, variables } = await it.plan({ env: ["MY_TOKEN", "MODE=a=b"] });
    expect(variables).toEqual({ MY_TOKEN: "a-secret-value", MODE: "a=b" });
    expect(run.request.variables).toEqual(["MY_TOKEN", "MODE"]);
    expect(JSON.stringify(run)).not.toContain("a-secret-value");
  });

  test.each(["PATH=/x", "LD_PRELOAD=x", "HTTPS_PROXY=x", "NOT_SET", "A-B=1"])("%s is refused", async (text) => {
    await using it = await scene();
    expect(await it.problems({ env: [text] })).toEqual(["usage.env"]);
  });

  test("a key in the task is not in its title", async () => {
    await using it = await scene();
    const { run, prompt } = await it.plan({ prompt: "Use sk-ant-0123456789abcdef for it" });
    expect(run.title).not.toContain("0123456789");
    expect(new TextDecoder().decode(prompt)).toContain("sk-ant-0123456789abcdef");
  });
});
