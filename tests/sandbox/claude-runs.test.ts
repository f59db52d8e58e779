// Claude in a sandbox from its start to its end: found, started once, given its keys and nobody else, stopped.

import { describe, expect, test } from "bun:test";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { v } from "../../src/core/shape.ts";
import { hasStarted, standing, stopClaude } from "../../src/features/claude-runs/claude-runs.ts";
import type { Exec } from "../../src/features/providers/providers.ts";
import type { PlainSandbox } from "../support/plain-sandbox.ts";
import { waitFor } from "../support/processes.ts";
import { AUTH, KEY, scene } from "./claude-scene.ts";

describe("a launch", () => {
  test("starts claude, and what it prints and how it ended can be read", async () => {
    await using staged = await scene({ sh: "echo one; wait_at gate; echo two; exit 3" });
    expect(await standing(staged.sandbox)).toEqual({ state: "not-started" });

    expect(await staged.launch()).toEqual({ version: "2.1.328", isNew: true });
    await staged.reached("gate");
    expect(await standing(staged.sandbox)).toMatchObject({ state: "running", since: expect.any(Date) });
    const printed = staged.printed();
    await staged.open("gate");

    expect(await printed).toBe("one\ntwo\n");
    expect(await standing(staged.sandbox)).toMatchObject({ state: "ended", exit: 3, by: "itself" });
  });

  test("gives claude the prompt byte for byte", async () => {
    await using staged = await scene();
    const prompt = Buffer.concat([
      Buffer.from('# Plan\n- [ ] fix (a) & b; `c` > 3? "it\'s" $HOME \\n %s\r\n\ttab \u001b[1m 🙂\n\n'),
      Buffer.from([0xff, 0xfe, 0x0d]),
    ]);
    await staged.launch({ prompt });
    await staged.ended();
    expect((await staged.prompt()).equals(prompt)).toBe(true);
  });

  test("gives a prompt of 1 MB whole", async () => {
    await using staged = await scene();
    const prompt = Buffer.alloc(1024 * 1024, "a line of it\n");
    await staged.launch({ prompt });
    await staged.ended();
    expect((await staged.prompt()).equals(prompt)).toBe(true);
  });

  test("passes claude's words on, and commits are by whom it is told", async () => {
    await using staged = await scene();
    await staged.launch({ model: "opus[1m]", maxTurns: 7, env: { GREETING: "hi there" } });
    await staged.ended();
    expect(await staged.argv()).toEqual([
      ...["-p", "--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions"],
      ...["--model", "opus[1m]", "--max-turns", "7"],
    ]);
    const env = await staged.env();
    expect(env).toContain("IS_SANDBOX=1");
    expect(env).toContain("GREETING=hi there");
    expect(env).toContain("GIT_COMMITTER_EMAIL=ada@example.com");
  });

  test.each([
    [{ prompt: new Uint8Array() }, "usage.empty-prompt"],
    [{ prompt: new TextEncoder().encode("a\0b") }, "usage.prompt-nul"],
    [{ model: "--debug" }, "usage.model"],
    [{ maxTurns: 0 }, "usage.max-turns"],
    [{ env: { "A B": "c" } }, "usage.variable"],
  ])("with %j is refused", async (input, code) => {
    await using staged = await scene();
    expect(await staged.launch(input).catch((thrown: unknown) => thrown)).toMatchObject({ kind: "usage", code });
    expect(await standing(staged.sandbox)).toEqual({ state: "not-started" });
  });

  test("again finds the claude that runs, and the one that has ended", async () => {
    await using staged = await scene({ sh: "wait_at gate" });
    await staged.launch();
    await staged.reached("gate");
    expect(await staged.launch()).toEqual({ version: "2.1.328", isNew: false });
    await staged.open("gate");
    await staged.ended();
    expect(await staged.launch()).toEqual({ version: "2.1.328", isNew: false });
    expect(await staged.starts()).toBe(1);
  });

  test("where nothing can be written says so", async () => {
    await using staged = await scene();
    await rm(staged.sandbox.places.run, { recursive: true });
    await writeFile(staged.sandbox.places.run, "");
    const failure = await staged.launch().catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ kind: "unavailable", code: "sandbox.exec" });
  });

  test("that was waited for in vain is one that never comes, also when it was only late", async () => {
    await using staged = await scene();
    const late: Parameters<PlainSandbox["start"]>[0][] = [];
    const start = async (command: (typeof late)[number]) => {
      late.push(command);
      expect(await hasStarted(staged.sandbox, { withinMs: 100, orNever: true })).toBe(false);
    };
    const failure = { code: "claude.not-started" };
    expect(await staged.launch({}, { ...staged.sandbox, start }).catch((thrown: unknown) => thrown)).toMatchObject(
      failure,
    );
    expect(await staged.launch().catch((thrown: unknown) => thrown)).toMatchObject(failure);
    for (const command of late) await staged.sandbox.start(command);
    expect(await hasStarted(staged.sandbox, { withinMs: 500 })).toBe(false);
    expect(await staged.starts()).toBe(0);
    expect(await stopClaude(staged.sandbox)).toEqual({ state: "not-started" });
  });

  test("by several at once starts one claude", async () => {
    await using staged = await scene({ sh: "wait_at gate" });
    await Promise.all(Array.from({ length: 6 }, () => staged.launch()));
    await staged.open("gate");
    await staged.ended();
    expect(await staged.starts()).toBe(1);
  });
});

