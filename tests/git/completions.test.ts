// What may stand at the end of a command line: everything that the operations take, and what is there of it.

import { describe, expect, test } from "bun:test";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { complete, completionsFor } from "../../src/cli/complete.ts";
import { COMMON_FLAGS, fieldsOf } from "../../src/cli/flags.ts";
import { pathsOf } from "../../src/cli/lookup.ts";
import { type Offer, offerFor } from "../../src/cli/offers.ts";
import { run } from "../../src/cli/run.ts";
import { TOPICS } from "../../src/cli/topics.ts";
import { removeWorktrees } from "../../src/features/cleanup/worktrees.ts";
import { KEYS } from "../../src/features/config/config.ts";
import { addNote } from "../../src/features/notes/notes.ts";
import { record } from "../../src/features/rebase/records.ts";
import { insertRun, type NewRun } from "../../src/features/sandboxes/store.ts";
import { register } from "../../src/features/sessions/register.ts";
import { allOperations, ROOMS } from "../../src/registry.ts";
import { makePlace } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { testWorld } from "../support/world.ts";
import { SCRIPT } from "../support/wrapper.ts";

const operations = await allOperations();
const COMMON = Object.keys(COMMON_FLAGS).map((name) => `--${name}`);

async function makeScene() {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  const start = async (input: { name?: string; cwd?: string } = {}) => {
    const { cwd = repo.path, ...named } = input;
    const owner = stack.use(sleeper());
    const { session } = await register(world.as({ cwd }), { pid: owner.pid, ...named });
    return { ...session, end: () => owner.kill() };
  };
  const offer = (...words: string[]): Promise<Offer> => {
    return offerFor(world, { program: "parallel-cc", before: words.slice(0, -1), current: words.at(-1) ?? "" });
  };
  const values = async (...words: string[]) => (await offer(...words)).candidates.map(({ value }) => value);
  return { place, repo, world, start, offer, values, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("commands", () => {
  test("are all first words there are, each with what it is for", async () => {
    await using scene = await makeScene();
    const { candidates } = await scene.offer("");
    expect(candidates.map(({ value }) => value)).toEqual([...Object.keys(ROOMS), "help"]);
    for (const { description } of candidates) expect(description).not.toBe("");
  });

  test("are found behind the flags of every command", async () => {
    await using scene = await makeScene();
    expect(await scene.values("--json", "--no-color", "")).toContain("register");
    expect(await scene.values("-")).toEqual(["--version", ...COMMON]);
  });

  test("of two words go on with their verbs", async () => {
    await using scene = await makeScene();
    expect(await scene.values("config", "")).toEqual(["list", "get", "set", "unset", "trust"]);
    expect(await scene.values("config", "-")).toEqual(COMMON);
    expect(await scene.values("config", "sideways", "")).toEqual([]);
  });

  test.each([["toString"], ["__proto__"], ["no-such"], [""], ["complete"]])("%j is none of them", async (word) => {
    await using scene = await makeScene();
    expect(await scene.values(word, "")).toEqual([]);
    expect(await scene.values(word, "--")).toEqual([]);
  });
});

describe.each(operations.flatMap((one) => pathsOf(one).map((path) => [path.join(" "), one, path] as const)))(
  "%s",
  (_, one, path) => {
    const flags = fieldsOf(one).filter(({ isPositional }) => !isPositional);

    test("offers each of its flags with its description, and those of every command", async () => {
      await using scene = await makeScene();
      const { candidates } = await scene.offer(...path, "--");
      expect(candidates.slice(0, flags.length)).toEqual(
        flags.map(({ flag, description }) => ({ value: `--${flag}`, description })),
      );
      expect(candidates.slice(flags.length).map(({ value }) => value)).toEqual(COMMON);
    });

    test("offers no flag again that is there, unless it may be repeated", async () => {
      await using scene = await makeScene();
      const typed = flags.flatMap(({ flag, kind }) => (kind === "boolean" ? [`--${flag}`] : [`--${flag}`, "x"]));
      const left = flags.filter(({ kind }) => kind === "array").map(({ flag }) => `--${flag}`);
      expect(await scene.values(...path, ...typed, "--json", "--")).toEqual([
        ...left,
        ...COMMON.filter((name) => name !== "--json"),
      ]);
    });
  },
);

function newRun(repository: NewRun["repository"]): NewRun {
  return {
    ...{ id: "1a2b3c4d-0000", name: "fix", provider: "native", title: "Fix it", warnings: [] },
    ...{ repository, callerPath: repository.path },
    request: {
      ...{ base: null, baseCommit: "", branch: null, isBranchMade: false, withChanges: false, isDryRun: false },
      ...{
        isWeak: false,
        timeoutMinutes: 60,
        checkpointMinutes: 5,
        authMethod: "api-key",
        model: null,
        maxTurns: null,
      },
      ...{ include: [], variables: [], hosts: [], memoryBytes: 0, processes: 0, promptSource: null },
    },
  };
}

/** Values that nobody can know beforehand. */
const FREE = ["text", "n", "version", "hours", "name", "minutes", "name=value"];

test("every field whose values can be known has some to offer", async () => {
  await using scene = await makeScene();
  await scene.start();
  const second = await scene.start({ name: "auth backend" });
  addNote(scene.world, await scene.world.db(), {
    ...{ place: { gitDir: second.git_dir ?? "", gitDirId: second.git_dir_id ?? "" }, author: second },
    body: "the API answers 401",
  });
  const third = await scene.start();
  await third.end();
  await removeWorktrees(scene.world, { worktree: [third.worktree_name ?? ""], force: true });
  // Only a rebase that was made can be taken back.
  const tip = await scene.repo.git("rev-parse", "HEAD");
  const note = { branch: scene.repo.branch, before: tip, after: tip, target: "origin/main", onto: tip, at: 1 };
  await record(scene.world.git(scene.repo.path), "1a2b3c4d", note);
  const db = await scene.world.db();
  const place = { path: scene.repo.path, gitDir: second.git_dir ?? "", gitDirId: second.git_dir_id ?? "" };
  db.write((now) => insertRun(db, newRun(place), now));
  const empty: string[] = [];
  for (const one of operations) {
    const keys = one.cli.positionals ?? [];
    for (const field of fieldsOf(one)) {
      if (field.kind === "boolean" || FREE.includes(field.value)) continue;
      const before = keys.slice(0, keys.indexOf(field.key)).map(() => "worktree.backend");
      const offer = await scene.offer(...one.cli.path, ...(field.isPositional ? before : [`--${field.flag}`]), "");
      expect(offer.what).toBe(field.description);
      if (offer.candidates.length === 0 && offer.shell === undefined) empty.push(`${one.name} ${field.key}`);
    }
  }
  expect(empty).toEqual([]);
  expect(second.name).toBe("auth backend");
});

describe("recipients", () => {
  test("are all, and those of this repository, by names that are one's alone", async () => {
    await using scene = await makeScene();
    const unnamed = await scene.start();
    await scene.start({ name: "auth backend" });
    const twins = [await scene.start({ name: "twin" }), await scene.start({ name: "twin" })];
    await scene.start({ name: "elsewhere", cwd: (await makeRepo(scene.place, { name: "other" })).path });
    const ids = twins.toReversed().map(({ id }) => id);
    expect(await scene.values("messages", "send", "--to", "")).toEqual(["all", ...ids, "auth backend", unnamed.id]);
  });

  test("are all, where there is no registry yet", async () => {
    await using scene = await makeScene();
    expect(await scene.values("messages", "send", "--to", "")).toEqual(["all"]);
  });
});

describe("sessions", () => {
  test("are offered by id, with their name, branch and repository, the newest first", async () => {
    await using scene = await makeScene();
    const first = await scene.start();
    const second = await scene.start({ name: "auth\x1b[31m backend" });
    const offer = await scene.offer("release", "--session-id", "");
    expect(offer).toMatchObject({ areIds: true, what: "The session, by its id" });
    expect(offer.candidates).toEqual([
      { value: second.id, description: `auth\x1b[31m backend, ${second.branch}, repo` },
      { value: first.id, description: "main, repo" },
    ]);
    const asked = ["parallel-cc", "--", "release", "--session-id", ""];
    expect(await completionsFor(scene.world, ["fish", ...asked])).toContain(
      `\n${second.id}\tauth\\u{1b}[31m backend, `,
    );
    expect(await completionsFor(scene.world, ["zsh", ...asked])).toContain(
      `\n${second.id}:auth\\\\u{1b}[31m backend, `,
    );
  });
});

describe("worktrees", () => {
  test("are those of the repository that are known and there", async () => {
    await using scene = await makeScene();
    await scene.start();
    const made = await scene.start({ name: "auth" });
    const gone = await scene.start();
    await Bun.$`rm -r ${gone.worktree_path}`.quiet();
    const other = await makeRepo(scene.place, { name: "other" });
    for (const verb of ["remove", "resume"]) {
      expect((await scene.offer("worktree", verb, "")).candidates).toEqual([
        { value: made.worktree_name ?? "", description: "auth" },
      ]);
    }
    expect(await scene.values("worktree", "remove", "--repo", other.path, "")).toEqual([]);
    expect(await scene.values("worktree", "remove", "--repo=../other", "")).toEqual([]);
  });

  test("that stand in the line already are not offered again", async () => {
    await using scene = await makeScene();
    await scene.start();
    const names = [await scene.start(), await scene.start()].map((one) => one.worktree_name ?? "");
    expect(await scene.values("worktree", "remove", names[0] ?? "", "")).toEqual(names.slice(1));
    expect(await scene.values("worktree", "remove", "--force", ...names, "")).toEqual([]);
  });

  test("of a repository named from the home directory are found", async () => {
    await using scene = await makeScene();
    await scene.start();
    const made = await scene.start();
    await Bun.$`ln -s ${scene.repo.path} ${join(scene.place.home, "shop")}`.quiet();
    const elsewhere = scene.world.as({ cwd: scene.place.path });
    const before = ["worktree", "remove", "--repo", "~/shop"];
    const offer = await offerFor(elsewhere, { program: "parallel-cc", before, current: "" });
    expect(offer.candidates.map(({ value }) => value)).toEqual([made.worktree_name ?? ""]);
  });
});

describe("removals", () => {
  test("are offered by id, with the name and how long ago, and not once they are brought back", async () => {
    await using scene = await makeScene();
    await scene.start();
    const made = await scene.start();
    await made.end();
    const [removed] = await removeWorktrees(scene.world, { worktree: [made.worktree_name ?? ""], force: true });
    scene.world.pass(3 * 3600 * 1000);
    expect(await scene.offer("undo", "")).toMatchObject({
      areIds: true,
      candidates: [{ value: removed?.id ?? "", description: `${made.worktree_name}, removed 3h ago` }],
    });
    const outside = scene.world.as({ cwd: scene.place.path });
    const asked = { program: "parallel-cc", before: ["undo"], current: "" };
    expect((await offerFor(outside, asked)).candidates).toHaveLength(1);
    const other = await makeRepo(scene.place, { name: "other" });
    expect((await offerFor(scene.world.as({ cwd: other.path }), asked)).candidates).toEqual([]);
    (await scene.world.db()).run("UPDATE removals SET state = 'restored'");
    expect(await scene.values("undo", "")).toEqual([]);
  });
});

test("rebases that can be taken back are offered beside the removals", async () => {
  await using scene = await makeScene();
  const tip = await scene.repo.git("rev-parse", "HEAD");
  const now = scene.world.now().getTime();
  const note = { branch: scene.repo.branch, before: tip, after: tip, target: "origin/main", onto: tip, at: now };
  const git = scene.world.git(scene.repo.path);
  await record(git, "1a2b3c4d", note);
  await record(git, "9f9f9f9f", { ...note, after: "1".repeat(40) });
  expect(await scene.offer("undo", "")).toMatchObject({
    candidates: [
      { value: "1a2b3c4d", description: expect.stringMatching(/^rebase of main onto origin\/main, .* ago$/) },
    ],
  });
});

describe("branches", () => {
  test("are those of here first, then those of remotes, and tags where a commit is asked for", async () => {
    await using scene = await makeScene();
    const { repo } = scene;
    await repo.git("branch", "feature/login");
    await repo.git("tag", "v1.0");
    await repo.git("update-ref", "refs/remotes/origin/main", "HEAD");
    await repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main");
    await repo.git("update-ref", "refs/notes/commits", "HEAD");
    const branches = ["feature/login", "main", "origin/main"];
    expect(await scene.values("merge", "check", "")).toEqual(branches);
    expect(await scene.values("merge", "check", "main", "")).toEqual(branches);
    expect(await scene.values("merge", "check", "main", "--fork", "")).toEqual([...branches, "v1.0"]);
    expect(await scene.values("register", "--base", "")).toEqual([...branches, "v1.0"]);
  });

  test("of very many are those that are begun, and never more than a thousand", async () => {
    await using scene = await makeScene();
    const head = await scene.repo.git("rev-parse", "HEAD");
    const refs = Array.from({ length: 1500 }, (_, i) => `${head} refs/heads/b/${i}\n`).join("");
    await Bun.write(join(scene.repo.path, ".git/packed-refs"), `# pack-refs with: peeled fully-peeled\n${refs}`);
    expect(await scene.values("merge", "check", "")).toHaveLength(1000);
    expect(await scene.values("merge", "check", "b/149")).toHaveLength(11);
    expect(await scene.values("register", "--base=b/149")).toHaveLength(11);
  });

  test("outside of a repository are none", async () => {
    await using scene = await makeScene();
    const outside = scene.world.as({ cwd: scene.place.path });
    const offer = await offerFor(outside, { program: "parallel-cc", before: ["merge", "check"], current: "" });
    expect(offer).toMatchObject({
      candidates: [],
      what: "The branch; a deleted one is judged by where it was last seen",
    });
  });
});

describe("settings", () => {
  test("are offered with what each means, and those with choices their values", async () => {
    await using scene = await makeScene();
    for (const verb of ["get", "set", "unset"]) {
      expect(await scene.values("config", verb, "")).toEqual(Object.keys(KEYS));
    }
    expect(await scene.values("config", "set", "worktree.backend", "")).toEqual(["auto", "git", "gtr"]);
    expect(await scene.values("config", "set", "--repo", "cleanup.auto", "")).toEqual(["true", "false"]);
    expect(await scene.values("config", "set", "worktree.base", "")).toEqual([]);
    expect(await scene.values("config", "set", "toString", "")).toEqual([]);
  });
});

describe("help", () => {
  test("goes on with topics and commands, and with the verbs of a noun", async () => {
    await using scene = await makeScene();
    const topics = await scene.values("help", "");
    expect(topics).toEqual(expect.arrayContaining([...Object.keys(TOPICS), "register", "worktree"]));
    expect(topics).toEqual([...new Set(topics)]);
    expect(await scene.values("help", "worktree", "")).toEqual(await scene.values("worktree", ""));
    expect(await scene.values("help", "worktree", "remove", "")).toEqual([]);
  });
});

describe("where", () => {
  test("a directory is expected the shell offers its own", async () => {
    await using scene = await makeScene();
    expect(await scene.offer("status", "--repo", "")).toMatchObject({ shell: "directories", candidates: [] });
    expect(await scene.offer("undo", "--to=")).toMatchObject({ shell: "directories", inline: "--to=" });
  });

  test("a choice is expected its words are offered", async () => {
    await using scene = await makeScene();
    expect(await scene.values("completions", "")).toEqual(["bash", "zsh", "fish"]);
  });

  test("nothing is left but flags, these are offered, and behind -- not even they", async () => {
    await using scene = await makeScene();
    expect(await scene.values("doctor", "")).toEqual(["--sandbox", ...COMMON]);
    expect(await scene.values("doctor", "--", "")).toEqual([]);
    expect(await scene.values("doctor", "x")).toEqual([]);
  });

  test("a value begins with a dash it is offered only where it would not be read as a flag", async () => {
    await using scene = await makeScene();
    await scene.repo.git("update-ref", "refs/heads/-x", "HEAD");
    expect(await scene.values("merge", "check", "")).toEqual(["main"]);
    expect(await scene.values("register", "--base", "")).toEqual(["main"]);
    expect(await scene.values("register", "--base=")).toEqual(["-x", "main"]);
    expect(await scene.values("merge", "check", "--", "")).toEqual(["-x", "main"]);
  });

  test("a flag takes no value there is none to offer", async () => {
    await using scene = await makeScene();
    expect(await scene.values("status", "--watch=")).toEqual([]);
    expect(await scene.values("status", "--no-such=")).toEqual([]);
  });
});

test("a name with control characters is never offered", async () => {
  await using scene = await makeScene();
  await scene.start();
  for (const name of ["plain", "red\x1b[31m", "two\nlines", "tab\tbed", "\u202eleft"]) {
    await scene.repo.git("worktree", "add", "--quiet", "--detach", `../trees/${name}`);
    await scene.start({ cwd: scene.place.at("trees", name) });
  }
  expect(await scene.values("worktree", "resume", "")).toEqual(["plain"]);
});

describe("claude-parallel", () => {
  const ask = async (...words: string[]) => {
    await using scene = await makeScene();
    return await offerFor(scene.world, {
      program: "claude-parallel",
      before: words.slice(0, -1),
      current: words.at(-1) ?? "",
    });
  };

  test("offers the flags that its own help has, beside claude's", async () => {
    const offer = await ask("--");
    const help = (await Bun.file(SCRIPT).text()).split("\nTEXT\n")[0] ?? "";
    const own = [...help.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, name = ""]) => name);
    expect(own.length).toBeGreaterThan(3);
    expect(offer.shell).toBe("claude");
    expect(offer.candidates.map(({ value }) => value)).toEqual(own);
    expect((await ask("--name", "x", "--base=main", "-")).candidates.map(({ value }) => value)).toEqual(own.slice(2));
  });

  test("offers values of its own flags, and leaves all else to claude", async () => {
    expect(await ask("--base", "")).toMatchObject({ candidates: [{ value: "main" }] });
    expect((await ask("--base", "")).shell).toBeUndefined();
    expect((await ask("--name", "")).shell).toBeUndefined();
    for (const words of [[""], ["mcp", ""], ["--model", ""], ["--", "--"], ["--model=x"]]) {
      expect(await ask(...words)).toMatchObject({ shell: "claude", candidates: [] });
    }
  });
});

