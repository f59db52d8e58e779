import { describe, expect, test } from "bun:test";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { Failure } from "../../src/core/failure.ts";
import { systemProcesses } from "../../src/proc/alive.ts";
import { type RunInput, run, runSync } from "../../src/proc/run.ts";
import { started } from "../../src/proc/spawn.ts";
import { makePlace } from "../support/place.ts";
import { waitFor } from "../support/processes.ts";

const env = { PATH: "/usr/bin:/bin", LC_ALL: "C" };
const processes = systemProcesses({ platform: process.platform, host: "here" });

function sh(script: string, more: Partial<RunInput> = {}): RunInput {
  return { command: "sh", args: ["-c", script], env, ...more };
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const thrown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (thrown instanceof Failure) return thrown;
  throw new Error("no Failure was thrown", { cause: thrown });
}

async function isGone(pid: number): Promise<boolean> {
  return waitFor(() => processes.identify(pid) === undefined, `process ${pid} ends`);
}

async function pidIn(file: string): Promise<number> {
  const content = await waitFor(async () => {
    const found = Bun.file(file);
    return (await found.exists()) && (await found.text()).endsWith("\n") ? found.text() : undefined;
  }, `a pid in ${file}`);
  return Number(content);
}

describe("an answer", () => {
  test("holds exit code, both outputs and no signal", async () => {
    const result = await run(sh("printf 'a\\000b'; echo wrong >&2; exit 3"));
    expect(result).toEqual({
      exit: 3,
      signal: null,
      stdout: Buffer.from("a\0b"),
      stderr: "wrong\n",
    });
  });

  test("names the signal that ended the child, and no exit code", async () => {
    expect(await run(sh("kill -KILL $$"))).toMatchObject({ exit: null, signal: "SIGKILL" });
    expect(runSync(sh("kill -KILL $$"))).toMatchObject({ exit: null, signal: "SIGKILL" });
  });

  test("holds all of a large output, and a large input arrives whole", async () => {
    const input = new Uint8Array(8_000_000).map((_, index) => index % 251);
    const { stdout } = await run({ command: "cat", args: [], env, input });
    expect(Buffer.compare(stdout, input)).toBe(0);
  });

  test("comes from a child that does not read its input", async () => {
    expect(await run({ command: "true", args: [], env, input: "x".repeat(5_000_000) })).toMatchObject({ exit: 0 });
  });

  test("without input, the child reads the end at once", async () => {
    expect(text((await run({ command: "cat", args: [], env })).stdout)).toBe("");
    expect(text((await run({ command: "cat", args: [], env, input: "" })).stdout)).toBe("");
  });
});

describe("the child", () => {
  test("gets its arguments untouched by any shell", async () => {
    const args = ["%s|", "a b", "$(id)", "`id`", "", "*", "line\nbreak", "é", "--"];
    expect(text((await run({ command: "printf", args, env })).stdout)).toBe("a b|$(id)|`id`||*|line\nbreak|é|--|");
  });

  test("gets exactly the environment given, without what would change a Bun program", async () => {
    const given = { ...env, A: "1", BUN_OPTIONS: "--print 1", BUN_BE_BUN: "1" };
    const told = text((await run({ command: "env", args: [], env: given })).stdout);
    expect(told.trim().split("\n").sort()).toEqual(["A=1", "LC_ALL=C", "PATH=/usr/bin:/bin"]);
    expect(text(runSync({ command: "env", args: [], env: given }).stdout)).toBe(told);
  });

  test("starts in the directory given, whatever its name", async () => {
    await using place = await makePlace("it's an\nodd $(one)");
    expect(text((await run({ command: "pwd", args: ["-P"], env, cwd: place.path })).stdout)).toBe(`${place.path}\n`);
  });

  test("stays in our process group, so that Ctrl-C reaches it", async () => {
    const group = async (pid: string) => text((await run(sh(`ps -o pgid= -p ${pid}`))).stdout).trim();
    expect(await group("$$")).toBe(await group(String(process.pid)));
  });

  test("leads a group of its own when asked", async () => {
    const { stdout } = await run(sh("echo $$; ps -o pgid= -p $$", { group: true }));
    const [pid, group] = text(stdout).trim().split(/\s+/);
    expect(group).toBe(pid ?? "none");
  });

  test("does not keep us waiting by what it leaves behind", async () => {
    await using place = await makePlace();
    const left = place.at("left");
    const result = await run(sh(`sleep 3600 & echo $! > "${left}"; echo said; exit 4`));
    const pid = await pidIn(left);
    expect(processes.identify(pid)).toBeDefined();
    process.kill(pid);
    expect({ ...result, stdout: text(result.stdout) }).toMatchObject({ exit: 4, stdout: "said\n" });
  });
});