describe("a launch whose driver is killed", () => {
  /** Ends at this call, once it was made or before, as a process that is gone. */
  function dying(sandbox: PlainSandbox, { at, isMade }: { at: number; isMade: boolean }) {
    let calls = 0;
    const dies = () => calls++ === at;
    const never = { stdout: new Blob().stream(), ended: Promise.reject(new Error("killed")), stop: async () => {} };
    never.ended.catch(() => undefined);
    return {
      ...sandbox,
      exec: (command: Exec) => {
        if (!dies()) return sandbox.exec(command);
        if (!isMade) return never;
        const { stdout, ended } = sandbox.exec(command);
        const read = stdout.pipeTo(new WritableStream());
        return {
          ...never,
          ended: Promise.all([read, ended]).then(() => {
            throw new Error("killed");
          }),
        };
      },
      start: async (command: Parameters<PlainSandbox["start"]>[0]) => {
        const isLast = dies();
        if (!isLast || isMade) await sandbox.start(command);
        if (isLast) throw new Error("killed");
      },
    };
  }

  // Looked for claude, put the prompt, put the login, started it, saw that it runs.
  const POINTS = [0, 1, 2, 3, 4].flatMap((at) => [true, false].map((isMade) => ({ at, isMade })));

  test.each(POINTS)("at %j leaves what the next one makes one claude of", async (point) => {
    await using staged = await scene({ sh: 'cat "$HOME/.claude/.credentials.json"; wait_at gate' });
    const input = { auth: { ...AUTH, credentials: "{}" }, prompt: new TextEncoder().encode("Do it\nall.") };
    const died = await staged.launch(input, dying(staged.sandbox, point)).catch((thrown: unknown) => thrown);
    expect(died).toMatchObject({ message: "killed" });

    expect((await staged.launch(input)).version).toBe("2.1.328");
    await staged.reached("gate");
    await staged.open("gate");
    expect(await staged.ended()).toMatchObject({ exit: 0, by: "itself" });
    expect(await staged.starts()).toBe(1);
    expect((await staged.prompt()).toString()).toBe("Do it\nall.");
    expect(await staged.printed()).toBe("{}");
  });
});

describe("claude's program", () => {
  test.each([
    ["2.0.76 (Claude Code)", "claude.too-old"],
    ["1.9.99", "claude.too-old"],
    ["a word", "claude.unknown-version"],
  ])("that says it is %s is refused", async (version, code) => {
    await using staged = await scene({ version });
    expect(await staged.launch().catch((thrown: unknown) => thrown)).toMatchObject({ code });
    expect(await standing(staged.sandbox)).toEqual({ state: "not-started" });
  });

  test("that does not answer is named, is not waited for, and is ended", async () => {
    await using staged = await scene();
    const hangs = `#!/bin/sh\nsleep 1000 &\necho "$$ $!" >'${staged.place.at("asked")}'\nwait\n`;
    await writeFile(staged.place.at("programs/claude"), hangs);
    const { sandbox } = staged;
    // Of its words the last are the seconds that it has.
    const exec = (command: Exec) => sandbox.exec({ ...command, argv: sooner(command.argv) });
    const launched = staged.launch({}, { ...sandbox, exec }).catch((thrown: unknown) => thrown);
    expect(await launched).toMatchObject({
      code: "claude.silent",
      message: `${staged.place.at("programs/claude")} --version did not answer within 15 seconds in the sandbox.`,
      hint: expect.stringContaining("claude --version"),
    });
    const asked = await readFile(staged.place.at("asked"), "utf8");
    const [claude, started] = v.parse(v.tuple([PID, PID]), asked.split(" ").map(Number));
    expect(() => process.kill(claude, 0)).toThrow();
    // What it has started ends with a sandbox, which this is none of.
    process.kill(started);
    expect(await standing(sandbox)).toEqual({ state: "not-started" });
  });

  test.each(["2.0.77 (Claude Code)", "2.1.0", "3.0.0 (Claude Code)"])(
    "that says it is %s is taken",
    async (version) => {
      await using staged = await scene({ version });
      expect(await staged.launch()).toMatchObject({ isNew: true });
    },
  );

  test("that is missing on this machine is not fetched", async () => {
    await using staged = await scene({ isMissing: true });
    const failure = await staged.launch().catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: "claude.missing", hint: expect.stringContaining("npm install -g") });
  });

  test("that is missing in a sandbox of its own is fetched with npm into the run's place", async () => {
    await using staged = await scene({ isMissing: true });
    await staged.giveNpm("there");
    expect(await staged.launch({ usesOwnClaude: false })).toEqual({ version: "2.1.400", isNew: true });
    expect(await staged.printed()).toBe("fetched\n");
  });

  test("that npm cannot fetch is told with npm's words", async () => {
    await using staged = await scene({ isMissing: true });
    await staged.giveNpm("broken");
    const failure = await staged.launch({ usesOwnClaude: false }).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: "claude.not-installed", details: { exit: 1, stderr: "no route\\n" } });
  });
});

