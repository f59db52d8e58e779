// Our entries in Claude Code's files: found by their program, judged by what it is, and nothing else of them shown.

import { describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "../../src/features/doctor/doctor.ts";
import { hookEntries, serverEntries, shellWords } from "../../src/features/install/install.ts";
import { examined, found, install, VERSION, writeProgram } from "../support/doctor.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makeRepo } from "../support/repo.ts";

const hooks = (...commands: string[]) => ({
  hooks: { PostToolUse: [{ matcher: "*", hooks: commands.map((command) => ({ type: "command", command })) }] },
});

interface Given {
  command: string;
  /** Of parallel-cc (none). */
  commands?: readonly string[];
  release?: string | null;
}

/** The check of hooks with one entry in the user's settings; `@` in the command is where things are installed. */
async function hook(place: Place, { command, ...installed }: Given): Promise<Check | undefined> {
  const bin = await install(place, installed);
  await Bun.write(join(place.home, ".claude/settings.json"), JSON.stringify(hooks(command.replaceAll("@", bin))));
  return found(await examined(place, { path: [bin] }), "hooks");
}

describe("a hook", () => {
  test("that is not there is well", async () => {
    await using place = await makePlace();
    expect(found(await examined(place), "hooks")).toEqual({
      name: "hooks",
      status: "ok",
      detail: "none of ours entered",
    });
  });

  test.each([
    "@/parallel-cc-heartbeat.sh",
    "parallel-cc-heartbeat.sh",
    'sh "@/parallel-cc-heartbeat.sh"',
    "X=1 exec @/parallel-cc-heartbeat.sh || true",
  ])("that runs the script of this release is well: %s", async (command) => {
    await using place = await makePlace();
    const check = await hook(place, { command });
    expect(check?.detail).toContain(`PostToolUse in ${join(place.home, ".claude/settings.json")}: `);
    expect(check?.status).toBe("ok");
  });

  test.each(["~", "$HOME", "$" + "{HOME}"])("may name the home as %s", async (home) => {
    await using place = await makePlace();
    await writeProgram(join(place.home, ".local/bin/parallel-cc-heartbeat.sh"), `pcc_release=${VERSION}\n`);
    expect(await hook(place, { command: `${home}/.local/bin/parallel-cc-heartbeat.sh` })).toMatchObject({
      status: "ok",
    });
  });

  test("whose script is not there is a warning", async () => {
    await using place = await makePlace();
    expect((await hook(place, { command: "/nowhere/parallel-cc-heartbeat.sh" }))?.detail).toEndWith(
      "runs /nowhere/parallel-cc-heartbeat.sh, which is not there.",
    );
  });

  test("whose script cannot be executed is a warning, unless a shell is told to read it", async () => {
    await using place = await makePlace();
    const script = place.at("parallel-cc-heartbeat.sh");
    await Bun.write(script, `pcc_release=${VERSION}\n`);
    expect((await hook(place, { command: script }))?.detail).toContain("cannot be executed");
    expect(await hook(place, { command: `bash -e ${script}` })).toMatchObject({ status: "ok" });
  });

  test.each([
    ["2.9.0", "release 2.9.0"],
    [null, "an earlier release"],
  ])("whose script is of release %p is a warning", async (release, words) => {
    await using place = await makePlace();
    const check = await hook(place, { command: "@/parallel-cc-heartbeat.sh", release });
    expect(check?.detail).toContain(`which is of ${words}; parallel-cc is of ${VERSION}`);
    expect(check?.status).toBe("warn");
  });

  test("that runs parallel-cc itself is well when that knows the command", async () => {
    await using place = await makePlace();
    const given = { command: "parallel-cc hook PostToolUse", commands: ["hook PostToolUse"] };
    expect((await hook(place, given))?.detail).toEndWith("settings.json: parallel-cc hook PostToolUse");
  });

  test("that runs a command which this release has not is a warning", async () => {
    await using place = await makePlace();
    expect((await hook(place, { command: "parallel-cc hook PostToolUse" }))?.detail).toEndWith(
      "runs parallel-cc hook PostToolUse, a command that this release does not have.",
    );
  });

  test("that runs a parallel-cc of another release on PATH is a warning", async () => {
    await using place = await makePlace();
    await writeProgram(place.at("old/parallel-cc"), "#!/bin/sh\necho 3.0.1\n");
    await Bun.write(
      join(place.home, ".claude/settings.json"),
      JSON.stringify(hooks(`${place.at("old/parallel-cc")} heartbeat`)),
    );
    const checks = await examined(place, { path: [await install(place), place.at("old")] });
    expect(found(checks, "hooks")?.detail).toContain(`which is 3.0.1; this is ${VERSION}`);
  });

  test("that runs the installed copy of this release is well, whichever one is asked", async () => {
    await using place = await makePlace();
    const installed = join(place.home, ".local/bin/parallel-cc");
    await writeProgram(installed, `#!/bin/sh\necho ${VERSION}\n`);
    const given = { command: `${installed} hook Stop`, commands: ["hook Stop"] };
    expect(await hook(place, given)).toMatchObject({ status: "ok" });
    await writeProgram(installed, "#!/bin/sh\necho 3.0.1\n");
    expect((await hook(place, given))?.detail).toEndWith(`, which is 3.0.1; this is ${VERSION}.`);
  });

  test("is told in one line with those that have the same trouble", async () => {
    await using place = await makePlace();
    const bin = await install(place, { commands: ["hook Stop", "hook SessionEnd"] });
    const entered = (program: string) => ({
      hooks: Object.fromEntries(
        ["Stop", "SessionEnd", "Gone"].map((event) => [event, [{ hooks: [{ command: `${program} hook ${event}` }] }]]),
      ),
    });
    const asked = async (program: string) => {
      await Bun.write(join(place.home, ".claude/settings.json"), JSON.stringify(entered(program)));
      const checks = await examined(place, { path: [bin] });
      return checks.filter(({ name }) => name === "hooks").map(({ detail }) => detail);
    };
    const file = join(place.home, ".claude/settings.json");
    expect(await asked("/elsewhere/parallel-cc")).toEqual([
      `Stop, SessionEnd, Gone in ${file} run /elsewhere/parallel-cc hook …, which is not there.`,
    ]);
    expect(await asked("parallel-cc")).toEqual([
      `Stop, SessionEnd in ${file}: parallel-cc hook …`,
      `Gone in ${file} runs parallel-cc hook Gone, a command that this release does not have.`,
    ]);
  });

  test("that names a parallel-cc which PATH has not does not get it started", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const evil = join(repo.path, "parallel-cc");
    await writeProgram(evil, `#!/bin/sh\n: >${place.at("started")}\necho ${VERSION}\n`);
    await Bun.write(join(repo.path, ".claude/settings.json"), JSON.stringify(hooks(`${evil} hook`)));
    await Bun.write(join(repo.path, ".mcp.json"), JSON.stringify({ mcpServers: { x: { command: evil } } }));
    const checks = await examined(place, { cwd: repo.path, path: [await install(place)] });
    for (const name of ["hooks", "MCP server"]) {
      expect(found(checks, name)?.detail).toEndWith(`, which is another installation; this is ${VERSION}.`);
    }
    expect(await Bun.file(place.at("started")).exists()).toBe(false);
  });

  test("that is the status line is found as well", async () => {
    await using place = await makePlace();
    const bin = await install(place, { commands: ["statusline"] });
    const statusLine = { type: "command", command: "parallel-cc statusline" };
    await Bun.write(join(place.home, ".claude/settings.json"), JSON.stringify({ statusLine }));
    const check = found(await examined(place, { path: [bin] }), "hooks");
    expect(check).toMatchObject({
      status: "ok",
      detail: expect.stringMatching(/^statusLine in .*: parallel-cc statusline$/),
    });
    await install(place, { commands: [] });
    expect(found(await examined(place, { path: [bin] }), "hooks")?.hint).toBe(
      "Enter it anew: parallel-cc install --statusline",
    );
  });

  test("of the Node implementation is a warning that says so", async () => {
    await using place = await makePlace();
    const check = await hook(place, { command: "node /opt/parallel-cc/dist/cli.js heartbeat --pid $PPID" });
    expect(check?.detail).toEndWith("runs /opt/parallel-cc/dist/cli.js heartbeat, the Node implementation before 3.0.");
    expect(check?.hint).toContain("take it out of");
  });

  test("of a bare name that PATH has not is a warning", async () => {
    await using place = await makePlace();
    await Bun.write(join(place.home, ".claude/settings.json"), JSON.stringify(hooks("parallel-cc-heartbeat.sh")));
    expect(found(await examined(place), "hooks")?.detail).toContain("which is not on PATH");
  });

  test("by a path that depends on who runs it is not judged", async () => {
    await using place = await makePlace();
    expect(await hook(place, { command: "$CLAUDE_PROJECT_DIR/tools/parallel-cc-heartbeat.sh" })).toMatchObject({
      status: "ok",
    });
  });

  test("of the repository's own settings that PATH has not is told where to find it", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await install(place);
    await Bun.write(join(repo.path, ".claude/settings.json"), JSON.stringify(hooks("parallel-cc hook PostToolUse")));
    expect(found(await examined(place, { cwd: repo.path }), "hooks")).toMatchObject({
      detail: expect.stringContaining("which is not on PATH"),
      hint: expect.stringContaining("Add its directory to PATH: "),
    });
  });

  test("of the repository's own settings is found from a subdirectory and from a worktree", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await Bun.write(
      join(repo.path, ".claude/settings.json"),
      JSON.stringify(hooks("/nowhere/parallel-cc-heartbeat.sh")),
    );
    await repo.git("worktree", "add", "--quiet", place.at("linked"));
    for (const cwd of [join(repo.path, ".claude"), place.at("linked")]) {
      expect(found(await examined(place, { cwd }), "hooks")?.detail).toContain(
        join(repo.path, ".claude/settings.json"),
      );
    }
  });
});

