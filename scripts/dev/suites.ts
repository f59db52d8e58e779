// Which suites there are (the folders of tests/ that hold test files), and what each needs of the machine. It is
// decided before anything runs; a test never skips itself.

import { join } from "node:path";

const MIN_GIT = [2, 39] as const;

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
  bash: program("bash"),
  dash: program("dash"),
  zsh: program("zsh"),
  expect: program("expect"),
  tmux: program("tmux"),
  strace: () =>
    program("strace")() ??
    (succeeds(["strace", "-f", "-o", "/dev/null", "true"]) ? undefined : "strace may not trace here"),
  /** Making small file systems: root, and a machine that lets it. */
  mount: () =>
    program("unshare")() ??
    (succeeds(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"])
      ? undefined
      : "mounting needs root (unshare --mount)"),
} as const satisfies Record<string, Check>;

export type Need = keyof typeof NEEDS;

/** By folder below tests/, or by file where one needs more than its folder. Nothing is needed where nothing stands. */
const NEEDED: Readonly<Record<string, readonly Need[]>> = {
  git: ["git"],
  db: ["git"],
  props: ["git"],
  binary: ["git", "bash", "dash"],
  client: ["git", "tmux"],
  faults: ["git", "strace", "mount"],
  terminal: ["git", "dash", "zsh", "bash", "expect", "tmux"],
};

export interface Suite {
  name: string;
  /** Relative to the repository. */
  files: string[];
  needs: Need[];
}

/** The suites with their files; a file that needs more than its folder is a suite of its own, `folder/file`. */
export async function findSuites(
  root: string,
  needed: Readonly<Record<string, readonly Need[]>> = NEEDED,
): Promise<Suite[]> {
  const suites = new Map<string, Suite>();
  const paths = await Array.fromAsync(new Bun.Glob("*/**/*.test.ts").scan({ cwd: join(root, "tests") }));
  for (const path of paths.sort()) {
    const folder = path.split("/")[0] ?? path;
    const name = path in needed ? path.replace(/\.test\.ts$/, "") : folder;
    const suite = suites.get(name) ?? { name, files: [], needs: [] };
    suite.files.push(`tests/${path}`);
    suite.needs = [...new Set([...(needed[folder] ?? []), ...(needed[path] ?? [])])];
    suites.set(name, suite);
  }
  return [...suites.values()];
}

export interface Choice {
  run: Suite[];
  left: { name: string; reason: string }[];
}

export function choose(suites: readonly Suite[], missing: (need: Need) => string | undefined = missingNeed): Choice {
  const choice: Choice = { run: [], left: [] };
  for (const suite of suites) {
    const reasons = suite.needs.flatMap((need) => missing(need) ?? []);
    if (reasons.length === 0) choice.run.push(suite);
    else choice.left.push({ name: suite.name, reason: reasons.join("; ") });
  }
  return choice;
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
