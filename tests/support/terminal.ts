// An interactive shell in a real terminal: a tmux server of the test's own, gone when the test ends.

import { join } from "node:path";
import type { Env } from "./env.ts";
import type { Place } from "./place.ts";
import { waitFor } from "./processes.ts";
import { whereIs } from "./wrapper.ts";

const PROMPT = "ready> ";
const SHELL_WORDS = {
  bash: ["--norc", "--noprofile", "-i"],
  dash: ["-i"],
  zsh: ["-f", "-i"],
} as const;

export interface Terminal extends AsyncDisposable {
  /** A line and Enter. */
  type(line: string): Promise<void>;
  /** Keys as tmux calls them: "C-c". */
  press(key: string): Promise<void>;
  /** Everything shown so far, with what has scrolled away. */
  screen(): Promise<string>;
  waitForScreen(sign: RegExp): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** Closes the window as a person would: whoever lives in it gets SIGHUP. */
  close(): Promise<void>;
}

export interface TerminalInput {
  shell: keyof typeof SHELL_WORDS;
  cwd: string;
  env: Env;
}

export async function openTerminal(place: Place, { shell, cwd, env }: TerminalInput): Promise<Terminal> {
  const tmux = async (...words: string[]): Promise<string> => {
    const child = Bun.spawn([whereIs("tmux"), "-S", join(place.tmp, "tmux"), "-f", "/dev/null", ...words], {
      cwd,
      env: { ...env, PS1: PROMPT, TERM: "screen" },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    if (exit !== 0) throw new Error(`tmux ${words.join(" ")}: ${stderr}`);
    return stdout;
  };
  await tmux("new-session", "-d", "-s", "t", "-x", "100", "-y", "30", "-c", cwd, whereIs(shell), ...SHELL_WORDS[shell]);
  const screen = (): Promise<string> => tmux("capture-pane", "-p", "-J", "-S", "-", "-t", "t");
  const terminal: Terminal = {
    screen,
    async type(line) {
      await tmux("send-keys", "-t", "t", "-l", line);
      await tmux("send-keys", "-t", "t", "Enter");
    },
    async press(key) {
      await tmux("send-keys", "-t", "t", key);
    },
    async waitForScreen(sign) {
      await waitFor(async () => sign.test(await screen()), `${sign} on the screen`).catch(async (cause: unknown) => {
        throw new Error(`${String(cause)}; it shows:\n${await screen()}`);
      });
    },
    async resize(columns, rows) {
      await tmux("resize-window", "-t", "t", "-x", String(columns), "-y", String(rows));
    },
    async close() {
      await tmux("kill-server");
    },
    async [Symbol.asyncDispose]() {
      // A test may have closed it already.
      await tmux("kill-server").catch(() => undefined);
    },
  };
  await terminal.waitForScreen(/ready> /);
  return terminal;
}
