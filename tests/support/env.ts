// The environment of every child a test starts: built from nothing, so that neither the developer's machine nor CI
// can change what a test sees.

import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

export type Env = Record<string, string>;

export interface EnvInput {
  home: string;
  /** Folders searched before the system's, for fake programs. */
  path?: readonly string[];
  /** TMPDIR; the machine's when absent. */
  tmp?: string;
  /** Added last; undefined takes a variable out. */
  extra?: Readonly<Record<string, string | undefined>>;
}

const SYSTEM_PATH = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];
/** 2030-01-01, in every commit that a test makes, so that commit ids repeat. */
export const COMMIT_DATE = "1893456000 +0000";

export function hermeticEnv({ home, path = [], tmp = tmpdir(), extra = {} }: EnvInput): Env {
  const env: Env = {
    PATH: [...path, ...systemPath()].join(delimiter),
    HOME: home,
    TMPDIR: tmp,
    SHELL: "/bin/sh",
    USER: "tester",
    LOGNAME: "tester",
    LC_ALL: "C",
    TZ: "UTC",
    COLUMNS: "100",
    NO_COLOR: "1",
    // Not /dev/null: `git config --global`, run as root, would put a file in the place of the device.
    GIT_CONFIG_GLOBAL: join(home, ".gitconfig-of-tests"),
    GIT_CONFIG_SYSTEM: join(home, ".gitconfig-of-tests"),
    GIT_AUTHOR_NAME: "Test Author",
    GIT_AUTHOR_EMAIL: "author@example.com",
    GIT_AUTHOR_DATE: COMMIT_DATE,
    GIT_COMMITTER_NAME: "Test Committer",
    GIT_COMMITTER_EMAIL: "committer@example.com",
    GIT_COMMITTER_DATE: COMMIT_DATE,
    GIT_ALLOW_PROTOCOL: "file",
    GIT_TERMINAL_PROMPT: "0",
  };
  for (const [name, value] of Object.entries(extra)) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  return env;
}

/** The usual folders, and git's own where the machine keeps it elsewhere. */
function systemPath(): string[] {
  const git = Bun.which("git");
  const folder = git === null ? undefined : dirname(git);
  return folder === undefined || SYSTEM_PATH.includes(folder) ? SYSTEM_PATH : [folder, ...SYSTEM_PATH];
}