describe("an MCP server", () => {
  const server = async (place: Place, file: unknown, commands: readonly string[] = []) => {
    const bin = await install(place, { commands });
    await Bun.write(join(place.home, ".claude.json"), JSON.stringify(file));
    return found(await examined(place, { path: [bin] }), "MCP server");
  };
  const entered = (args: readonly string[]) => ({
    mcpServers: { "parallel-cc": { command: "parallel-cc", args, env: { TOKEN: "hunter2" } } },
  });

  test("that is not there is well", async () => {
    await using place = await makePlace();
    expect(await server(place, { numStartups: 3 })).toMatchObject({ status: "ok", detail: "none of ours entered" });
  });

  test("that this release can start is well", async () => {
    await using place = await makePlace();
    const check = await server(place, entered(["mcp", "serve"]), ["mcp serve"]);
    expect(check).toEqual({
      name: "MCP server",
      status: "ok",
      detail: `parallel-cc in ${join(place.home, ".claude.json")}: parallel-cc mcp serve`,
    });
  });

  test("of an earlier release is a warning with the command that replaces it", async () => {
    await using place = await makePlace();
    expect(await server(place, entered(["mcp-serve"]))).toMatchObject({
      status: "warn",
      detail: expect.stringContaining("parallel-cc mcp-serve, a command that this release does not have."),
      hint: "Enter it anew: parallel-cc install --mcp",
    });
  });

  test("of the repository alone is found as well, and of another repository is not", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    const bin = await install(place);
    const projects = { [repo.path]: entered(["mcp-serve"]), "/another": entered(["mcp-other"]) };
    await Bun.write(join(place.home, ".claude.json"), JSON.stringify({ projects }));
    await Bun.write(join(repo.path, ".mcp.json"), JSON.stringify(entered(["mcp-project"])));
    const checks = (await examined(place, { cwd: repo.path, path: [bin] })).filter(({ name }) => name === "MCP server");
    expect(checks.map(({ detail }) => /mcp-\w+/.exec(detail)?.[0])).toEqual(["mcp-serve", "mcp-project"]);
  });
});

