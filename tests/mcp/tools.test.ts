// The tools as a client sees them: what is listed holds for what is answered, and is what the command line says.

import { describe, expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import Ajv from "ajv";
import manifest from "../../package.json" with { type: "json" };
import { allTools } from "../../src/registry.ts";
import { pccJson } from "../support/cli.ts";
import { type Called, connectClient, failureIn, type ServerInput } from "../support/mcp.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { registered } from "../support/sessions.ts";

const tools = await allTools();
const named = tools.map((one) => [one.mcp.tool, one] as const);

interface Scene {
  place: Place;
  repo: Repo;
}

interface Story {
  given: Record<string, unknown>;
  /** The command whose `--json` says the same. */
  words?(scene: Scene): string[];
  /** Only a session can ask it: the one of this process. */
  isOfSession?: true;
  /** Asked twice it answers differently. */
  isWriting?: true;
  /** What the server is started with. */
  input?(scene: Scene): Promise<ServerInput>;
  /** Waits for what it has begun. */
  ended?(scene: Scene, input: ServerInput): Promise<unknown>;
}

const CLAUDE = `#!/bin/sh
[ "$1" = --version ] && exec echo '2.1.328 (Claude Code)'
echo '{"type":"result","subtype":"success","is_error":false,"result":"Done"}'
`;

/** For each tool, what is asked of it. */
const STORIES: Readonly<Record<string, Story>> = {
  get_parallel_status: { given: {}, words: ({ repo }) => ["status", "--repo", repo.path] },
  get_my_session: { given: {} },
  claim_file: { given: { filePath: "a.ts", mode: "SHARED", reason: "a story" }, isOfSession: true },
  release_file: { given: { claimId: "none", force: true }, isOfSession: true },
  list_file_claims: { given: { filePaths: ["src/", "*.md"], includeExpired: true } },
  claim_files: { given: { files: ["a.ts", "src/**/*.ts"], mode: "exclusive" }, isOfSession: true },
  release_files: { given: { files: ["a.ts"] }, isOfSession: true },
  check_file_conflicts: { given: { files: ["a.ts"] } },
  get_conflict_radar: { given: {} },
  rebase_assist: { given: { targetBranch: "work", checkOnly: true }, isOfSession: true },
  check_conflicts: { given: { currentBranch: "work", targetBranch: "main" } },
  notify_when_merged: { given: { branch: "work" }, isOfSession: true },
  check_merge_status: { given: { branch: "work", targetBranch: "main" } },
  get_merge_events: { given: { limit: 5 }, words: () => ["merge", "status", "--limit", "5"] },
  execute_in_sandbox: {
    ...{ given: { prompt: "Do it", branch: "auto" }, isWriting: true },
    input: async ({ place }) => {
      await Bun.write(place.at("claude/claude"), CLAUDE);
      await chmod(place.at("claude/claude"), 0o755);
      return { path: [place.at("claude")], env: { ANTHROPIC_API_KEY: "sk-ant-of-a-story" } };
    },
    ended: ({ place, repo }, input) => pccJson(place, ["sandbox", "attach"], { cwd: repo.path, ...input }),
  },
  send_message: { given: { to: "all", message: "hello" }, isOfSession: true },
  read_messages: { given: {}, isOfSession: true },
  share_note: { given: { note: "an interface" }, isWriting: true },
  read_notes: { given: { search: "interface", limit: 3 }, words: () => ["notes", "--search", "interface"] },
};

/** Two sessions are at work, and there is a branch `work`. */
async function makeScene(stack: AsyncDisposableStack): Promise<Scene> {
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  await repo.git("branch", "work");
  for (const name of ["one", "two"]) {
    await registered(place, stack.use(sleeper()), { cwd: repo.path }, "--name", name);
  }
  return { place, repo };
}

/** In the strict mode of ajv a word that it does not know is an error. */
const validator = () => new Ajv({ strict: true, allErrors: true });

test("the server is called parallel-cc, of the one version, and tells in ten lines what to use when", async () => {
  await using place = await makePlace();
  await using connected = await connectClient(place);
  const { client } = connected;
  expect(client.getServerVersion()).toEqual({ name: "parallel-cc", version: manifest.version });
  const instructions = client.getInstructions() ?? "";
  expect(instructions.split("\n").length).toBeLessThanOrEqual(10);
  for (const [name] of named) expect(instructions).toContain(name);
  const known = new Set(named.map(([name]) => name));
  for (const [word] of instructions.matchAll(/\b[a-z]+(_[a-z]+)+\b/g)) expect(known).toContain(word);
});

test("the few tools of every day are those that Claude Code loads from the start", async () => {
  await using place = await makePlace();
  await using connected = await connectClient(place);
  const loaded = (await connected.client.listTools()).tools.filter(
    ({ _meta }) => _meta?.["anthropic/alwaysLoad"] === true,
  );
  expect(loaded.map(({ name }) => name)).toEqual([
    ...["get_parallel_status", "get_my_session", "claim_files"],
    ...["send_message", "read_messages", "read_notes", "share_note"],
  ]);
});

test("every tool of the registry is listed once, with schemas a strict validator takes", async () => {
  await using place = await makePlace();
  await using connected = await connectClient(place);
  const listed = (await connected.client.listTools()).tools;
  expect(listed.map(({ name }) => name)).toEqual([...new Set(named.map(([name]) => name))]);
  for (const { name, description, inputSchema, outputSchema, annotations } of listed) {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(description).toMatch(/^[A-Z].{40,600}\.$/s);
    expect(annotations).toMatchObject({ readOnlyHint: expect.any(Boolean), destructiveHint: expect.any(Boolean) });
    for (const schema of [inputSchema, outputSchema]) {
      expect(schema).toMatchObject({ type: "object", additionalProperties: false });
      validator().compile(schema ?? {});
    }
    for (const field of Object.values(inputSchema.properties ?? {})) {
      expect(field).toMatchObject({ description: expect.stringMatching(/^[A-Z]/) });
    }
  }
});

describe.each(named)("%s", (name, one) => {
  const story = STORIES[name];

  test("has a story here", () => {
    expect(story).toBeDefined();
    expect("cli" in one).toBe(story?.words !== undefined);
  });

  test("answers what its schema promises, as an object and as the same text", async () => {
    await using stack = new AsyncDisposableStack();
    const scene = await makeScene(stack);
    const { place, repo } = scene;
    if (story?.isOfSession) await registered(place, process, { cwd: repo.path }, "--no-worktree");
    const input = (await story?.input?.(scene)) ?? {};
    const connected = stack.use(await connectClient(place, { cwd: repo.path, ...input }));
    const listed = (await connected.client.listTools()).tools.find((tool) => tool.name === name);
    const called = await connected.call(name, story?.given);
    const isFit = validator().compile(listed?.outputSchema ?? {});
    expect([isFit(called.structuredContent), isFit.errors]).toEqual([true, null]);
    expect(JSON.parse(called.content[0].text)).toEqual(called.structuredContent);
    await story?.ended?.(scene, input);
  });

  test("is answered in camel case, too", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using connected = await connectClient(place, { cwd: repo.path });
    const camel = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    // What is refused is refused in the tool's own words.
    const given = story?.isWriting ? {} : story?.given;
    expect(await connected.call(camel, given)).toEqual(await connected.call(name, given));
  });

  test("refuses an argument that it does not know, and names those that it does", async () => {
    await using place = await makePlace();
    await using connected = await connectClient(place);
    const { code, message, hint } = failureIn(await connected.call(name, { ...story?.given, quux: 1 }));
    expect({ code, message }).toEqual({ code: "usage.unexpected", message: `${name} has no argument "quux".` });
    expect(hint).toMatch(/takes/);
  });
});

