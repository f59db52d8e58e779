// What a command of the shell wrote, by what stands changed in the checkout after it and did not before.

import { describe, expect, test } from "bun:test";
import { rmSync, statSync } from "node:fs";
import { v } from "../../src/core/shape.ts";
import { endSession } from "../../src/features/roster/roster.ts";
import { rememberCheckout } from "../../src/features/writes/writes.ts";
import { makeLooks, type Scene } from "../support/looks.ts";
import { makePrograms } from "../support/programs.ts";
import { testWorld } from "../support/world.ts";

const looks = ({ db }: Scene) =>
  db.all(v.object({ seen: v.string(), looked_at: v.string() }), "SELECT seen, looked_at FROM checkout_looks");

describe("a file counts", () => {
  test("when it is edited, and only once", async () => {
    await using scene = await makeLooks({ files: 3 });
    expect(await scene.wrote("echo more >> file-0.txt")).toEqual(["file-0.txt"]);
    expect(await scene.wrote("true")).toEqual([]);
  });

  test("when it is new, in new directories too, each by its name", async () => {
    await using scene = await makeLooks();
    expect(await scene.wrote("mkdir -p a/b && touch a/one a/b/two")).toEqual(["a/b/two", "a/one"]);
    expect(await scene.wrote("touch a/b/three")).toEqual(["a/b/three"]);
  });

  test("when it is deleted, be it git's or new", async () => {
    await using scene = await makeLooks({ before: "touch new" });
    expect(await scene.wrote("rm file-0.txt new")).toEqual(["file-0.txt", "new"]);
  });

  test("when it gets another name, by both", async () => {
    await using scene = await makeLooks();
    expect(await scene.wrote("mv file-0.txt other.txt")).toEqual(["file-0.txt", "other.txt"]);
    expect(await scene.wrote("mv other.txt third.txt")).toEqual(["other.txt", "third.txt"]);
  });

  test("when it becomes a program, or a link", async () => {
    await using scene = await makeLooks({ files: 2 });
    expect(await scene.wrote("chmod +x file-0.txt")).toEqual(["file-0.txt"]);
    expect(await scene.wrote("ln -sf /nowhere folder-0/file-1.txt")).toEqual(["folder-0/file-1.txt"]);
  });

  test("when it was changed before, and is written again", async () => {
    await using scene = await makeLooks({ files: 2, before: "echo before | tee file-0.txt folder-0/file-1.txt new" });
    expect(await scene.wrote("echo again >> file-0.txt && echo again >> new")).toEqual(["file-0.txt", "new"]);
  });

  test("when it is as long as before and written in the same moment", async () => {
    await using scene = await makeLooks();
    for (const word of ["one", "two", "six", "ten"]) {
      expect(await scene.wrote(`echo ${word} > file-0.txt`)).toEqual(["file-0.txt"]);
    }
  });

  test("when it was written while nobody looked", async () => {
    await using scene = await makeLooks({ files: 2 });
    await scene.run("echo more >> file-0.txt");
    expect(await scene.wrote("echo more >> folder-0/file-1.txt")).toEqual(["file-0.txt", "folder-0/file-1.txt"]);
  });
});

describe("a file does not count", () => {
  test("when it was changed before the session began", async () => {
    await using scene = await makeLooks({ before: "echo before | tee file-0.txt new" });
    expect(await scene.wrote("cat file-0.txt new")).toEqual([]);
  });

  test("when git ignores it", async () => {
    await using scene = await makeLooks({ before: "echo '*.log' > .gitignore" });
    expect(await scene.wrote("mkdir -p logs && touch a.log logs/b.log")).toEqual([]);
  });

  test("when it is as it was in the commit again", async () => {
    await using scene = await makeLooks({ before: "echo before >> file-0.txt" });
    expect(await scene.wrote("git checkout -q -- file-0.txt")).toEqual([]);
  });

  test("when it is only touched", async () => {
    await using scene = await makeLooks();
    expect(await scene.wrote("touch file-0.txt")).toEqual([]);
  });
});

