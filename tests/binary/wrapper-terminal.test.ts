// claude-parallel in a real terminal: signals, job control, sizes and modes are as without it.

import { describe, expect, test } from "bun:test";
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pcc } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper, waitFor } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { openTerminal, type Terminal } from "../support/terminal.ts";
import { makeWrapper, SHELLS, type Shell, sessions } from "../support/wrapper.ts";

const CLAUDE = `exec '${process.execPath}' '${join(import.meta.dir, "../fixtures/claude-in-terminal.ts")}' "$@"`;
/** Dies of the first signal, at once. */
const BRIEF_CLAUDE = 'echo ready >>"$CLAUDE_LOG"; exec sleep 3600';

const ROUNDS = 8;

/** What the shell says when it has the terminal again. */
const STOPPED = /Stopped|suspended/;

interface Stage extends AsyncDisposable {
  place: Place;
  repo: string;
  terminal: Terminal;
  /** What claude wrote down. */
  log(): Promise<string[]>;
  waitForLog(line: string, times?: number): Promise<void>;
  /** Types the command, which prints `left N` when it is over, and waits until claude is up. */
  begin(command: string): Promise<void>;
}

async function stage(shell: Shell, sh = CLAUDE): Promise<Stage> {
  const place = await makePlace();
  const { path: repo } = await makeRepo(place);
  const { programs, path } = await makeWrapper(place, { shell });
  const claude = join(programs.folder, "claude");
  await Bun.write(claude, `#!/bin/sh\n${sh}\n`);
  await chmod(claude, 0o755);
  const logPath = place.at("log");
  await Bun.write(logPath, "");
  const env = place.env({ path, extra: { CLAUDE_LOG: logPath } });
  const terminal = await openTerminal(place, { shell, cwd: repo, env });
  const log = async (): Promise<string[]> => (await readFile(logPath, "utf8")).split("\n").slice(0, -1);
  const waitForLog: Stage["waitForLog"] = async (line, times = 1) => {
    await waitFor(async () => (await log()).filter((one) => one === line).length >= times, `${line} in claude's log`);
  };
  return {
    place,
    repo,
    terminal,
    log,
    waitForLog,
    async begin(command) {
      const already = (await log()).filter((line) => line === "ready").length;
      await terminal.type(`${command}; echo left $?`);
      await waitForLog("ready", already + 1);
    },
    async [Symbol.asyncDispose]() {
      await terminal[Symbol.asyncDispose]();
      await waitFor(async () => (await sessions(place)).every(({ isAlive }) => !isAlive), "the end of every session");
      await place[Symbol.asyncDispose]();
    },
  };
}

