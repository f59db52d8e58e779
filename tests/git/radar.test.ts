// The radar over live sessions of a real repository.

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PLAIN } from "../../src/cli/terminal.ts";
import { withLock } from "../../src/db/lock.ts";
import type { RadarAnswer } from "../../src/features/radar/answers.ts";
import { nameOf, objectsOf, pruneObjects } from "../../src/features/radar/objects.ts";
import { agentOperations, operations } from "../../src/features/radar/operations.ts";
import { makeRepo, runGit } from "../support/repo.ts";
import { type AtWork, type TwoSessions, twoSessions } from "../support/two-sessions.ts";

const [radarOperation] = operations;

async function radar({ world }: Pick<TwoSessions, "world">, input = {}): Promise<RadarAnswer> {
  return radarOperation?.run(world, input);
}

function write({ known }: AtWork, path: string, text: string): void {
  const file = join(known.worktree_path, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

async function commit(scene: TwoSessions, { known }: AtWork, message: string): Promise<void> {
  const git = (...args: string[]) => runGit(args, { cwd: known.worktree_path, env: scene.place.env() });
  await git("add", "--all");
  await git("commit", "--quiet", "-m", message);
}

const LINES = Array.from({ length: 30 }, (_, at) => `line ${at + 1}\n`);
const numbered = (changes: Record<number, string> = {}) =>
  LINES.map((line, at) => (changes[at + 1] === undefined ? line : `${changes[at + 1]}\n`)).join("");

async function withText(): Promise<TwoSessions> {
  const scene = await twoSessions();
  write(scene.one, "text.txt", numbered());
  await commit(scene, scene.one, "A text");
  await runGit(["merge", "--quiet", "main"], { cwd: scene.two.known.worktree_path, env: scene.place.env() });
  return scene;
}

describe("two sessions", () => {
  test("that changed the same lines and committed nothing conflict, and it says where", async () => {
    await using scene = await withText();
    write(scene.one, "text.txt", numbered({ 10: "of one" }));
    write(scene.two, "text.txt", `new\n${numbered({ 10: "of two", 11: "of two as well" })}`);
    const { pairs, sessions } = await radar(scene);
    expect(sessions.map(({ name, changedFiles }) => [name, changedFiles])).toEqual([
      ["one", 1],
      ["two", 1],
    ]);
    expect(pairs).toEqual([
      {
        ...{ a: scene.one.known.id, b: scene.two.known.id, verdict: "conflict", why: null, fileCount: 1, warnings: [] },
        isOneCheckout: false,
        files: [
          {
            ...{ path: "text.txt", kind: "content" },
            regions: [{ a: { from: 10, to: 11 }, b: { from: 11, to: 12 } }],
          },
        ],
      },
    ]);
  });

  test("that changed the same file elsewhere are of the same files, with the lines that each changed in its own", async () => {
    await using scene = await withText();
    write(scene.one, "text.txt", `new\n${numbered({ 3: "of one", 20: "of both" })}`);
    write(scene.two, "text.txt", numbered({ 20: "of both", 25: "of two", 26: "of two" }).replace("line 12\n", ""));
    const { pairs } = await radar(scene);
    const regions = [
      { a: { from: 1, to: 1 }, b: null },
      { a: { from: 4, to: 4 }, b: null },
      { a: null, b: { from: 12, to: 11 } },
      { a: null, b: { from: 24, to: 25 } },
    ];
    expect(pairs).toMatchObject([{ verdict: "same-files", files: [{ path: "text.txt", kind: "merged", regions }] }]);
  });

  test("of which one renamed the file that the other changed are of the same files, with the lines of both", async () => {
    await using scene = await withText();
    rmSync(join(scene.one.known.worktree_path, "text.txt"));
    write(scene.one, "moved.txt", numbered({ 3: "of one" }));
    write(scene.two, "text.txt", numbered({ 25: "of two" }));
    const [pair] = (await radar(scene)).pairs;
    expect(pair?.files.map(({ path, kind }) => [path, kind])).toEqual([["moved.txt", "merged"]]);
    expect(pair?.files[0]?.regions.toSorted((one) => (one.b === null ? -1 : 1))).toEqual([
      { a: { from: 3, to: 3 }, b: null },
      { a: null, b: { from: 25, to: 25 } },
    ]);
  });

  test("of which one has a link or a directory where the other changed a file: told once, by their branches", async () => {
    await using scene = await withText();
    write(scene.one, "dir", "a file\n");
    await commit(scene, scene.one, "A file");
    await runGit(["merge", "--quiet", "main"], { cwd: scene.two.known.worktree_path, env: scene.place.env() });
    const at = (path: string) => join(scene.two.known.worktree_path, path);
    for (const path of ["text.txt", "dir"]) rmSync(at(path));
    symlinkSync("nowhere", at("text.txt"));
    write(scene.two, "dir/within", "within\n");
    write(scene.one, "text.txt", numbered({ 3: "of one" }));
    write(scene.one, "dir", "a file, changed\n");
    const [pair] = (await radar(scene)).pairs;
    expect(pair?.files.map(({ path, kind }) => [path, kind])).toEqual([
      ["dir~main", "file/directory"],
      ["text.txt", "distinct-types"],
    ]);
    expect(pair?.fileCount).toBe(2);
  });

  test("that changed a file of no text in one place each have no lines of it", async () => {
    await using scene = await withText();
    write(scene.one, ".gitattributes", "*.dat text merge=union\n");
    write(scene.one, "a.dat", "\0\n1\n2\n3\n4\n5\n");
    await commit(scene, scene.one, "Data");
    await runGit(["merge", "--quiet", "main"], { cwd: scene.two.known.worktree_path, env: scene.place.env() });
    write(scene.one, "a.dat", "\0\none\n2\n3\n4\n5\n");
    write(scene.two, "a.dat", "\0\n1\n2\n3\n4\ntwo\n");
    const [pair] = (await radar(scene)).pairs;
    expect(pair?.files.map(({ path, regions }) => [path, regions])).toEqual([["a.dat", []]]);
  });

  test("of which one merges a file by attributes of its own conflict where plain git may, whoever lands first", async () => {
    await using scene = await withText();
    write(scene.two, ".gitattributes", "*.txt merge=union\n");
    for (const nth of [1, 2, 3, 4]) {
      write(scene.one, "text.txt", numbered({ 10: `of one, ${nth}` }));
      write(scene.two, "text.txt", numbered({ 10: `of two, ${nth}` }));
      expect((await radar(scene)).pairs).toMatchObject([
        {
          ...{ verdict: "conflict", fileCount: 1 },
          files: [
            { path: "text.txt", kind: "content", regions: [{ a: { from: 10, to: 10 }, b: { from: 10, to: 10 } }] },
          ],
        },
      ]);
    }
    // With where it is to land as well.
    await commit(scene, scene.one, "One");
    expect((await radar(scene)).targets).toMatchObject([{ verdict: "conflict" }]);
    write(scene.one, ".gitattributes", "*.txt merge=union\n");
    expect((await radar(scene)).pairs[0]?.files.map(({ path, kind }) => [path, kind])).toEqual([
      ["text.txt", "merged"],
    ]);
  });

  test("of which each merges another file by attributes of its own conflict in both, each file with its lines", async () => {
    await using scene = await withText();
    for (const who of [scene.one, scene.two]) {
      const { name } = who.known;
      write(who, `of-${name}/.gitattributes`, "*.txt merge=union\n");
      for (const folder of ["of-one", "of-two"]) write(who, `${folder}/a.txt`, `first\n${name}\n`);
    }
    const [pair] = (await radar(scene)).pairs;
    expect(pair?.files.map(({ path, kind, regions }) => [path, kind, regions.length])).toEqual([
      ["of-one/a.txt", "add/add", 1],
      ["of-two/a.txt", "add/add", 1],
    ]);
  });

  test("that changed other files, or the same in the same way, are clean", async () => {
    await using scene = await withText();
    write(scene.one, "new/one.txt", "one\n");
    write(scene.two, "new/two.txt", "two\n");
    for (const who of [scene.one, scene.two]) write(who, "text.txt", numbered({ 3: "of both" }));
    expect((await radar(scene)).pairs).toMatchObject([{ verdict: "clean", files: [] }]);
  });

  test("that both added a file, or of which one deleted what the other changed, conflict by that kind", async () => {
    await using scene = await withText();
    write(scene.one, "new.txt", "one\n");
    write(scene.two, "new.txt", "two\n");
    rmSync(join(scene.one.known.worktree_path, "text.txt"));
    write(scene.two, "text.txt", numbered({ 3: "of two" }));
    const { pairs } = await radar(scene);
    expect(pairs[0]?.files.map(({ path, kind }) => [path, kind])).toEqual([
      ["new.txt", "add/add"],
      ["text.txt", "modify/delete"],
    ]);
  });

  test("in one checkout are one work: judged once, landed once, and merged with each other clean", async () => {
    await using scene = await withText();
    const beside = await scene.share("beside");
    write(scene.one, "text.txt", numbered({ 10: "of one" }));
    write(scene.two, "text.txt", numbered({ 10: "of two" }));
    const { sessions, pairs, targets, order } = await radar(scene);
    const [one, two, third] = [scene.one, scene.two, beside].map(({ known }) => known.id);
    expect(sessions.map(({ name, changedFiles, sharesCheckoutWith: ids }) => [name, changedFiles, ids])).toEqual([
      ["one", 1, [third ?? ""]],
      ["two", 1, []],
      ["beside", 1, [one ?? ""]],
    ]);
    expect(pairs).toMatchObject([
      { a: one, b: two, verdict: "conflict", isOneCheckout: false },
      { a: one, b: third, verdict: "clean", isOneCheckout: true, files: [] },
    ]);
    expect(targets.map(({ session }) => session)).toEqual([two ?? ""]);
    expect(order).toEqual([
      { session: one ?? "", with: [third ?? ""], meets: [], mayMeet: [], breaks: [] },
      { session: two ?? "", with: [], meets: [one ?? ""], mayMeet: [], breaks: [] },
    ]);
    // Who asks finds its own.
    const asked = await agentOperations[0]?.run(beside.world, {});
    expect(asked).toMatchObject({ pairs: [{ a: third, b: two }, {}], order: [{ session: third, with: [one] }, {}] });
  });
});

describe("the radar", () => {
  test("judges each session against where it is to land", async () => {
    await using scene = await withText();
    write(scene.two, "text.txt", numbered({ 10: "of two" }));
    expect((await radar(scene)).targets).toMatchObject([
      { session: scene.two.known.id, target: "main", verdict: "clean" },
    ]);
    write(scene.one, "text.txt", numbered({ 10: "of one" }));
    await commit(scene, scene.one, "One");
    expect((await radar(scene)).targets).toMatchObject([{ session: scene.two.known.id, verdict: "conflict" }]);
  });

  test("tells an agent which session it is itself", async () => {
    await using scene = await withText();
    const answer = await agentOperations[0]?.run(scene.two.world, {});
    expect(answer.sessions.map((one: { isMine: boolean }) => one.isMine)).toEqual([false, true]);
    expect(answer).not.toHaveProperty("timing");
  });

  test("is of the current directory's repository, else of the caller's session's, and says so", async () => {
    await using scene = await withText();
    const other = await makeRepo(scene.place, { name: "other" });
    const at = async (cwd: string, input = {}) => {
      const answer: RadarAnswer = await radarOperation?.run(scene.two.world.as({ cwd }), input);
      const text = radarOperation?.text(answer, { columns: 80, now: new Date(0), paint: PLAIN }, {}) ?? "";
      return [answer.repoPath, answer.isHere, text.split("\n")[0]];
    };
    const [own, outside] = [scene.repo.path, scene.place.at("outside")];
    mkdirSync(outside);
    expect(await at(other.path)).toEqual([other.path, true, "No live sessions here."]);
    expect(await at(outside)).toEqual([own, false, `In ${own}:`]);
    expect(await at(other.path, { repo: own })).toEqual([own, false, `In ${own}:`]);
    expect(await at(outside, { repo: other.path })).toEqual([other.path, false, `No live sessions in ${other.path}.`]);
    expect((await at(scene.two.known.worktree_path, { repo: own })).slice(0, 2)).toEqual([own, true]);
    // An agent's tool is about its own.
    expect(await agentOperations[0]?.run(scene.two.world.as({ cwd: other.path }), {})).toMatchObject({ repoPath: own });
  });

  test("lists all files in its answer, and for an agent some with how many there are", async () => {
    await using scene = await withText();
    for (let nth = 0; nth < 60; nth++) {
      write(scene.one, `many/${nth}.txt`, "one\n");
      write(scene.two, `many/${nth}.txt`, "two\n");
    }
    const [pair] = (await radar(scene)).pairs;
    expect([pair?.files.length, pair?.fileCount]).toEqual([60, 60]);
    const asked = await agentOperations[0]?.run(scene.two.world, {});
    expect(asked.pairs[0].fileCount).toBe(60);
    expect(asked.pairs[0].files).toHaveLength(50);
  });

  test("merges only what has changed since", async () => {
    await using scene = await withText();
    const three = await scene.start("three");
    write(three, "three.txt", "three\n");
    write(scene.one, "text.txt", numbered({ 3: "of one" }));
    write(scene.two, "text.txt", numbered({ 25: "of two" }));
    expect((await radar(scene)).timing.merged).toBeGreaterThan(0);
    expect((await radar(scene)).timing.merged).toBe(0);
    write(three, "three.txt", "three, changed\n");
    // With one, with two, and with main.
    expect((await radar(scene)).timing.merged).toBe(3);
  });

  test("turns what was found when the same two are asked the other way round", async () => {
    await using scene = await withText();
    write(scene.one, "text.txt", numbered({ 10: "of one" }));
    write(scene.two, "text.txt", `new\n${numbered({ 10: "of two" })}`);
    const [first] = (await radar(scene)).pairs;
    write(scene.one, "text.txt", `new\n${numbered({ 10: "of two" })}`);
    write(scene.two, "text.txt", numbered({ 10: "of one" }));
    const [second] = (await radar(scene)).pairs;
    const regions = first?.files[0]?.regions.map(({ a, b }) => ({ a: b, b: a }));
    expect(second?.files[0]?.regions).toEqual(regions ?? []);
  });

  test("orders them so that as many as can land untouched do, those that change least first", async () => {
    await using scene = await withText();
    const three = await scene.start("three");
    // One conflicts with both others, which do not conflict with each other.
    write(scene.one, "text.txt", numbered({ 3: "of one", 25: "of one" }));
    write(scene.two, "text.txt", numbered({ 3: "of two" }));
    write(scene.two, "more.txt", "more\n");
    write(three, "text.txt", numbered({ 25: "of three" }));
    const { order } = await radar(scene);
    expect(order).toEqual([
      { session: three.known.id, with: [], meets: [], mayMeet: [], breaks: [] },
      { session: scene.two.known.id, with: [], meets: [], mayMeet: [], breaks: [] },
      { session: scene.one.known.id, with: [], meets: [three.known.id, scene.two.known.id], mayMeet: [], breaks: [] },
    ]);
  });

  test("says of a checkout that is gone that it could not be seen, and still tells of the others", async () => {
    await using scene = await withText();
    const three = await scene.start("three");
    rmSync(three.known.worktree_path, { recursive: true });
    write(scene.one, "text.txt", numbered({ 10: "of one" }));
    write(scene.two, "text.txt", numbered({ 10: "of two" }));
    const { pairs, sessions } = await radar(scene);
    expect(pairs.map(({ verdict }) => verdict)).toEqual(["conflict", "unknown", "unknown"]);
    expect(sessions[2]?.error).toContain("no checkout");
  });

  test("runs no merge driver or filter of the repository: where one decides, nobody can tell", async () => {
    await using scene = await withText();
    const ran = scene.place.at("ran");
    write(scene.one, ".gitattributes", "*.txt merge=own filter=own\n");
    await commit(scene, scene.one, "Attributes");
    await runGit(["merge", "--quiet", "main"], { cwd: scene.two.known.worktree_path, env: scene.place.env() });
    for (const key of ["merge.own.driver", "filter.own.clean", "filter.own.smudge"]) {
      await scene.repo.git("config", key, `touch '${ran}'; exit 0`);
    }
    write(scene.one, "text.txt", numbered({ 10: "of one" }));
    write(scene.two, "text.txt", numbered({ 25: "of two" }));
    const { pairs } = await radar(scene);
    expect(pairs).toMatchObject([{ verdict: "unknown", why: expect.stringContaining("merge driver") }]);
    expect(existsSync(ran)).toBe(false);
    // What could not be told is asked again.
    expect((await radar(scene)).timing.merged).toBeGreaterThan(0);
  });

  test("tells of names with newlines and escape sequences, and shows people none of these", async () => {
    await using scene = await withText();
    const path = "odd\nname \u001b[31m.txt";
    write(scene.one, path, "one\n");
    write(scene.two, path, "two\n");
    const answer = await radar(scene);
    expect(answer.pairs[0]?.files).toMatchObject([{ path, kind: "add/add" }]);
    const shown = { columns: 80, now: new Date(0), paint: PLAIN };
    expect(radarOperation?.text(answer, shown, {})).toContain("odd\\nname \\u{1b}[31m.txt");
  });

  test("of a shallow clone says what it can, and of the rest that it cannot be told", async () => {
    await using scene = await withText();
    write(scene.one, "text.txt", numbered({ 10: "of one" }));
    await commit(scene, scene.one, "One");
    write(scene.two, "text.txt", numbered({ 10: "of two" }));
    await commit(scene, scene.two, "Two");
    const tip = await scene.repo.git("rev-parse", "main");
    const other = await scene.repo.git("rev-parse", scene.two.known.branch ?? "");
    writeFileSync(join(scene.repo.path, ".git/shallow"), `${[tip, other].sort().join("\n")}\n`);
    const { pairs } = await radar(scene);
    expect(pairs.map(({ verdict }) => verdict)).not.toContain("clean");
  });

  test("begins anew when what it kept was pruned", async () => {
    await using scene = await withText();
    write(scene.one, "text.txt", numbered({ 10: "of one" }));
    write(scene.two, "text.txt", numbered({ 10: "of two" }));
    const before = await radar(scene);
    scene.world.pass(10 * 24 * 3_600_000);
    pruneObjects(scene.world, "another repository");
    const after = await radar(scene);
    expect(after.pairs).toEqual(before.pairs);
  });

  test("keeps no more than so much of a repository, and what it drops is made anew", async () => {
    await using scene = await withText();
    write(scene.two, "text.txt", numbered({ 10: "of two" }));
    const before = await radar(scene);
    const { own } = objectsOf(scene.world, join(scene.repo.path, ".git"));
    mkdirSync(join(own, "aa"), { recursive: true });
    for (let at = 0; at <= 100; at++) writeFileSync(join(own, "aa", String(at)), "");
    expect(await radar(scene)).toMatchObject({ pairs: before.pairs });
    expect(existsSync(own)).toBe(false);
    expect(await radar(scene)).toMatchObject({ pairs: before.pairs });
    expect(existsSync(own)).toBe(true);
  });

  test.each(["IMMEDIATE", "EXCLUSIVE"])("answers whole while another process holds the database %s", async (how) => {
    await using scene = await withText();
    write(scene.one, "text.txt", numbered({ 10: "of one" }));
    write(scene.two, "text.txt", numbered({ 10: "of two" }));
    const db = await scene.world.db();
    using other = new Database(db.file);
    other.run(`BEGIN ${how}`);
    expect((await radar(scene)).pairs).toMatchObject([{ verdict: "conflict" }]);
    expect((await radar(scene, { unattended: true, repo: scene.repo.path })).sessions).toHaveLength(2);
    other.run("COMMIT");
    // Nothing could be remembered.
    expect((await radar(scene)).timing.merged).toBeGreaterThan(0);
    expect((await radar(scene)).timing.merged).toBe(0);
  });

  test("in the background ends at once while another process is at it", async () => {
    await using scene = await withText();
    const lock = join(scene.world.paths.locks, `${nameOf(join(scene.repo.path, ".git"))}.radar.lock`);
    const started = () => radar(scene, { unattended: true, repo: scene.repo.path });
    expect((await withLock(scene.world, lock, started)).sessions).toEqual([]);
    expect((await started()).sessions).toHaveLength(2);
  });

  test("in the background only remembers what each stands at", async () => {
    await using scene = await withText();
    write(scene.one, "text.txt", numbered({ 10: "of one" }));
    const answer = await radar(scene, { unattended: true, repo: scene.repo.path });
    expect(answer).toMatchObject({ pairs: [], targets: [] });
    expect(answer.sessions.map(({ snapshot }) => snapshot)).toEqual(
      (await radar(scene)).sessions.map(({ snapshot }) => snapshot),
    );
  });
});

test("people see a matrix, what each pair meets, and the order", async () => {
  await using scene = await withText();
  const three = await scene.start("three");
  write(scene.one, "text.txt", numbered({ 10: "of one" }));
  write(scene.two, "text.txt", numbered({ 10: "of two" }));
  write(three, "text.txt", numbered({ 25: "of three" }));
  const answer = await radar(scene);
  const shown = (columns: number) => {
    const text = radarOperation?.text(answer, { columns, now: new Date(0), paint: PLAIN }, {}) ?? "";
    return text.replaceAll(/parallel-\S+/g, "parallel-x").replaceAll(/\d+ ms/g, "0 ms");
  };
  expect(shown(80)).toContain(`
1 one (this)  main                   x  =
2 two  parallel-x      x     =    .
3 three  parallel-x  =  =       .
`);
  expect(shown(80)).toContain(`
one x two: 1 file in conflict
  text.txt  content  one 10, two 10

= changed by several, and it merges but for what is told above:
  text.txt  one 10; three 25; two 10
`);
  expect(shown(80)).toContain("\n. clean   = same files, merges   x conflict\n");
  expect(shown(80)).toContain("Land in this order: one, three, two (meets one).");
  // Where it does not fit there is none, and the pairs all the same.
  expect(shown(20)).toStartWith("one x two: 1 file in conflict\n");
});

test("people see those who share a checkout as one, and what its sign stands for", async () => {
  await using scene = await withText();
  await scene.share("beside");
  write(scene.one, "text.txt", numbered({ 10: "of one" }));
  write(scene.two, "text.txt", numbered({ 10: "of two" }));
  const text = radarOperation?.text(await radar(scene), { columns: 80, now: new Date(0), paint: PLAIN }, {}) ?? "";
  const shown = text.replaceAll(/parallel-two-\S+/g, "parallel-two");
  expect(shown).toContain(`
1 one (this)  main               x  &
2 two  parallel-two  x     x    .
3 beside  main                &  x
. clean   x conflict   & one checkout, one work
`);
  expect(shown).toContain("\none & beside x two: 1 file in conflict\n");
  expect(shown.match(/file in conflict/g)).toHaveLength(1);
  expect(shown).toContain("Land in this order: one & beside, two (meets one & beside).");
});

test("people see conflicts first, then broken names, what could not be told, and what merges in few lines", async () => {
  await using scene = await withText();
  const rest = await Promise.all(["three", "four"].map((name) => scene.start(name)));
  const all = [scene.one, scene.two, ...rest];
  for (let nth = 0; nth < 14; nth++) write(scene.one, `many/${nth}.txt`, numbered());
  write(scene.one, "api.ts", "export function load() {}\nexport function save() {}\n");
  await commit(scene, scene.one, "Many");
  for (const { known } of all.slice(1)) {
    await runGit(["merge", "--quiet", "main"], { cwd: known.worktree_path, env: scene.place.env() });
  }
  for (let nth = 0; nth < 14; nth++) {
    all.forEach((who, at) => {
      write(who, `many/${nth}.txt`, numbered({ [3 + 5 * at]: `of ${at}` }));
    });
  }
  const [, two, three, four] = all;
  if (two === undefined || three === undefined || four === undefined) throw new Error("too few");
  for (const who of [two, three]) write(who, "text.txt", numbered({ 10: who.known.id }));
  write(two, "api.ts", "export function save() {}\n");
  write(four, "use.ts", 'import { load } from "./api";\nload();\n');
  rmSync(join(three.known.worktree_path, ".git"));
  const page = { columns: 80, now: new Date(0), paint: PLAIN };
  const gone = await radar(scene);
  const text = radarOperation?.text(gone, page, {}) ?? "";
  const order = [
    "two ! four: merges, and does not hold",
    "one ? three:",
    "= changed by several, and it merges:",
    "Land in this",
  ];
  expect(order.map((part) => text.indexOf(part)).toSorted((a, b) => a - b)).toEqual(
    order.map((part) => text.indexOf(part)),
  );
  expect(text).toContain("\n  many/0.txt  one 3; two 8; four 18\n");
  expect(text).toContain("\n  … and 4 more\n");
  expect(text.match(/many\/0.txt/g)).toHaveLength(1);
  expect(gone.pairs.flatMap(({ files }) => files).length).toBe(3 * 14);
  expect(text).toMatch(/(two|four) \(meets [^;)]+; ! with (two|four)\)|(two|four) \(! with (two|four)\)/);
});

test("people see of very many conflicts some, their own first, and how many there are", async () => {
  await using scene = await withText();
  const rest = [];
  for (const name of ["three", "four", "five", "six", "seven"]) rest.push(await scene.start(name));
  const all = [scene.one, scene.two, ...rest];
  for (const who of all) for (let nth = 0; nth < 12; nth++) write(who, `many/${nth}.txt`, `${who.known.id}\n`);
  const answer: RadarAnswer = await radarOperation?.run(scene.two.world, {});
  const text = radarOperation?.text(answer, { columns: 80, now: new Date(0), paint: PLAIN }, {}) ?? "";
  expect(text.split("\n").length).toBeLessThan(90);
  const heads = [...text.matchAll(/^\w+ x \w+/gm)].map(([head]) => head);
  expect(heads).toEqual(["one x two", "two x three", "two x four"]);
  expect(text).toContain("\n… and 18 more pairs in conflict; --json has all\n");
  expect(text).toContain("seven (meets one, two, three, four and 2 more).");
});