describe("names", () => {
  const ODD = [
    "-rf",
    "a b",
    'qu"ote',
    "line\nbreak",
    "tab\there",
    "ünïcode-✓",
    "constructor",
    "__proto__",
    "a\\b",
    "\uFEFFbom",
  ];

  test("come as they are, whatever is in them", async () => {
    await using scene = await makeLooks();
    for (const name of ODD) await Bun.write(`${scene.top}/${name}`, "new\n");
    expect(await scene.wrote("true")).toEqual([...ODD].sort());
    expect(await scene.wrote("true")).toEqual([]);
    for (const name of ODD) await Bun.write(`${scene.top}/${name}`, "again\n");
    expect(await scene.wrote("git add -A && git commit -q -m odd")).toEqual([...ODD].sort());
  });

  test("that are no text are counted", async () => {
    await using scene = await makeLooks();
    expect(await scene.wrote(`touch "$(printf 'caf\\351')" plain`)).toEqual(["plain", "+1"]);
    expect(await scene.wrote("true")).toEqual([]);
  });

  test("beyond 200 are counted", async () => {
    await using scene = await makeLooks();
    await scene.run("for i in $(seq 1 207); do touch new-$i; done");
    const found = await scene.look();
    expect([found?.files.length, found?.more]).toEqual([200, 7]);
  });
});

describe("a repository inside", () => {
  test("is told of once, by its path, whatever happens in it", async () => {
    await using scene = await makeLooks();
    expect(await scene.wrote("git init -q inner && touch inner/file")).toEqual(["inner"]);
    expect(await scene.wrote("touch inner/other && git -C inner add . && git -C inner commit -q -m in")).toEqual([]);
  });

  test("that is a submodule is told of when it comes to another commit", async () => {
    await using scene = await makeLooks({
      before: `git init -q ../module && git -C ../module commit -q --allow-empty -m one &&
        git -c protocol.file.allow=always submodule --quiet add ../module sub && git commit -q -m sub`,
    });
    expect(await scene.wrote("touch sub/file")).toEqual([]);
    expect(await scene.wrote("git -C sub commit -q --allow-empty -m two")).toEqual(["sub"]);
    expect(await scene.wrote("git -C sub commit -q --allow-empty -m three")).toEqual([]);
  });
});

describe("what was seen", () => {
  test("is not written again while nothing changes", async () => {
    await using scene = await makeLooks({ before: "echo before >> file-0.txt" });
    const [first] = looks(scene);
    await scene.wrote("cat file-0.txt");
    expect(looks(scene)).toEqual([first ?? expect.anything()]);
  });

  test("is told of until somebody says that it is noted", async () => {
    await using scene = await makeLooks();
    await scene.run("echo more >> file-0.txt");
    expect((await scene.look())?.files).toEqual(["file-0.txt"]);
    const again = await scene.look();
    expect(again?.files).toEqual(["file-0.txt"]);
    again?.remember();
    expect((await scene.look())?.files).toEqual([]);
  });

  test("by another look at the same time is told of by both at most, and lost by none", async () => {
    await using scene = await makeLooks({ files: 300 });
    for (let round = 0; round < 5; round++) {
      await scene.run(`echo ${round} >> file-0.txt && git add -A && touch new-${round}`);
      const found = await Promise.all([1, 2, 3, 4].map(() => scene.look()));
      for (const one of found) one?.remember();
      const names = new Set(found.flatMap((one) => one?.files ?? []));
      expect([...names].sort()).toEqual(["file-0.txt", `new-${round}`]);
      expect(await scene.wrote("true")).toEqual([]);
    }
  });

  test("goes with its session, and its index at the next one's first look", async () => {
    await using scene = await makeLooks();
    const { db, own, world, place } = scene;
    await scene.run("echo more >> file-0.txt");
    const found = await scene.look();
    db.write((now) => endSession(db, { id: own.id, by: "release", fate: "none" }, now));
    found?.remember();
    expect(looks(scene)).toEqual([]);
    const left = () => [...new Bun.Glob("*").scanSync({ cwd: world.paths.looks, dot: true })];
    expect(left()).not.toEqual([]);
    rmSync(place.at("home/.parallel-cc/coordinator.db"), { force: true });
    await using later = testWorld(place, { cwd: scene.top });
    const other = await later.db();
    await rememberCheckout(later, other, { id: "later", worktree_path: scene.top });
    expect(left()).toEqual([]);
  });

  test("is kept from others' eyes", async () => {
    await using scene = await makeLooks();
    expect(statSync(scene.world.paths.looks).mode & 0o777).toBe(0o700);
  });

  test("before stays so when the session's conversation starts anew", async () => {
    await using scene = await makeLooks();
    await scene.run("echo more >> file-0.txt");
    await rememberCheckout(scene.world, scene.db, scene.own);
    expect((await scene.look())?.files).toEqual(["file-0.txt"]);
  });
});

