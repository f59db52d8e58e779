// Which suites there are (the folders of tests/ that hold test files), and what each needs of the machine. It is
// decided before anything runs; a test never skips itself.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { whyNoClient } from "./clients.ts";

/** A package without a program. */
const BASH_COMPLETION = "/usr/share/bash-completion/bash_completion";
const CORPUS = join(import.meta.dir, "../../../shared/corpus/fixture-repo.ts");
const MIN_GIT = [2, 39] as const;
const AS_ROOT = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];

/** Gives why a need is not met here, or undefined when it is. */
type Check = () => string | undefined;

const NEEDS = {
  git: () => {
    const found = /(\d+)\.(\d+)/.exec(output(["git", "--version"]));
    if (found === null) return "git is not installed";
    const [major, minor] = [Number(found[1]), Number(found[2])];
    if (major > MIN_GIT[0] || (major === MIN_GIT[0] && minor >= MIN_GIT[1])) return undefined;
    return `git ${MIN_GIT.join(".")} or newer is needed, this is ${found[0]}`;
  },
  /** sh, signals, file modes, and paths that begin with a slash. */
  posix: () => (process.platform === "win32" ? "Windows is no POSIX system" : undefined),
  bash: program("bash"),
  dash: program("dash"),
  zsh: program("zsh"),
  fish: program("fish"),
  "bash-completion": () => (existsSync(BASH_COMPLETION) ? undefined : "bash-completion is not installed"),
  expect: program("expect"),
  tmux: program("tmux"),
  strace: () =>
    program("strace")() ??
    (succeeds(["strace", "-f", "-o", "/dev/null", "true"]) ? undefined : "strace may not trace here"),
  /** Small file systems of one's own: for root, or for root of a user namespace. */
  mount: () =>
    program("unshare")() ??
    (succeeds(["unshare", ...AS_ROOT, "--mount", "mount", "-t", "tmpfs", "none", "/mnt"])
      ? undefined
      : "mounting is not allowed, even in a user namespace"),
  /** Processes in a pid namespace, and as another user. */
  namespaces: () =>
    program("unshare")() ??
    program("setpriv")() ??
    (succeeds(["unshare", "--user", "--map-root-user", "--pid", "--fork", "true"])
      ? undefined
      : "user and pid namespaces are not allowed"),
  /** Real merge conflicts, which lie beside the repository. */
  corpus: () => (existsSync(CORPUS) ? undefined : "there are no merge conflicts beside the repository"),
  /** Sandboxes of this machine: what they are made of, and a kernel that lets it. */
  sandbox: () =>
    program("bwrap")() ??
    program("socat")() ??
    program("rg")() ??
    (succeeds(["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "true"])
      ? undefined
      : "the kernel does not let bubblewrap make sandboxes"),
  /** A pinned Claude Code; scripts/dev/clients.ts fetches it. */
  claude: () => whyNoClient(),
} as const satisfies Record<string, Check>;

export type Need = keyof typeof NEEDS;

/** By folder below tests/, and by file where one needs more than its folder. */
type Needed = Readonly<Record<string, readonly Need[]>>;

const NEEDED: Needed = {
  git: ["git", "posix"],
  db: ["git", "posix"],
  "db/disk.test.ts": ["mount"],
  "db/kill.test.ts": ["strace"],
  "unit/bash-line.test.ts": ["bash"],
  "unit/build-release.test.ts": ["posix"],
  "unit/build-smoke.test.ts": ["posix"],
  "unit/clients.test.ts": ["posix"],
  "unit/fetch-bun.test.ts": ["posix"],
  "unit/json-file.test.ts": ["posix"],
  "unit/law.test.ts": ["posix"],
  "unit/output.test.ts": ["posix"],
  "unit/paths.test.ts": ["posix"],
  "unit/proc-alive.test.ts": ["namespaces"],
  "unit/proc-port.test.ts": ["namespaces"],
  "unit/proc-run.test.ts": ["posix"],
  "unit/proc-scripted.test.ts": ["posix"],
  "unit/support-house.test.ts": ["posix"],
  "unit/support-programs.test.ts": ["posix"],
  "unit/terminal.test.ts": ["posix"],
  "unit/text-shell.test.ts": ["posix"],
  "unit/workflow.test.ts": ["posix"],
  props: ["git", "posix"],
  binary: ["git", "posix", "bash", "dash"],
  "binary/completions.test.ts": ["zsh", "fish", "bash-completion"],
  "binary/demo-disk.test.ts": ["mount"],
  "binary/disaster-disk.test.ts": ["mount"],
  "git/gtr.test.ts": ["bash"],
  "git/gtr-sessions.test.ts": ["bash"],
  "git/merge-corpus.test.ts": ["corpus"],
  "git/writes-trace.test.ts": ["strace"],
  "binary/install-command.test.ts": ["zsh", "fish"],
  "binary/install-disk.test.ts": ["mount"],
  "binary/install-terminal.test.ts": ["tmux"],
  "binary/hook.test.ts": ["strace"],
  "binary/kill.test.ts": ["strace"],
  "binary/kill-removal.test.ts": ["strace"],
  "binary/locks-namespaces.test.ts": ["namespaces"],
  "binary/names.test.ts": ["zsh"],
  "binary/kill-git.test.ts": ["strace"],
  "binary/kill-removal-git.test.ts": ["strace"],
  "binary/trust-terminal.test.ts": ["tmux"],
  "binary/wrapper.test.ts": ["zsh"],
  "binary/wrapper-failures.test.ts": ["zsh"],
  "binary/wrapper-heartbeat.test.ts": ["zsh"],
  "binary/wrapper-terminal.test.ts": ["zsh", "tmux"],
  "binary/wrapper-words.test.ts": ["zsh"],
  mcp: ["git", "posix"],
  sandbox: ["git", "posix", "sandbox"],
  "git/answers.test.ts": ["sandbox"],
  "client/native.test.ts": ["sandbox"],
  "client/sandbox.test.ts": ["sandbox"],
  "client/sandbox-bad-days.test.ts": ["sandbox"],
  "client/sandbox-project.test.ts": ["sandbox"],
  "client/sandbox-terminal.test.ts": ["sandbox", "tmux"],
  client: ["git", "posix", "bash", "tmux", "claude"],
  faults: ["git", "strace", "mount"],
  terminal: ["git", "posix", "bash", "dash", "zsh", "expect", "tmux"],
};

export interface Suite {
  name: string;
  /** Relative to the repository. */
  files: string[];
}

export interface Choice {
  run: Suite[];
  left: { name: string; reason: string }[];
}

export async function findSuites(root: string): Promise<Suite[]> {
  const suites = new Map<string, Suite>();
  const paths = await Array.fromAsync(new Bun.Glob("*/**/*.test.ts").scan({ cwd: join(root, "tests") }));
  for (const path of paths.sort()) {
    const name = path.split("/")[0] ?? path;
    const suite = suites.get(name) ?? { name, files: [] };
    suite.files.push(`tests/${path}`);
    suites.set(name, suite);
  }
  return [...suites.values()];
}

/** A suite is left out when the machine lacks what it needs; so is a single file that needs more. */
export function choose(
  suites: readonly Suite[],
  missing: (need: Need) => string | undefined = missingNeed,
  needed: Needed = NEEDED,
): Choice {
  const choice: Choice = { run: [], left: [] };
  const isLeft = (name: string): boolean => {
    const reasons = (needed[name] ?? []).flatMap((need) => missing(need) ?? []);
    if (reasons.length > 0) choice.left.push({ name, reason: reasons.join("; ") });
    return reasons.length > 0;
  };
  for (const { name, files } of suites) {
    if (isLeft(name)) continue;
    const kept = files.filter((file) => !isLeft(file.slice("tests/".length)));
    if (kept.length > 0) choice.run.push({ name, files: kept });
  }
  return choice;
}

/** Suites of programs that would speak to their makers. */
const WITHOUT_NETWORK: readonly string[] = ["client"];
const ALONE = ["unshare", ...AS_ROOT, "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];

/**
 * The words before the command of a suite that is to reach this machine alone: none for any other suite, undefined
 * where the machine cannot cut a process off.
 */
export function wordsBefore(suite: string): readonly string[] | undefined {
  if (!WITHOUT_NETWORK.includes(suite)) return [];
  return succeeds([...ALONE, "true"]) ? ALONE : undefined;
}

const checked = new Map<Need, string | undefined>();

/** Each need is looked at once. */
export function missingNeed(need: Need): string | undefined {
  if (!checked.has(need)) checked.set(need, NEEDS[need]());
  return checked.get(need);
}

function program(name: string): Check {
  return () => (Bun.which(name) === null ? `${name} is not installed` : undefined);
}

function succeeds(command: string[]): boolean {
  return (
    Bun.which(command[0] ?? "") !== null && Bun.spawnSync(command, { stdio: ["ignore", "ignore", "ignore"] }).success
  );
}

function output(command: string[]): string {
  return Bun.which(command[0] ?? "") === null ? "" : Bun.spawnSync(command, { stdin: "ignore" }).stdout.toString();
}