describe("stopping", () => {
  test("a child that takes too long ends as proc.timeout", async () => {
    await using place = await makePlace();
    const failure = await failureOf(run(sh(`echo $$ > "${place.at("pid")}"; exec sleep 3600`, { timeoutMs: 300 })));
    expect(failure).toMatchObject({ code: "proc.timeout", kind: "unavailable", details: { timeoutMs: 300 } });
    expect(await isGone(await pidIn(place.at("pid")))).toBe(true);
  });

  test("a child that ignores TERM is killed", async () => {
    await using place = await makePlace();
    const script = `trap '' TERM; echo $$ > "${place.at("pid")}"; while :; do sleep 0.1; done`;
    expect(await failureOf(run(sh(script, { timeoutMs: 300 })))).toMatchObject({ code: "proc.timeout" });
    expect(await isGone(await pidIn(place.at("pid")))).toBe(true);
  });

  test("a synchronous child that ignores TERM is killed at once", () => {
    expect(() => runSync(sh("trap '' TERM; exec sleep 3600", { timeoutMs: 100 }))).toThrow(
      expect.objectContaining({ code: "proc.timeout" }),
    );
  });

  test("aborting ends the child as proc.cancelled and passes on why", async () => {
    await using place = await makePlace();
    const controller = new AbortController();
    const script = `echo $$ > "${place.at("pid")}"; exec sleep 3600`;
    const failing = failureOf(run(sh(script, { signal: controller.signal })));
    const pid = await pidIn(place.at("pid"));
    const reason = new Failure({ code: "stopped", message: "Stopped.", details: { signal: "SIGINT" } });
    controller.abort(reason);
    expect(await failing).toMatchObject({
      code: "proc.cancelled",
      kind: "cancelled",
      cause: reason,
      details: { signal: "SIGINT" },
    });
    expect(await isGone(pid)).toBe(true);
  });

  test("nothing starts once it is aborted", async () => {
    await using place = await makePlace();
    const input = sh(`: > "${place.at("started")}"`, { signal: AbortSignal.abort() });
    expect(await failureOf(run(input))).toMatchObject({ code: "proc.cancelled" });
    expect(await Bun.file(place.at("started")).exists()).toBe(false);
  });

  test("a Ctrl-C that the child feels first still counts as cancelled", async () => {
    await using place = await makePlace();
    const controller = new AbortController();
    const script = `: > "${place.at("dying")}"; kill -INT $$; sleep 3600`;
    const failing = failureOf(run(sh(script, { signal: controller.signal })));
    await waitFor(() => Bun.file(place.at("dying")).exists(), "the child is about to die");
    controller.abort();
    expect(await failing).toMatchObject({ code: "proc.cancelled" });
  });

  test("a group is stopped with all that its leader started", async () => {
    await using place = await makePlace();
    const controller = new AbortController();
    const script = `(trap '' TERM; while :; do sleep 0.1; done) & echo $! > "${place.at("pid")}"; wait`;
    const failing = failureOf(run(sh(script, { group: true, signal: controller.signal })));
    const pid = await pidIn(place.at("pid"));
    controller.abort();
    expect(await failing).toMatchObject({ code: "proc.cancelled" });
    expect(await isGone(pid)).toBe(true);
  });

  test("a child that prints too much ends as proc.too-much-output", async () => {
    await using place = await makePlace();
    const script = `echo $$ > "${place.at("pid")}"; exec yes`;
    const failure = await failureOf(run(sh(script, { maxOutputBytes: 5000 })));
    expect(failure).toMatchObject({ code: "proc.too-much-output", details: { maxBytes: 5000 } });
    expect(await isGone(await pidIn(place.at("pid")))).toBe(true);
    expect(() => runSync(sh("exec yes", { maxOutputBytes: 5000 }))).toThrow(
      expect.objectContaining({ code: "proc.too-much-output" }),
    );
  });

  test("output of exactly the limit is no failure, on both streams together", async () => {
    const script = "head -c 600 /dev/zero; head -c 400 /dev/zero >&2";
    expect((await run(sh(script, { maxOutputBytes: 1000 }))).stdout.byteLength).toBe(600);
    const failure = await failureOf(run(sh(script, { maxOutputBytes: 999 })));
    expect(failure.code).toBe("proc.too-much-output");
  });
});