const commanded = Object.entries(STORIES).flatMap(([name, { given, words }]) =>
  words === undefined ? [] : [[name, given, words] as const],
);
test.each(commanded)("%s says what its command says with --json", async (name, given, words) => {
  await using stack = new AsyncDisposableStack();
  const scene = await makeScene(stack);
  const connected = stack.use(await connectClient(scene.place, { cwd: scene.repo.path }));
  const { structuredContent } = await connected.call(name, given);
  expect(structuredContent).toEqual(Object(await pccJson(scene.place, words(scene), { cwd: scene.repo.path })));
});

describe("get_parallel_status", () => {
  const totals = ({ structuredContent }: Called) => structuredContent?.["totalSessions"];

  test("tells of the current repository, also from a worktree of it, and of another that is named", async () => {
    await using stack = new AsyncDisposableStack();
    const { place, repo } = await makeScene(stack);
    const other = await makeRepo(place, { name: "other" });
    const inMain = stack.use(await connectClient(place, { cwd: repo.path }));
    const status = await inMain.call("get_parallel_status");
    expect(totals(status)).toBe(2);
    expect(totals(await inMain.call("get_parallel_status", { repo_path: other.path }))).toBe(0);
    const { sessions } = JSON.parse(status.content[0].text);
    const linked = sessions.find((one: { isMainRepo: boolean }) => !one.isMainRepo).worktreePath;
    const inWorktree = stack.use(await connectClient(place, { cwd: linked }));
    expect(totals(await inWorktree.call("get_parallel_status"))).toBe(2);
  });

  test.each([
    [{ repo_path: "" }, "usage.bad-value"],
    [{ repo_path: 7 }, "usage.bad-value"],
    [{ repo_path: ["a"] }, "usage.bad-value"],
    [{ repo_path: null }, "usage.bad-value"],
    [{ repo_path: "/nowhere/at all" }, "directory.none"],
    [{ repo_path: "x".repeat(300) }, "directory.none"],
    [{ repo_path: "a\u0000b" }, "directory.none"],
    [{}, "repository.none"],
  ])("%j is answered with a failure as text alone", async (given, code) => {
    await using place = await makePlace();
    await using connected = await connectClient(place);
    const called = await connected.call("get_parallel_status", given);
    expect(failureIn(called).code).toBe(code);
  });
});

test("a hint names the argument of the tool, not the flag of the command", async () => {
  await using place = await makePlace();
  await using connected = await connectClient(place);
  for (const given of [{}, { repo_path: "/nowhere/at all" }]) {
    const { hint } = failureIn(await connected.call("get_parallel_status", given));
    expect(hint).toMatch(/with repo_path\.$/);
  }
});

test("a name that is no tool is told from those that are", async () => {
  await using place = await makePlace();
  await using connected = await connectClient(place);
  const failed = failureIn(await connected.call("get_my_sesion"));
  expect(failed).toMatchObject({ code: "usage.unknown-tool", hint: "Did you mean get_my_session?" });
  for (const name of ["toString", "__proto__", "", "x".repeat(100_000), "\u001b[31m"]) {
    expect(failureIn(await connected.call(name)).code).toBe("usage.unknown-tool");
  }
});

test("control characters of a branch or a name reach an agent as JSON's own escapes", async () => {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  await registered(place, stack.use(sleeper()), { cwd: repo.path }, "--name", "red \u001b[31m");
  const connected = stack.use(await connectClient(place, { cwd: repo.path }));
  const { content } = await connected.call("get_parallel_status");
  expect(content[0].text).toContain("red \\u001b[31m");
  expect(content[0].text).not.toContain("\u001b");
});
