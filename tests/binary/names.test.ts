// Names that break quoting, in paths and in --name: never run, exact in JSON, harmless on a terminal.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { PROGRAM, pcc } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { forAll, gen } from "../support/random.ts";
import { makeRepo, runGit } from "../support/repo.ts";
import { registered, shownSessions } from "../support/sessions.ts";

const ODD: readonly string[] = [
  "two words",
  "it's",
  'say "no"',
  "line\nend",
  "ends in a line end\n",
  "tab\tand\rreturn",
  "$(touch pwned)",
  "`touch pwned`",
  "$HOME; touch pwned #",
  "a && touch pwned || touch pwned",
  "-rf",
  "--help",
  "back\\slash\\n",
  "\x1b[31mred\x1b]0;title\x07",
  "\u202eright to left",
  "漢字 🙂 é",
  "*?[a]",
  "%s%n",
  "!history",
];
const SHELLS = ["dash", "bash", "zsh"];

async function register(place: Place, cwd: string, pid: number, ...words: string[]) {
  return registered(place, { pid }, { cwd }, ...words);
}

function controls(text: string): string[] {
  return [...text].filter((char) => (char < " " && char !== "\n") || char === "\x7f" || char === "\u202e");
}

/** Nothing anywhere in the place was made by a command hidden in a name. */
async function expectNothingRan(place: Place): Promise<void> {
  const all = await readdir(place.path, { recursive: true });
  expect(all.filter((name) => name.split("/").at(-1) === "pwned")).toEqual([]);
}

describe("a repository in a directory called", () => {
  for (const odd of ODD) {
    test(JSON.stringify(odd), async () => {
      await using place = await makePlace(odd);
      await using first = sleeper();
      await using second = sleeper();
      const repo = await makeRepo(place, { name: odd });
      await mkdir(`${repo.path}/${odd}`);
      const main = await register(place, `${repo.path}/${odd}`, first.pid);
      expect([main.worktreePath, main.startDirectory]).toEqual([repo.path, `${repo.path}/${odd}`]);
      const made = await register(place, repo.path, second.pid);
      expect(made.worktreePath).toStartWith(`${repo.path}-worktrees/parallel-`);
      expect(existsSync(`${made.worktreePath}/file-0.txt`)).toBe(true);
      expect((await shownSessions(place)).map((one) => one.worktreePath)).toEqual([
        main.worktreePath,
        made.worktreePath,
      ]);
      const texts = [
        await pcc(place, ["status"]),
        await pcc(place, ["register", "--pid", String(second.pid)], { cwd: repo.path }),
        await pcc(place, ["release", "--pid", String(second.pid)]),
        await pcc(place, ["register", "--repo", place.at("absent", odd)]),
      ];
      for (const { stdout, stderr } of texts) expect(controls(stdout + stderr)).toEqual([]);
      await expectNothingRan(place);
    });
  }
});

describe("a session called", () => {
  for (const odd of ODD) {
    test(JSON.stringify(odd), async () => {
      await using place = await makePlace();
      await using first = sleeper();
      await using second = sleeper();
      await using third = sleeper();
      const repo = await makeRepo(place);
      const name = `--name=${odd}`;
      expect((await register(place, repo.path, first.pid, name)).name).toBe(odd);
      const made = await register(place, repo.path, second.pid, name);
      expect(made.name).toBe(odd);
      await runGit(["check-ref-format", `refs/heads/${made.branch}`], { cwd: repo.path, env: place.env() });
      expect(made.branch).toMatch(/^parallel-([\p{L}\p{N}]+-)*[0-9a-f]{8}$/u);
      expect((await shownSessions(place)).map((one) => one.name)).toEqual([odd, odd]);
      const texts = [
        await pcc(place, ["status"]),
        await pcc(place, ["register", "--pid", String(third.pid), name], { cwd: repo.path }),
        await pcc(place, ["release", "--pid", String(third.pid)]),
        await pcc(place, ["register", "--pid", String(third.pid), name, "--base", odd], { cwd: repo.path }),
      ];
      for (const { stdout, stderr } of texts) expect(controls(stdout + stderr)).toEqual([]);
      await expectNothingRan(place);
    });
  }
});

describe("register --shell", () => {
  for (const shell of SHELLS) {
    test(`is safe for eval in ${shell}, whatever the directory is called`, async () => {
      for (const odd of ODD) {
        await using place = await makePlace(odd);
        await using first = sleeper();
        const repo = await makeRepo(place, { name: odd });
        await register(place, repo.path, first.pid);
        const script =
          'eval "$("$0" register --pid $$ --shell 2>/dev/null)" && printf "%s" "$PARALLEL_CC_SESSION_ID:$PWD:"';
        const child = Bun.spawn([shell, "-c", script, PROGRAM], {
          cwd: repo.path,
          env: { ...place.env(), CDPATH: place.path, GIT_DIR: "/nowhere" },
          stdin: "ignore",
          stdout: "pipe",
          stderr: "pipe",
        });
        const [printed, said] = await Promise.all([child.stdout.text(), child.stderr.text()]);
        expect(said).toBe("");
        const own = (await shownSessions(place)).find((one) => printed.startsWith(`${one.sessionId}:`));
        expect(printed).toBe(`${own?.sessionId}:${own?.worktreePath}:`);
        expect(own?.worktreePath).not.toBe(repo.path);
        await expectNothingRan(place);
      }
    });
  }
});

test("any name gives a branch that git accepts, and comes back as it was given", async () => {
  await using place = await makePlace();
  await using first = sleeper();
  const repo = await makeRepo(place);
  await register(place, repo.path, first.pid);
  await forAll(
    "branch from --name",
    gen.text(60),
    async (text) => {
      await using owner = sleeper();
      const name = `x${text}`;
      const made = await register(place, repo.path, owner.pid, `--name=${name}`);
      await runGit(["check-ref-format", `refs/heads/${made.branch}`], { cwd: repo.path, env: place.env() });
      expect(made.name).toBe(name);
    },
    { runs: 25, shrinks: 20 },
  );
});
