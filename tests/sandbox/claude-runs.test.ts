// Claude in a sandbox from its start to its end: found, started once, followed without a loss or a repetition, stopped.

import { describe, expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import {
  addLine,
  follow,
  lastWords,
  makeLines,
  newView,
  standing,
  stopClaude,
} from "../../src/features/claude-runs/claude-runs.ts";
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

describe("what claude prints", () => {
  test("is read on from any byte", async () => {
    await using staged = await scene({ sh: "printf 'one\\ntwo\\nthree'" });
    await staged.launch();
    await staged.ended();
    for (const from of [0, 1, 4, 12, 13]) expect(await staged.printed(from)).toBe("one\ntwo\nthree".slice(from));
  });

  test("is seen within half a second of being written", async () => {
    await using staged = await scene({ sh: "wait_at gate; echo now; wait_at end" });
    await staged.launch();
    await staged.reached("gate");
    const chunks = follow(staged.world, staged.sandbox, { from: 0 });
    const first = chunks.next();
    await staged.open("gate");
    await staged.reached("end");
    const written = performance.now();
    expect(Buffer.from((await first).value ?? []).toString()).toBe("now\n");
    expect(performance.now() - written).toBeLessThan(500);
    await staged.open("end");
    expect((await chunks.next()).done).toBe(true);
  });

  test("comes once, however often the connection breaks", async () => {
    await using staged = await scene({ sh: "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done" });
    await staged.launch();
    let broken = 0;
    const flaky = {
      ...staged.sandbox,
      exec: (command: Parameters<typeof staged.sandbox.exec>[0]) => {
        const execution = staged.sandbox.exec(command);
        let left = 1000;
        const cut = new TransformStream<Uint8Array, Uint8Array>({
          transform: (chunk, controller) => {
            if (left >= chunk.length || broken >= 3) {
              left -= chunk.length;
              controller.enqueue(chunk);
              return;
            }
            controller.enqueue(chunk.subarray(0, left));
            broken += 1;
            controller.error(new Error("the connection is gone"));
          },
        });
        return { ...execution, stdout: execution.stdout.pipeThrough(cut) };
      },
    };
    const world = { sleep: async () => {} };
    const printed = Buffer.concat(await Array.fromAsync(follow(world, flaky, { from: 0 }))).toString();
    expect(broken).toBe(3);
    expect(printed).toBe(Array.from({ length: 3000 }, (_, i) => `line ${i}\n`).join(""));
  });

  test("may be 200 MB, of which next to nothing is held", async () => {
    const line = JSON.stringify({
      type: "assistant",
      message: { id: "m", content: [{ type: "text", text: "x".repeat(900) }] },
    });
    await using staged = await scene({ sh: `yes '${line}' | head -c 200000000; echo; echo '${line}'; wait_at gate` });
    await staged.launch();
    Bun.gc(true);
    const before = process.memoryUsage().rss;
    const lines = makeLines();
    let view = newView();
    let bytes = 0;
    let most = 0;
    await staged.open("gate");
    for await (const chunk of follow(staged.world, staged.sandbox, { from: 0 })) {
      bytes += chunk.length;
      for (const one of lines.push(chunk)) view = addLine(view, one, new Date(0));
      most = Math.max(most, process.memoryUsage().rss - before);
    }
    expect(bytes).toBe(200_000_000 + 1 + line.length + 1);
    expect(view.lines).toBe(Math.ceil(200_000_000 / (line.length + 1)) + 1);
    expect(most).toBeLessThan(120 * 1024 * 1024);
  });

  test("is told to its end of a sandbox in which nothing runs any more", async () => {
    await using staged = await scene({ sh: "echo one; echo two" });
    await staged.launch();
    await staged.ended();
    const stopped = {
      ...staged.sandbox,
      exec: () => ({ stdout: new Blob().stream(), ended: Promise.reject(new Error("stopped")), stop: async () => {} }),
      inspect: async () => ({ ...(await staged.sandbox.inspect()), state: "stopped" as const }),
    };
    const chunks = await Array.fromAsync(follow(staged.world, stopped, { from: 2 }));
    expect(Buffer.concat(chunks).toString()).toBe("e\ntwo\n");
  });

  test("ends with the sandbox", async () => {
    await using staged = await scene({ sh: "echo one; wait_at gate" });
    await staged.launch();
    const chunks = follow(staged.world, staged.sandbox, { from: 0 });
    await chunks.next();
    await staged.sandbox.destroy();
    const end = await Array.fromAsync(chunks).catch((thrown: unknown) => thrown);
    expect(end).toMatchObject({ code: "sandbox.gone" });
  });

  test("is read no more when its reader is told to stop", async () => {
    await using staged = await scene({ sh: "echo one; wait_at gate" });
    await staged.launch();
    const stop = new AbortController();
    const chunks = follow(staged.world, staged.sandbox, { from: 0, signal: stop.signal });
    await chunks.next();
    stop.abort();
    expect(await chunks.next().catch((thrown: unknown) => thrown)).toMatchObject({ code: "proc.cancelled" });
  });

  test("is no link that claude has put in its place", async () => {
    await using staged = await scene({ sh: 'ln -sf /dev/zero "$HOME/../run/output.jsonl"; wait_at gate' });
    await staged.launch();
    await staged.reached("gate");
    const world = { sleep: async () => {} };
    const end = await Array.fromAsync(follow(world, staged.sandbox, { from: 0 })).catch((thrown: unknown) => thrown);
    expect(end).toMatchObject({ code: "claude.no-output" });
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
    await staged.ended();
    expect(await lastWords(staged.sandbox)).toBe("no \\u{1b}[31mway");
    await using fresh = await scene();
    expect(await lastWords(fresh.sandbox)).toBe("");
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

  test("of who looks after claude is an end of claude", async () => {
    await using staged = await scene({ sh: "trap '' TERM; echo hi; wait_at gate" });
    await staged.launch();
    await staged.nextPrinted();
    const [keeper] = await staged.sandbox.running();
    process.kill(keeper ?? 0, "SIGKILL");
    expect(await staged.ended()).toMatchObject({ exit: null, by: "loss" });
    expect(await staged.left()).toEqual([]);
  });

  test("that claude itself has written down wrongly is taken for none that was seen", async () => {
    await using staged = await scene({ sh: 'echo "-1 yesterday; rm -rf" >"$HOME/../run/exit"; wait_at gate' });
    await staged.launch();
    await staged.reached("gate");
    expect(await standing(staged.sandbox)).toEqual({ state: "ended", exit: null, at: undefined, by: "loss" });
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