describe("nothing is seen, and nothing fails", () => {
  test("where the directory is gone, or is no repository any more", async () => {
    await using scene = await makeLooks();
    rmSync(`${scene.top}/.git`, { recursive: true });
    expect(await scene.look()).toBeUndefined();
    rmSync(scene.top, { recursive: true });
    expect(await scene.look()).toBeUndefined();
  });

  test("where what is left of it stands in another repository", async () => {
    await using scene = await makeLooks({
      at: "repo/inner",
      before: "git init -q inner && git -C inner commit -q --allow-empty -m in",
    });
    rmSync(`${scene.top}/.git/HEAD`);
    expect(await scene.look()).toBeUndefined();
  });

  test("where git is not there, or does not open the repository", async () => {
    await using scene = await makeLooks();
    await using without = testWorld(scene.place, { env: { PATH: "/nonexistent" } });
    expect(await scene.look({ git: without.git })).toBeUndefined();
    await scene.git("config", "core.repositoryFormatVersion", "99");
    expect(await scene.look()).toBeUndefined();
  });

  test("where git does not say what was committed, which is told later", async () => {
    await using scene = await makeLooks();
    const mute = await makePrograms(scene.place, {
      git: { sh: 'case "$*" in *diff-tree*) exit 1 ;; esac; exec "$REAL_GIT" "$@"' },
    });
    const env = { REAL_GIT: Bun.which("git") ?? "" };
    await using muted = testWorld(scene.place, { path: [mute.folder], env });
    await scene.run("echo more >> file-0.txt && git commit -q -a -m more");
    expect(await scene.look({ git: muted.git })).toBeUndefined();
    expect((await scene.look())?.files).toEqual(["file-0.txt"]);
  });

  test("where the data directory may not be written", async () => {
    await using scene = await makeLooks();
    const paths = { ...scene.world.paths, looks: "/dev/null/looks" };
    expect(await scene.look({ paths })).toBeUndefined();
  });

  test("where too much stands changed to be kept in mind", async () => {
    await using scene = await makeLooks();
    await scene.run("mkdir junk && cd junk && seq 1 20001 | xargs touch");
    expect(await scene.look()).toBeUndefined();
    await scene.run("rm -r junk");
    expect(await scene.look()).toBeUndefined();
    expect((await scene.look({ now: () => new Date(Date.now() + 31 * 60_000) }))?.files).toEqual([]);
  });

  test("where git takes too long, and it is let alone for half an hour then", async () => {
    await using scene = await makeLooks();
    const slow = await makePrograms(scene.place, { git: { sleepMs: 60_000 } });
    await using slowly = testWorld(scene.place, { path: [slow.folder] });
    await scene.run("echo more >> file-0.txt");
    expect(await scene.look({ git: slowly.git })).toBeUndefined();
    expect(await scene.look({ git: slowly.git })).toBeUndefined();
    expect(await slow.calls("git")).toHaveLength(1);
    expect(await scene.look()).toBeUndefined();
    const later = () => new Date(Date.now() + 31 * 60_000);
    expect((await scene.look({ now: later }))?.files).toEqual(["file-0.txt"]);
  });
});