describe("files of others", () => {
  test.each([".claude/settings.json", ".claude.json"])(
    "that are no JSON are a warning without a word of them (%s)",
    async (file) => {
      await using place = await makePlace();
      await Bun.write(join(place.home, file), '{"apiKey": "hunter2", hunter2');
      const checks = await examined(place);
      expect(checks.filter(({ detail }) => detail.includes(file))).toMatchObject([
        { status: "warn", detail: `${join(place.home, file)} is no valid JSON.` },
      ]);
      expect(JSON.stringify(checks)).not.toContain("hunter2");
    },
  );

  test("that are no files are a warning", async () => {
    await using place = await makePlace();
    await mkdir(join(place.home, ".claude/settings.json"), { recursive: true });
    expect(found(await examined(place), "hooks")?.detail).toEndWith("cannot be read (it is no file).");
  });

  test("are never shown but for our entries' commands, and of these no arguments that may be secrets", async () => {
    await using place = await makePlace();
    const check = await hook(place, {
      command: "TOKEN=hunter2 parallel-cc heartbeat --header hunter2 Hunter2",
      commands: ["heartbeat"],
    });
    expect(check?.detail).toEndWith(": parallel-cc heartbeat");
    await Bun.write(
      join(place.home, ".claude.json"),
      JSON.stringify({ apiKey: "hunter2", mcpServers: { x: { command: "hunter2" }, y: { url: "https://hunter2" } } }),
    );
    expect(JSON.stringify(await examined(place))).not.toContain("unter2");
  });
});

