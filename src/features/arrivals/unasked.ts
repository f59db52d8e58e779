// What git may start for a look that nobody asked for. To reach a remote it needs ssh and who keeps the credentials: those
// that git has by itself, that are installed, or that the user's own configuration (system, global, environment) names. A
// repository's configuration may come from anybody who can write there, an archive that was unpacked or an agent at work
// in it. `git fetch`, typed by a person, trusts that; done unasked, once a minute, it would run their programs without
// anybody having done anything. So what it names is not started, and where a remote cannot be reached without, it is not
// asked. Hooks, file system monitors and filters are needed for nothing here, whoever names them.

import type { Git } from "../../git/git.ts";
import type { World } from "../../world.ts";

const SETTINGS = {
  // Sees every ref that a fetch moves.
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  // A shell's; without any word of what alternates have, only more is sent.
  "core.alternateRefsCommand": "true",
  // Never by default, and a repository may say otherwise.
  "protocol.ext.allow": "never",
};

/** The same world, with git that starts no hook, no monitor and no address that is a command. */
export function unasked<T extends Pick<World, "git">>(world: T): T {
  return { ...world, git: (directory: string) => world.git(directory).configured({ settings: SETTINGS }) };
}

export interface Named {
  /** As git writes it: `remote.origin.uploadpack`. */
  key: string;
  /** Undefined: any may need it. */
  remote: string | undefined;
}

const PROGRAMS = "^(core\\.(sshcommand|gitproxy)|credential\\.(.*\\.)?helper|remote\\..*\\.(uploadpack|vcs))$";
/** `git-credential-<name>`, and words without a meaning to a shell. */
const INSTALLED = /^[\w-]*( [\w./=:@~-]+)*$/;

/** What only the repository's configuration names of what git starts to reach a remote. */
export async function namedByRepository(git: Git): Promise<Named[]> {
  const asked = ["config", "--includes", "--show-scope", "-z", "--get-regexp", PROGRAMS];
  // 1: there is none.
  const { exit, stdout } = await git.attempt(asked);
  if (exit > 1) await git.output(asked);
  const words = stdout.split("\0");
  return words.flatMap((scope, at) => {
    if (at % 2 !== 0 || (scope !== "local" && scope !== "worktree")) return [];
    const [, key = "", value = ""] = /^([^\n]*)\n?(.*)$/s.exec(words[at + 1] ?? "") ?? [];
    if (key.startsWith("credential.") && INSTALLED.test(value)) return [];
    return [{ key, remote: /^remote\.(.*)\.[^.]*$/s.exec(key)?.[1] }];
  });
}

/** git that reaches no remote, also not for the objects that a partial clone lacks. */
export function withoutRemotes(git: Git): Git {
  // Of git 2.39 only the list of protocols keeps it from that; none has this name.
  return git.configured({ env: { GIT_NO_LAZY_FETCH: "1", GIT_ALLOW_PROTOCOL: "none" } });
}

/** For a checkout: git that runs no filter either. What one has changed on the disk counts as a change then. */
export async function withoutFilters(git: Git): Promise<Git> {
  const { stdout } = await git.attempt(["config", "--includes", "--name-only", "-z", "--get-regexp", "^filter\\."]);
  const names = stdout.split("\0").flatMap((key) => /^filter\.(.*)\.[^.]*$/s.exec(key)?.[1] ?? []);
  const settings = [...new Set(names)].flatMap((name) => [
    ...["clean", "smudge", "process"].map((what) => [`filter.${name}.${what}`, ""]),
    [`filter.${name}.required`, "false"],
  ]);
  return names.length === 0 ? git : git.configured({ settings: Object.fromEntries(settings) });
}