describe("asking", () => {
  test("makes no data directory, and changes nothing there", async () => {
    await using place = await makePlace();
    const repo = await makeRepo(place);
    await using world = testWorld(place, { cwd: repo.path });
    for (const words of [
      ["release", "--session-id", ""],
      ["undo", ""],
      ["worktree", "remove", ""],
      ["config", "get", ""],
    ]) {
      await completionsFor(world, ["bash", "parallel-cc", "--", `parallel-cc ${words.join(" ")}`, " :", "9"]);
    }
    expect((await readdir(place.home)).filter((name) => name !== ".gitconfig-of-tests")).toEqual([]);
  });

  test.each([[[]], [["tcsh"]], [["toString", "parallel-cc", "--", ""]]])("%j gets no answer", async (argv) => {
    await using scene = await makeScene();
    expect(await completionsFor(scene.world, argv)).toBe("");
    expect(await complete(argv)).toBe(0);
  });
});

describe("bash", () => {
  test("gets what begins with the last word, as it is to stand in the line", async () => {
    await using scene = await makeScene();
    const ask = (line: string, type = "9") =>
      completionsFor(scene.world, ["bash", "parallel-cc", "--", line, " \"'@><=;|&(:", type]);
    await scene.repo.git("branch", "it's");
    expect(await ask("parallel-cc reg")).toBe("words command\nregister\n");
    expect(await ask("parallel-cc register --base=i")).toBe(
      "words Where a new worktree starts (default: the current commit)\nit\\'s\n",
    );
    expect(await ask("parallel-cc status --json >")).toBe("files\n");
  });

  test("is told what several ids are where it shows a list, and only there", async () => {
    await using scene = await makeScene();
    const first = await scene.start();
    const second = await scene.start({ name: "n".repeat(100) });
    const ask = async (id: string, type: string) => {
      const line = `parallel-cc release --session-id ${id}`;
      return (await completionsFor(scene.world, ["bash", "parallel-cc", "--", line, " ", type]))
        .split("\n")
        .slice(1, -1);
    };
    expect(await ask("", "9")).toEqual([second.id, first.id]);
    expect(await ask("", "37")).toEqual([second.id, first.id]);
    expect(await ask("", "63")).toEqual([`${second.id}  (${"n".repeat(59)}…)`, `${first.id}  (main, repo)`]);
    expect(await ask(first.id, "63")).toEqual([first.id]);
  });
});

test("zsh and fish get the description behind each value, in their own form", async () => {
  await using scene = await makeScene();
  await mkdir(scene.place.at("trees"));
  await scene.repo.git("worktree", "add", "--quiet", "--detach", "../trees/a:b");
  await scene.start();
  await scene.start({ cwd: scene.place.at("trees/a:b") });
  const ask = (shell: string, ...words: string[]) =>
    completionsFor(scene.world, [shell, "parallel-cc", "--", ...words]);
  const what = "words Worktrees, by path, name or branch\n";
  expect(await ask("zsh", "worktree", "remove", "")).toBe(`${what}a\\:b:worktree\n`);
  expect(await ask("fish", "worktree", "remove", "")).toBe(`${what}a:b\tworktree\n`);
  expect(await ask("fish", "register", "--base=m")).toContain("\n--base=main\tbranch\n");
  expect(await ask("zsh", "register", "--base=m")).toContain("\nmain:branch\n");
});

test("asked by no shell that we know, the command line is nothing and 0", async () => {
  expect(await run(["complete"])).toBe(0);
  expect(await run(["complete", "tcsh", "parallel-cc", "--", "st"])).toBe(0);
});