describe("an end", () => {
  test("by a signal from elsewhere is written down", async () => {
    await using staged = await scene({ sh: "kill -KILL $$" });
    await staged.launch();
    expect(await staged.ended()).toMatchObject({ exit: 137, by: "itself" });
  });

  test("that claude explains is told with its last words, which can do nothing to a terminal", async () => {
    await using staged = await scene({ sh: "printf 'no \\033[31mway\\n' >&2; exit 1" });
    await staged.launch();
    expect(await staged.ended()).toMatchObject({ exit: 1, said: "no \\u{1b}[31mway" });
  });

  test("takes with it what claude has left in the background, in a session of its own too", async () => {
    await using staged = await scene({ sh: "sleep 300 & setsid sleep 300 & exit 0" });
    await staged.launch();
    expect(await staged.ended()).toMatchObject({ exit: 0, by: "itself" });
    await waitFor(async () => (await staged.left()).length === 0, "nothing of it to run");
  });

  test("that is asked for lets claude write down its own", async () => {
    await using staged = await scene({ sh: "trap 'echo bye; exit 9' TERM; echo hi; while :; do sleep 0.1; done" });
    await staged.launch();
    await staged.nextPrinted();
    expect(await stopClaude(staged.sandbox, { graceMs: 5000 })).toMatchObject({ exit: 9, by: "stop" });
    expect(await staged.printed()).toBe("hi\nbye\n");
  });

  test("that is asked for comes, also to who does not listen and to all it has started", async () => {
    await using staged = await scene({ sh: "trap '' TERM; setsid sleep 300 & echo hi; wait_at gate" });
    await staged.launch();
    await staged.nextPrinted();
    expect(await stopClaude(staged.sandbox, { graceMs: 200 })).toMatchObject({ exit: 137, by: "stop" });
    expect(await staged.left()).toEqual([]);
  });

  test("that is asked for twice, or of none, is no error", async () => {
    await using staged = await scene({ sh: "wait_at gate" });
    expect(await stopClaude(staged.sandbox)).toEqual({ state: "not-started" });
    await staged.launch();
    await stopClaude(staged.sandbox);
    expect(await stopClaude(staged.sandbox)).toMatchObject({ state: "ended", by: "stop" });
  });
});

describe("secrets", () => {
  test("stand in no command line, no file and no line of a log while claude runs", async () => {
    await using staged = await scene({ sh: "echo hi; wait_at gate" });
    const auth = { ...AUTH, credentials: '{"claudeAiOauth":{"accessToken":"sk-ant-oat01-planted"}}' };
    await staged.launch({ auth, env: { TOKEN: "planted-in-env-12345" } });
    await staged.nextPrinted();
    await using _stopped = { [Symbol.asyncDispose]: async () => void (await stopClaude(staged.sandbox)) };

    const planted = [KEY, "planted-in-env-12345", "sk-ant-oat01-planted"];
    for (const line of await commandLines()) for (const secret of planted) expect(line).not.toContain(secret);
    const files = await staged.filesWith(planted);
    expect(files).toEqual([staged.credentials]);
    for (const line of staged.world.lines) for (const secret of planted) expect(line).not.toContain(secret);
  });

  test("of a login are readable by their user alone, and gone when claude has ended", async () => {
    await using staged = await scene({
      sh: 'stat -c %a "$HOME/.claude/.credentials.json"; cat "$HOME/.claude/.credentials.json"',
    });
    await staged.launch({ auth: { ...AUTH, credentials: '{"a":1}' } });
    await staged.ended();
    expect(await staged.printed()).toBe('600\n{"a":1}');
    expect(await Bun.file(staged.credentials).exists()).toBe(false);
  });

  test("reach claude, and not the helpers that wait beside it", async () => {
    await using staged = await scene({ sh: "echo hi; wait_at gate" });
    await staged.launch();
    await staged.nextPrinted();
    expect(await staged.env()).toContain(`ANTHROPIC_API_KEY=${KEY}`);
    const helpers = (await staged.processes()).filter(({ words }) => words.startsWith("sleep 1"));
    expect(helpers.length).toBeGreaterThan(0);
    for (const { env } of helpers) expect(env).not.toContain(KEY);
    await stopClaude(staged.sandbox);
  });
});

async function commandLines(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
}

const PID = v.pipe(v.number(), v.minValue(2));

function sooner(argv: Exec["argv"]): Exec["argv"] {
  const [program, ...words] = argv;
  return words.includes("parallel-cc-find") ? [program, ...words.slice(0, -1), "1"] : argv;
}