describe("what is ours", () => {
  test.each([
    "/home/x/parallel-cc/hooks/mine.sh",
    "echo parallel-cc",
    "parallel-cc-lint",
    "node /x/cli.js parallel-cc",
    "",
    "FOO=bar",
  ])("is not %j", (command) => {
    expect(hookEntries(hooks(command))).toEqual([]);
  });

  const odd = [
    null,
    [],
    "x",
    { hooks: [] },
    { hooks: { Stop: "x" } },
    { hooks: { Stop: [{ hooks: [{ type: "x" }] }] } },
  ];
  test.each(odd.map((settings) => ({ settings })))("is nothing in %j", ({ settings }) => {
    expect(hookEntries(settings)).toEqual([]);
    expect(serverEntries(settings, "/repo")).toEqual([]);
  });

  test("is found beside what has another form", () => {
    const good = { hooks: [{ command: 7 }, { type: "prompt" }, { command: "parallel-cc-heartbeat.sh" }] };
    const found = hookEntries({ hooks: { Odd: "x", Stop: [null, { hooks: "x" }, good] } });
    expect(found.map(({ at, program }) => `${at} ${program}`)).toEqual(["Stop parallel-cc-heartbeat.sh"]);
    const servers = { odd: null, other: { url: "x" }, mine: { command: "/x/parallel-cc", args: ["mcp", 7] } };
    expect(serverEntries({ mcpServers: servers, projects: [] }, "/repo")).toMatchObject([
      { at: "mine", args: ["mcp"] },
    ]);
  });

  test.each<[string, string[]]>([
    [`"/a b/parallel-cc" hook 'Post Tool'`, ["/a b/parallel-cc", "hook", "Post Tool"]],
    ["A=1 B='2 3' env C=4 exec x y", ["x", "y"]],
    ["x\\ y; z", ["x y"]],
    ["  cd /tmp && parallel-cc", ["cd", "/tmp"]],
    ["", []],
  ])("in %j is seen in its words", (command, words) => {
    expect(shellWords(command)).toEqual(words);
  });
});
