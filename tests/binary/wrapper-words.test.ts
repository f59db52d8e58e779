// What claude-parallel makes of its words: which are its own, which are claude's, and which start no session. The fakes
// say what they were asked and record nothing, so that every case can run at once.

import { describe, expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import type { Ran } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makeRepo } from "../support/repo.ts";
import { makeWrapper, SHELLS, type Shell } from "../support/wrapper.ts";

const CLAUDE = `#!/bin/sh
printf 'claude\\0'
[ $# -eq 0 ] || printf '%s\\0' "$@"
`;
const PARALLEL_CC = `#!/bin/sh
printf '%s\\0' "$@" >&2
case $1 in
register) printf "export PARALLEL_CC_SESSION_ID='s-1'\\ncd '%s'\\n" "$PWD" ;;
heartbeat) printf '{"updated":true}' ;;
esac
`;

interface Started {
  /** What register was asked beyond --pid and --shell; undefined when it never was. */
  registered: string[] | undefined;
  /** claude's arguments; undefined when it was not started. */
  claude: string[] | undefined;
  exit: number | null;
}

interface Words {
  outside: string;
  run(words: readonly string[], cwd?: string): Promise<Ran>;
  start(words: readonly string[]): Promise<Started>;
}

async function wrapper(place: Place, shell: Shell): Promise<Words> {
  const wrapped = await makeWrapper(place, { shell, parallelCc: {} });
  for (const [name, text] of [["claude", CLAUDE] as const, ["parallel-cc", PARALLEL_CC] as const]) {
    await Bun.write(join(wrapped.programs.folder, name), text);
    await chmod(join(wrapped.programs.folder, name), 0o755);
  }
  const { path: inside } = await makeRepo(place);
  const run: Words["run"] = (words, cwd = inside) => wrapped.run(words, { cwd });
  return {
    outside: place.path,
    run,
    async start(words) {
      const { stdout, stderr, exit } = await run(words);
      const asked = /^register\0--pid\0\d+\0--shell\0([\s\S]*?)release\0/.exec(stderr)?.[1];
      const [claude, ...argv] = stdout.split("\0").slice(0, -1);
      return {
        registered: asked?.split("\0").slice(0, -1),
        claude: claude === undefined ? undefined : argv,
        exit,
      };
    },
  };
}

const ODD = [
  "",
  " ",
  "two words",
  "it's",
  '"',
  "a\nb\n",
  "$(touch x)",
  "`touch x`",
  "\\",
  "*",
  "~",
  "漢 🙂",
  "-",
  "--x=$y",
];

const COMMANDS = `agents attach auth auto-mode bridge config daemon doctor gateway import install kill logs mcp
migrate-installer plugin plugins project purge rc remote remote-control respawn rm self-hosted-runner setup-token stop
sync ultrareview update upgrade`.split(/\s+/);

/** Each starts plain claude with just these words. */
const PLAIN = [
  ...COMMANDS.map((command) => [command]),
  ["mcp", "add", "--name", "x", "--base=y", "--", "-c", "--uncoordinated"],
  ["--dangerously-skip-permissions", "mcp", "list"],
  ["--model", "opus", "doctor"],
  ["--model=opus", "--verbose", "plugin", "list"],
  ["--resume", "stop", "update"],
  ["--add-dir", "a", "b", "--verbose", "update"],
  ["-pd", "api", "install"],
  ["-p", "x", "--version"],
  ["--version"],
  ["-v"],
  ["-w"],
  ["-w", "mine"],
  ["-wmine"],
  ["-pw"],
  ["fix it", "--worktree"],
  ["--worktree=mine", "fix it"],
  ["--bg", "fix it"],
  ["--background"],
  ["--cloud", "fix it"],
  ["--desktop"],
];

/** Each is a session, and claude gets just these words. */
const SESSIONS = [
  [],
  ODD,
  ["fix the tests"],
  ["mcp is broken, mend it"],
  ["please", "doctor"],
  ["-p", "what is a gateway?", "stop"],
  ["--append-system-prompt", "doctor", "x"],
  ["--allowedTools", "Bash", "update", "Edit"],
  ["-n", "update"],
  ["-dw", "x"],
  ["-rw"],
  ["--", "--help", "-w", "--version", "-c", "--name", "x"],
  // What parallel-cc would remove or change by: prompts.
  ...["cleanup", "release", "undo", "worktree", "register", "resolve", "hook", "heartbeat", "list"].map((noun) => [
    noun,
  ]),
];