describe("what cannot start", () => {
  const codeOf = async (input: Omit<RunInput, "env">) => (await failureOf(run({ env, ...input }))).code;

  test("a missing program is named, with a hint", async () => {
    const failure = await failureOf(run({ command: "no-such-program", args: [], env }));
    expect(failure.code).toBe("proc.not-found");
    expect(failure.message).toContain('"no-such-program"');
    expect(failure.hint).toContain("no-such-program");
  });

  test("a missing path is a missing program", async () => {
    await using place = await makePlace();
    expect(await codeOf({ command: place.at("none"), args: [] })).toBe("proc.not-found");
    expect(await codeOf({ command: "./none", args: [], cwd: place.path })).toBe("proc.not-found");
  });

  test("a missing directory is not a missing program", async () => {
    await using place = await makePlace();
    await writeFile(place.at("file"), "");
    expect(await codeOf({ command: "true", args: [], cwd: place.at("none") })).toBe("proc.no-directory");
    expect(await codeOf({ command: "true", args: [], cwd: place.at("file") })).toBe("proc.no-directory");
  });

  test("a file that is no program is not executable, nor is a folder or a script without its interpreter", async () => {
    await using place = await makePlace();
    await mkdir(place.at("folder"));
    await writeFile(place.at("plain"), "echo hello\n");
    await writeFile(place.at("lost"), "#!/no/such/interpreter\n");
    await writeFile(place.at("closed"), "#!/bin/sh\n");
    await chmod(place.at("plain"), 0o755);
    await chmod(place.at("lost"), 0o755);
    for (const name of ["folder", "plain", "lost", "closed"]) {
      expect([name, await codeOf({ command: place.at(name), args: [] })]).toEqual([name, "proc.not-executable"]);
    }
    const onPath = await failureOf(run({ command: "lost", args: [], env: { PATH: place.path } }));
    expect(onPath.code).toBe("proc.not-executable");
  });

  test("a directory that was away just then, and is back, is tried once more", () => {
    const away = () => Object.assign(new Error("ENOENT: no such file or directory"), { code: "ENOENT" });
    const command = { command: "sh", args: [], env, cwd: "/" };
    let starts = 0;
    const start = (fails: number) => () => {
      starts += 1;
      if (starts <= fails) throw away();
      return "started";
    };
    expect(started(command, start(1))).toBe("started");
    starts = 0;
    expect(() => started(command, start(2))).toThrow(expect.objectContaining({ code: "proc.not-executable" }));
    expect(starts).toBe(2);
  });

  test("an argument the system cannot carry is proc.not-started", async () => {
    expect(await codeOf({ command: "echo", args: ["a\0b"] })).toBe("proc.not-started");
    expect(await codeOf({ command: "echo", args: ["x".repeat(10_000_000)] })).toBe("proc.not-started");
  });

  test("a synchronous start says the same", async () => {
    const expected = expect.objectContaining({ code: "proc.not-found" });
    expect(() => runSync({ command: "no-such-program", args: [], env })).toThrow(expected);
  });
});