describe.each(SHELLS)("in an interactive %s", (shell) => {
  test("a person is registered, though the terminal was once opened from inside Claude Code", async () => {
    await using on = await stage(shell);
    await on.begin("CLAUDECODE=1 claude-parallel");
    expect(await sessions(on.place)).toMatchObject([{ isAlive: true, worktreePath: on.repo }]);
    await on.terminal.type("quit 0");
    await on.terminal.waitForScreen(/left 0\s/);
  });

  test("claude finds the terminal as without the wrapper, and so does the shell after it", async () => {
    await using on = await stage(shell);
    for (const [number, command] of ["claude", "claude-parallel"].entries()) {
      await on.begin(command);
      await on.terminal.type(`quit ${number}`);
      await on.terminal.waitForScreen(new RegExp(`left ${number}\\s`));
      await on.terminal.type(`stty -a >modes-${number}; echo look''ed ${number}`);
      await on.terminal.waitForScreen(new RegExp(`looked ${number}\\s`));
    }
    const log = await on.log();
    expect(log.filter((line) => line.startsWith("foreground"))).toEqual(["foreground true", "foreground true"]);
    const [plain, wrapped] = log.filter((line) => line.startsWith("modes"));
    expect(wrapped).toBe(plain ?? "");
    const modes = (number: number) => readFile(join(on.repo, `modes-${number}`), "utf8");
    expect(await modes(1)).toBe(await modes(0));
  });

  test("Ctrl-C and Ctrl-\\ are claude's, and the session is released when it ends", async () => {
    await using on = await stage(shell);
    await on.begin("claude-parallel");
    await on.terminal.press("C-c");
    await on.waitForLog("SIGINT");
    await on.terminal.press("C-c");
    await on.waitForLog("SIGINT", 2);
    await on.terminal.press("C-\\");
    await on.waitForLog("SIGQUIT");
    expect(await sessions(on.place)).toMatchObject([{ isAlive: true }]);
    await on.terminal.type("quit 5");
    await on.terminal.waitForScreen(/left 5\s/);
    expect(await sessions(on.place)).toEqual([]);
  });

  test("Ctrl-Z stops the job, jobs tells of it, bg and fg take it up again", async () => {
    await using on = await stage(shell);
    await on.begin("claude-parallel");
    await on.terminal.press("C-z");
    await on.terminal.waitForScreen(STOPPED);
    await on.terminal.type("echo shell''s; jobs");
    await on.terminal.waitForScreen(/shells\s[\s\S]*(Stopped|suspended)[^\n]*claude-parallel/);
    expect(await sessions(on.place)).toMatchObject([{ isAlive: true }]);
    await on.terminal.type("bg");
    await on.waitForLog("SIGCONT");
    await on.terminal.type("echo still''s");
    await on.terminal.waitForScreen(/stills\s/);
    await on.terminal.type("fg; echo then $?");
    await on.terminal.type("hello");
    await on.waitForLog("read hello");
    await on.terminal.type("quit 6");
    await on.terminal.waitForScreen(/then 6\s/);
    expect(await sessions(on.place)).toEqual([]);
  });

  test("a claude that stops its process group by itself gives the shell back, as the client does", async () => {
    await using on = await stage(shell);
    await on.begin("claude-parallel");
    await on.terminal.type("raw group");
    await on.waitForLog("read raw group");
    await on.terminal.press("C-z");
    await on.terminal.waitForScreen(STOPPED);
    await on.terminal.type("echo shell''s");
    await on.terminal.waitForScreen(/shells\s/);
    await on.terminal.type("fg; echo then $?");
    await on.waitForLog("SIGCONT");
    await on.terminal.type("quit 7");
    await on.terminal.waitForScreen(/then 7\s/);
    expect(await sessions(on.place)).toEqual([]);
  });

  test("a claude that stops itself alone gives the shell back too, as 2.0.77 does", async () => {
    await using on = await stage(shell);
    await on.begin("claude-parallel");
    await on.terminal.type("raw alone");
    await on.waitForLog("read raw alone");
    await on.terminal.press("C-z");
    await on.terminal.waitForScreen(STOPPED);
    await on.terminal.type("echo shell''s");
    await on.terminal.waitForScreen(/shells\s/);
    await on.terminal.type("fg; echo then $?");
    await on.waitForLog("SIGCONT");
    await on.terminal.type("quit 8");
    await on.terminal.waitForScreen(/then 8\s/);
  });

  test("a worktree that nobody touched goes at the end, although somebody has watched claude there", async () => {
    await using on = await stage(shell, 'echo ready >>"$CLAUDE_LOG"; exec sleep 2');
    await using holder = sleeper();
    await pcc(on.place, ["register", "--pid", String(holder.pid)], { cwd: on.repo });
    await on.begin("claude-parallel");
    await on.terminal.waitForScreen(/Its worktree is removed[\s\S]*left 0\s/);
    await holder.kill();
  });

  test("claude hears of a new window size", async () => {
    await using on = await stage(shell);
    await on.begin("claude-parallel");
    await on.terminal.resize(80, 24);
    await on.waitForLog("SIGWINCH 24 80");
    await on.terminal.type("quit 0");
    await on.terminal.waitForScreen(/left 0\s/);
  });

  test("a closed window ends claude, and the session is released", async () => {
    await using on = await stage(shell);
    await on.begin("claude-parallel");
    await on.terminal.close();
    await on.waitForLog("SIGHUP");
    await waitFor(async () => (await sessions(on.place)).length === 0, "the release");
  });

  // The terminal, the shell and the end of the shell each send a SIGHUP. When the later ones come is chance.
  test("a closed window does not end the release with claude", async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      await using on = await stage(shell, BRIEF_CLAUDE);
      await on.begin("claude-parallel");
      await on.terminal.close();
      await waitFor(async () => (await sessions(on.place)).length === 0, `the release in round ${round}`);
    }
  });
});