const ODD_NAME = "a 'b'\n$(touch x)";

const CONTINUED = [["--continue"], ["-c"], ["-pc", "x"], ["-cp", "x"], ["x", "-c"], ["--model", "a", "-c"], ["-cdapi"]];
const NOT_CONTINUED = [["-nc"], ["-dc"], ["-rc"], ["--", "-c"], ["--continued"], ["c"], ["-p", "--resume=c"]];

const NOUNS = [
  "status",
  "claims",
  "conflicts",
  "suggestions",
  "merge",
  "messages",
  "sandbox",
  "templates",
  "budget",
  "watch",
];

interface Case extends Omit<Started, "exit"> {
  words: string[];
  exit?: number;
}

async function expectAll(shell: Shell, cases: readonly Case[]): Promise<void> {
  await using place = await makePlace();
  const { start } = await wrapper(place, shell);
  const started = await Promise.all(cases.map(async ({ words }) => ({ words, ...(await start(words)) })));
  expect(started).toEqual(cases.map((one) => ({ exit: 0, ...one })));
  expect(await Array.fromAsync(new Bun.Glob("**/x").scan({ cwd: place.path }))).toEqual([]);
}

describe.each(SHELLS)("claude-parallel under %s", (shell) => {
  test("starts plain claude for claude's own commands, and where claude makes the place itself", async () => {
    await expectAll(
      shell,
      PLAIN.map((words) => ({ words, registered: undefined, claude: words })),
    );
  });

  test("registers everything else and hands every word on as it is", async () => {
    await expectAll(
      shell,
      SESSIONS.map((words) => ({ words, registered: [], claude: words })),
    );
  });

  test("takes its own flags out, wherever they stand before a --", async () => {
    await expectAll(shell, [
      { words: ["--name", ODD_NAME, "-p", "x"], registered: [`--name=${ODD_NAME}`], claude: ["-p", "x"] },
      { words: ["-p", "--name=a=b", "--base", "v1"], registered: ["--name=a=b", "--base=v1"], claude: ["-p"] },
      { words: ["--base=a", "--base=b", "--name", "-p"], registered: ["--name=-p", "--base=b"], claude: [] },
      { words: ["--base", "", "x"], registered: ["--base="], claude: ["x"] },
      { words: ["--no-worktree", "x", "--uncoordinated"], registered: ["--no-worktree"], claude: ["x"] },
      { words: ["--name", "a", "--", "--name", "b"], registered: ["--name=a"], claude: ["--", "--name", "b"] },
      { words: ["-n", "claude's", "x"], registered: [], claude: ["-n", "claude's", "x"] },
      { words: ["--name", "a", "mcp", "--name", "b"], registered: undefined, claude: ["mcp", "--name", "b"] },
      { words: ["--name", "a", "-w"], registered: undefined, claude: ["-w"] },
      { words: ["--name"], registered: undefined, claude: undefined, exit: 2 },
      { words: ["x", "--base"], registered: undefined, claude: undefined, exit: 2 },
    ]);
  });

  test("takes up the last session for --continue, however it is written", async () => {
    await expectAll(shell, [
      ...CONTINUED.map((words) => ({ words, registered: ["--continue"], claude: words })),
      ...NOT_CONTINUED.map((words) => ({ words, registered: [], claude: words })),
    ]);
  });

  test("shows its own flags above claude's help, inside and outside of a repository", async () => {
    await using place = await makePlace();
    const { run, outside } = await wrapper(place, shell);
    for (const words of [["--help"], ["-h"], ["-ph"], ["-p", "x", "--help"], ["--name", "a", "--help"]]) {
      for (const { stdout, stderr, exit } of [await run(words), await run(words, outside)]) {
        expect({ words, stderr, exit }).toEqual({ words, stderr: "", exit: 0 });
        expect(stdout).toMatch(/^claude-parallel: [\s\S]*--uncoordinated [\s\S]*\n\nclaude\0/);
      }
    }
  });

  test("hands the nouns that claude does not have to parallel-cc, wherever it is", async () => {
    await using place = await makePlace();
    const { run, outside } = await wrapper(place, shell);
    for (const noun of NOUNS) {
      const { stdout, stderr } = await run([noun, "a b", "--json"], outside);
      expect({ stdout, stderr }).toEqual({ stdout: "", stderr: `${noun}\0a b\0--json\0` });
    }
  });
});
