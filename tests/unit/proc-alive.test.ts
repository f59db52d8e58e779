// Real processes on Linux: other users, pid namespaces, zombies and reused pids included. What needs a namespace of
// its own runs in one made by unshare, as a program of its own.

import { describe, expect, test } from "bun:test";
import { symlink } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { type ProcessIdentity, systemProcesses } from "../../src/proc/alive.ts";
import { makePlace } from "../support/place.ts";
import { deadPid, sleeper, waitFor } from "../support/processes.ts";

const made = { platform: "linux", host: hostname() };
const processes = systemProcesses(made);
const SOURCE = join(import.meta.dir, "../../src/proc/alive.ts");
/** Also without being root; --mount-proc is said where /proc is to fit the namespace. */
const UNSHARE = ["unshare", "--user", "--map-root-user", "--pid", "--fork"];

function identityOf(pid: number): ProcessIdentity {
  const identity = processes.identify(pid);
  if (identity === undefined) throw new Error(`process ${pid} is gone`);
  return identity;
}

/** A row of an earlier release: a pid, and nothing else. */
function bare(pid: number): ProcessIdentity {
  return { pid, startTime: null, bootId: null, pidNamespace: null, host: null };
}

/** Runs lines of TypeScript that answer by `tell(value)`, through the program given. */
async function elsewhere(through: readonly string[], lines: string): Promise<unknown> {
  const code = `
    import { systemProcesses } from ${JSON.stringify(SOURCE)};
    const processes = systemProcesses(${JSON.stringify(made)});
    const tell = (value) => console.log(JSON.stringify(value));
    ${lines}`;
  const child = Bun.spawn([...through, process.execPath, "-e", code], { stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (exit !== 0) throw new Error(`${through.join(" ")} exited with ${exit}: ${stderr}`);
  return JSON.parse(stdout);
}

describe("a running process", () => {
  test("is identified by start time, boot, namespace and host, and is alive", () => {
    const identity = identityOf(process.pid);
    expect(identity).toEqual({
      pid: process.pid,
      startTime: expect.stringMatching(/^\d+$/),
      bootId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      pidNamespace: expect.stringMatching(/^pid:\[\d+\]$/),
      host: made.host,
    });
    expect(processes.probe(identity)).toEqual({ state: "alive" });
  });

  test("is identified alike by every program", async () => {
    const told = await elsewhere([], `tell(processes.identify(${process.pid}));`);
    expect(told).toEqual(identityOf(process.pid));
  });

  test("may have a name of parentheses, spaces and line ends", async () => {
    await using place = await makePlace();
    const program = place.at("a) R (b\n) Z 1");
    await symlink("/bin/sh", program);
    const child = Bun.spawn([program, "-c", "read _; exit 0"], { stdin: "pipe" });
    const name = () => Bun.file(`/proc/${child.pid}/comm`).text();
    await waitFor(async () => (await name()) === "a) R (b\n) Z 1\n", "the program has its odd name");
    const identity = identityOf(child.pid);
    expect(processes.probe(identity)).toEqual({ state: "alive" });
    expect(processes.parent(child.pid)).toBe(process.pid);
    child.stdin.end();
    await child.exited;
    expect(processes.probe(identity).state).toBe("dead");
  });

  test("of another user is alive", async () => {
    const asNobody = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
    const lines = "const first = processes.identify(1); tell({ first, probe: processes.probe(first) });";
    expect(await elsewhere(asNobody, lines)).toEqual({ first: identityOf(1), probe: { state: "alive" } });
  });

  test("whose start differs from the one recorded is another process", () => {
    const identity = { ...identityOf(process.pid), startTime: "1" };
    expect(processes.probe(identity)).toEqual({ state: "dead", why: `${process.pid} is another process by now` });
  });
});

describe("an ended process", () => {
  test("is dead and cannot be identified", async () => {
    const child = sleeper();
    const identity = identityOf(child.pid);
    await child.kill();
    expect(processes.probe(identity)).toEqual({ state: "dead", why: `there is no process ${child.pid}` });
    expect(processes.identify(child.pid)).toBeUndefined();
    expect(processes.parent(child.pid)).toBeUndefined();
  });

  test("is dead even while its parent has not reaped it", async () => {
    // `exec` leaves a parent that knows nothing of its child.
    const parent = Bun.spawn(["sh", "-c", "sleep 3600 & echo $!; exec sleep 3600"], { stdout: "pipe" });
    const { value } = await parent.stdout.getReader().read();
    const pid = Number(new TextDecoder().decode(value));
    await waitFor(async () => (await Bun.file(`/proc/${parent.pid}/comm`).text()) === "sleep\n", "the parent is sleep");
    const identity = identityOf(pid);
    expect(processes.probe(identity)).toEqual({ state: "alive" });
    process.kill(pid, "SIGKILL");
    await waitFor(() => processes.probe(identity).state === "dead", "the zombie is seen as dead");
    expect(process.kill(pid, 0)).toBe(true);
    expect(processes.identify(pid)).toBeUndefined();
    parent.kill("SIGKILL");
    await parent.exited;
  });

  test("stays dead when another one gets its pid", async () => {
    const lines = `
      const { writeFileSync } = require("node:fs");
      const first = Bun.spawn(["sleep", "3600"]);
      const identity = processes.identify(first.pid);
      first.kill();
      await first.exited;
      let next;
      do {
        next?.kill();
        await next?.exited;
        writeFileSync("/proc/sys/kernel/ns_last_pid", String(first.pid - 1));
        next = Bun.spawn(["sleep", "3600"]);
        // Start times are told in hundredths of a second.
      } while (next.pid !== first.pid || processes.identify(next.pid).startTime === identity.startTime);
      tell([processes.probe(identity).state, processes.probe(processes.identify(next.pid)).state]);
      next.kill();`;
    expect(await elsewhere([...UNSHARE, "--mount-proc"], lines)).toEqual(["dead", "alive"]);
  });
});

describe("another pid namespace", () => {
  test("decides nothing about our processes, although their pids mean nothing there", async () => {
    const ours = { ...identityOf(process.pid), pid: await deadPid() };
    const told = await elsewhere([...UNSHARE, "--mount-proc"], `tell(processes.probe(${JSON.stringify(ours)}));`);
    expect(told).toMatchObject({ state: "unknown", why: expect.stringContaining("container") });
  });

  test("has processes that we decide nothing about", async () => {
    const told = await elsewhere([...UNSHARE, "--mount-proc"], "tell(processes.identify(process.pid));");
    expect(told).toMatchObject({ pid: 1, bootId: identityOf(process.pid).bootId });
    const foreign = { ...identityOf(1), ...Object(told) };
    expect(processes.probe(foreign)).toMatchObject({ state: "unknown", why: expect.stringContaining("container") });
  });

  test("is known by its number even where /proc shows the outer one, which is then not believed", async () => {
    const lines = `
      const child = Bun.spawn(["sleep", "3600"]);
      const identity = processes.identify(child.pid);
      const parent = processes.parent(child.pid);
      let refused;
      try { processes.withArgument("x"); } catch (failure) { refused = failure.code; }
      const living = processes.probe(identity).state;
      child.kill();
      await child.exited;
      tell({ identity, parent, refused, living, ended: processes.probe(identity).state });`;
    const told = await elsewhere(UNSHARE, lines);
    expect(told).toMatchObject({
      identity: { startTime: null, bootId: identityOf(1).bootId },
      refused: "proc.unsupported",
    });
    expect(told).toMatchObject({ living: "unknown", ended: "dead" });
    expect(told).not.toMatchObject({ identity: { pidNamespace: identityOf(1).pidNamespace } });
  });
});

describe("a pid without start time", () => {
  test("is dead when nobody has it", async () => {
    expect(processes.probe(bare(await deadPid())).state).toBe("dead");
  });

  test("is unknown when who has it now may have had it then", () => {
    expect(processes.probe(bare(process.pid)).state).toBe("unknown");
    expect(processes.probe(bare(process.pid), { notAfter: new Date() }).state).toBe("unknown");
  });

  test("is dead when who has it now started later", async () => {
    await using child = sleeper();
    const anHourAgo = new Date(Date.now() - 3_600_000);
    expect(processes.probe(bare(child.pid), { notAfter: anHourAgo }).state).toBe("dead");
    expect(processes.probe(bare(1), { notAfter: new Date() }).state).toBe("unknown");
  });
});

test("many are probed at once, in their order, bad pids among them", async () => {
  const identity = identityOf(process.pid);
  const pids = [process.pid, 0, -1, Number.NaN, 2 ** 32 + process.pid, await deadPid(), process.pid];
  const states = processes.probeAll(pids.map((pid) => ({ ...identity, pid }))).map(({ state }) => state);
  expect(states).toEqual(["alive", "dead", "dead", "dead", "dead", "dead", "alive"]);
  expect(processes.identify(0)).toBeUndefined();
  expect(processes.identify(-process.pid)).toBeUndefined();
});

describe("parents", () => {
  test("are known by pid", async () => {
    await using child = sleeper();
    expect(processes.parent(child.pid)).toBe(process.pid);
    expect(processes.parent(process.pid)).toBe(process.ppid);
  });

  test("outside our namespace are not there", () => {
    expect(processes.parent(1)).toBeUndefined();
  });
});

describe("an argument", () => {
  test("finds the processes that have exactly this text in one of theirs", async () => {
    await using place = await makePlace("odd é\n$(path)");
    const path = place.at("tree");
    const child = Bun.spawn(["sh", "-c", "read _; exit 0", "sh", `--path=${path}/deep`], { stdin: "pipe" });
    await waitFor(async () => (await Bun.file(`/proc/${child.pid}/cmdline`).text()).includes(path), "sh has started");
    expect(processes.withArgument(path)).toEqual([child.pid]);
    expect(processes.withArgument(`sh${path}`)).toEqual([]);
    child.stdin.end();
    await child.exited;
    expect(processes.withArgument(path)).toEqual([]);
  });

  test("does not find ourselves, and nothing is found by no text", async () => {
    const lines = `tell([processes.withArgument("${crypto.randomUUID()}"), processes.withArgument("")]);`;
    const told = await elsewhere([], lines);
    expect(told).toEqual([[], []]);
  });
});

test("a platform we cannot ask is not guessed about", async () => {
  const windows = systemProcesses({ platform: "win32", host: "pc" });
  const identity = windows.identify(process.pid);
  expect(identity).toEqual({ ...bare(process.pid), host: "pc" });
  const probe = windows.probe({ ...bare(await deadPid()), host: "pc" });
  expect(probe).toEqual({ state: "unknown", why: "parallel-cc cannot read on Windows when a process started" });
  expect(windows.parent(process.pid)).toBeUndefined();
  expect(windows.workingDirectories()).toBeUndefined();
  const refused = { code: "proc.unsupported", hint: expect.stringContaining("parallel-cc help platforms") };
  expect(() => windows.withArgument("x")).toThrow(expect.objectContaining(refused));
});
