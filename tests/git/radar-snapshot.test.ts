// All of a checkout's work as one commit that is nowhere in its repository.

import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { objectsEnv, objectsOf } from "../../src/features/radar/objects.ts";
import { type Snapshot, snapshotOf } from "../../src/features/radar/snapshot.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makeRepo, type Repo, type RepoInput, runGit } from "../support/repo.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

interface Scene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  world: TestWorld;
  write(path: string, text: string): void;
  take(before?: Snapshot): Promise<Snapshot>;
  /** git that also reads what is ours. */
  seen(...args: string[]): Promise<string>;
}

async function makeScene(input: RepoInput = {}): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place, { files: 3, ...input });
  const world = stack.use(testWorld(place, { cwd: repo.path }));
  const objects = objectsOf(world, join(repo.path, ".git"));
  const owned = stack.move();
  return {
    ...{ place, repo, world },
    write: (path, text) => {
      mkdirSync(join(repo.path, path, ".."), { recursive: true });
      writeFileSync(join(repo.path, path), text);
    },
    take: async (before) => snapshotOf(world, await world.db(), { top: repo.path, objects, before }),
    seen: (...args) => runGit(args, { cwd: repo.path, env: { ...place.env(), ...objectsEnv(objects) } }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Every file below, with what it holds and its times, in one text. */
function printOf(directory: string): string {
  const lines = readdirSync(directory, { recursive: true, encoding: "utf8" })
    .sort()
    .map((path) => {
      const full = join(directory, path);
      const stats = lstatSync(full, { bigint: true });
      const held = stats.isFile() ? Bun.hash(readFileSync(full)) : stats.isSymbolicLink() ? readlinkSync(full) : "";
      // Reading changes no time. But git renews that of an object which it would write and which is there already.
      const times = path.startsWith(".git/objects/") ? "" : `${stats.mtimeNs} ${stats.ctimeNs}`;
      return `${path} ${stats.mode} ${stats.size} ${times} ${held}`;
    });
  return lines.join("\n");
}

describe("a snapshot", () => {
  test("is all that is staged, changed and untracked on top of HEAD, and nothing that git ignores", async () => {
    await using scene = await makeScene();
    const { repo, write } = scene;
    write(".gitignore", "*.log\nbuild/\n");
    write("file-0.txt", "changed\n");
    write("staged.txt", "staged\n");
    await repo.git("add", "staged.txt");
    write("staged.txt", "staged, and changed again\n");
    write("new/one.txt", "untracked\n");
    write("debug.log", "ignored");
    write("build/x.txt", "ignored");
    rmSync(join(repo.path, "folder-0/file-1.txt"));
    symlinkSync("nowhere", join(repo.path, "link"));
    const taken = await scene.take();
    expect(await scene.seen("ls-tree", "-r", "--name-only", taken.commit)).toBe(
      [".gitignore", "file-0.txt", "folder-0/file-2.txt", "link", "new/one.txt", "staged.txt"].join("\n"),
    );
    expect(await scene.seen("show", `${taken.commit}:staged.txt`)).toBe("staged, and changed again");
    expect(await scene.seen("show", `${taken.commit}:link`)).toBe("nowhere");
    expect(await scene.seen("rev-parse", `${taken.commit}^`)).toBe(await repo.git("rev-parse", "HEAD"));
  });

  test("has a link where a directory was, and nothing of what it leads to", async () => {
    await using scene = await makeScene();
    const { repo, place } = scene;
    rmSync(join(repo.path, "folder-0"), { recursive: true });
    mkdirSync(place.at("elsewhere"));
    writeFileSync(place.at("elsewhere/file-1.txt"), "nobody's\n");
    symlinkSync(place.at("elsewhere"), join(repo.path, "folder-0"));
    const { commit } = await scene.take();
    expect(await scene.seen("ls-tree", "-r", "--name-only", commit)).toBe("file-0.txt\nfolder-0");
  });

  test("of a checkout where nothing stands changed is its HEAD", async () => {
    await using scene = await makeScene();
    const head = await scene.repo.git("rev-parse", "HEAD");
    expect(await scene.take()).toMatchObject({ commit: head, head });
  });

  test("of the same work is the same commit, made anew or not", async () => {
    await using scene = await makeScene();
    scene.write("new.txt", "new\n");
    const first = await scene.take();
    const again = await scene.take();
    expect(again.commit).toBe(first.commit);
    expect(await scene.take(first)).toEqual(first);
    scene.write("new.txt", "newer\n");
    const later = await scene.take(first);
    expect(later.commit).not.toBe(first.commit);
    scene.write("new.txt", "new\n");
    expect((await scene.take(later)).commit).toBe(first.commit);
  });

  test("is a second younger than HEAD, so that git finds soon where two parted", async () => {
    await using scene = await makeScene();
    scene.write("new.txt", "new\n");
    const { commit } = await scene.take();
    const times = await scene.seen("rev-list", "--no-commit-header", "--format=%ct %at", commit);
    const [own, head] = times.split("\n").map((line) => line.split(" ").map(Number));
    expect(own).toEqual([(head?.[0] ?? 0) + 1, (head?.[0] ?? 0) + 1]);
  });

  test("that was taken before is made anew when its commit was pruned", async () => {
    await using scene = await makeScene();
    scene.write("new.txt", "new\n");
    const first = await scene.take();
    rmSync(objectsOf(scene.world, join(scene.repo.path, ".git")).own, { recursive: true });
    await scene.take(first);
    expect(await scene.seen("show", `${first.commit}:new.txt`)).toBe("new");
  });

  test("leaves every byte of the checkout and its repository as it is, while its user goes on writing", async () => {
    await using scene = await makeScene({ files: 300 });
    const { repo, write } = scene;
    write("file-0.txt", "changed\n");
    write("staged.txt", "staged\n");
    await repo.git("add", "staged.txt");
    const before = printOf(repo.path);
    const first = await scene.take();
    expect(printOf(repo.path)).toBe(before);
    const commits = new Set([first.commit]);
    let last = first;
    for (let round = 0; round < 10; round++) {
      // Beside what is looked at; so all but this one file must stay as it is.
      const writing = (async () => {
        for (let line = 0; line < 20; line++) {
          appendFileSync(join(repo.path, "growing.txt"), `${round} ${line}\n`);
          await Bun.sleep(0);
        }
      })();
      last = await scene.take(last);
      await writing;
      commits.add(last.commit);
    }
    rmSync(join(repo.path, "growing.txt"));
    // The top's own times are the writer's.
    expect(printOf(repo.path)).toBe(before);
    expect(commits.size).toBeGreaterThan(1);
    await repo.git("fsck", "--strict");
  });

  test("has names with newlines, quotes and bytes that are no text", async () => {
    await using scene = await makeScene();
    scene.write('a\nb "c"\t.txt', "odd\n");
    writeFileSync(Buffer.concat([Buffer.from(`${scene.repo.path}/`), Buffer.from([0x66, 0xff, 0xfe])]), "bytes\n");
    const taken = await scene.take();
    expect(await scene.seen("show", `${taken.commit}:a\nb "c"\t.txt`)).toBe("odd");
    expect(await scene.seen("ls-tree", "-r", "--name-only", taken.commit)).toContain("f\\377\\376");
  });

  test("has a directory where a file was, and a file where a directory was", async () => {
    await using scene = await makeScene();
    rmSync(join(scene.repo.path, "file-0.txt"));
    scene.write("file-0.txt/inner.txt", "inner\n");
    rmSync(join(scene.repo.path, "folder-0"), { recursive: true });
    scene.write("folder-0", "a file now\n");
    const taken = await scene.take();
    expect(await scene.seen("ls-tree", "-r", "--name-only", taken.commit)).toBe("file-0.txt/inner.txt\nfolder-0");
  });

  test("of a repository without a commit has no parent", async () => {
    await using scene = await makeScene({ unborn: true });
    scene.write("a.txt", "a\n");
    const taken = await scene.take();
    expect(taken.head).toBeNull();
    expect(await scene.seen("ls-tree", "-r", "--name-only", taken.commit)).toBe("a.txt");
    expect(await scene.seen("rev-list", "--count", taken.commit)).toBe("1");
  });

  test("in the middle of a merge has what is merged in as a parent", async () => {
    await using scene = await makeScene();
    const { repo, write } = scene;
    await repo.git("checkout", "--quiet", "-b", "other");
    write("file-0.txt", "theirs\n");
    await repo.git("commit", "--quiet", "-am", "Theirs");
    const theirs = await repo.git("rev-parse", "HEAD");
    await repo.git("checkout", "--quiet", "main");
    write("file-0.txt", "ours\n");
    await repo.git("commit", "--quiet", "-am", "Ours");
    await repo.git("merge", "other").catch(() => {});
    const taken = await scene.take();
    expect(await scene.seen("rev-parse", `${taken.commit}^2`)).toBe(theirs);
    expect(await scene.seen("show", `${taken.commit}:file-0.txt`)).toContain("<<<<<<<");
  });

  test("has a repository within as the commit it stands at, and looks no further", async () => {
    await using scene = await makeScene();
    const { repo } = scene;
    const inner = join(repo.path, "inner");
    await repo.git("init", "--quiet", "inner");
    await repo.git("-C", inner, "commit", "--quiet", "--allow-empty", "-m", "Inner");
    writeFileSync(join(inner, "secret.txt"), "not looked at\n");
    await repo.git("init", "--quiet", "unborn");
    const taken = await scene.take();
    const head = await repo.git("-C", inner, "rev-parse", "HEAD");
    expect(await scene.seen("ls-tree", "-r", taken.commit)).toContain(`160000 commit ${head}\tinner`);
    expect(await scene.seen("ls-tree", "-r", "--name-only", taken.commit)).not.toContain("secret");
    await repo.git("-C", inner, "commit", "--quiet", "--allow-empty", "-m", "Inner again");
    expect((await scene.take(taken)).commit).not.toBe(taken.commit);
  });

  test("runs no filter, hook or monitor that the repository names", async () => {
    await using scene = await makeScene();
    const { repo, write, place } = scene;
    const ran = place.at("ran");
    write(".gitattributes", "*.txt filter=evil\n*.bin filter=lfs\n");
    write("data.bin", "raw\n");
    await repo.git("add", ".");
    await repo.git("commit", "--quiet", "-m", "Attributes");
    for (const [key, value] of [
      ["filter.evil.clean", `touch '${ran}'; cat`],
      ["filter.evil.required", "true"],
      ["filter.lfs.process", `touch '${ran}'`],
      ["filter.lfs.required", "true"],
      ["core.fsmonitor", `touch '${ran}'`],
      ["core.hooksPath", place.at("hooks")],
    ]) {
      await repo.git("config", key ?? "", value ?? "");
    }
    mkdirSync(place.at("hooks"));
    writeFileSync(place.at("hooks/post-index-change"), `#!/bin/sh\ntouch '${ran}'\n`, { mode: 0o755 });
    write("file-0.txt", "changed\n");
    write("data.bin", "raw, changed\n");
    const taken = await scene.take();
    expect(existsSync(ran)).toBe(false);
    expect(await scene.seen("show", `${taken.commit}:data.bin`)).toBe("raw, changed");
  });

  test("takes a file that its filter keeps elsewhere for unchanged while its stat is", async () => {
    await using scene = await makeScene();
    const { repo, write } = scene;
    write(".gitattributes", "*.bin filter=lfs\n");
    // Twice as long, so that git cannot take one for the other.
    await repo.git("config", "filter.lfs.clean", "sed s/raw/pointer/");
    write("data.bin", "raw\n");
    await repo.git("add", ".");
    await repo.git("commit", "--quiet", "-m", "With a pointer");
    const head = await repo.git("rev-parse", "HEAD");
    expect(await repo.git("show", "HEAD:data.bin")).toBe("pointer");
    expect((await scene.take()).commit).toBe(head);
  });

  test("knows a large file by its stat, and does not read it", async () => {
    await using scene = await makeScene();
    const { repo, write } = scene;
    write("large.bin", "");
    truncateSync(join(repo.path, "large.bin"), 120 * 1024 * 1024);
    const first = await scene.take();
    expect(first.large).toEqual(["large.bin"]);
    expect(Number(await scene.seen("cat-file", "-s", `${first.commit}:large.bin`))).toBeLessThan(200);
    expect((await scene.take()).commit).toBe(first.commit);
    truncateSync(join(repo.path, "large.bin"), 121 * 1024 * 1024);
    expect((await scene.take(first)).commit).not.toBe(first.commit);
  });

  test("knows a large file that is committed and unchanged as git has it, also when it was touched", async () => {
    await using scene = await makeScene();
    const { repo, write } = scene;
    write("large.bin", "");
    truncateSync(join(repo.path, "large.bin"), 60 * 1024 * 1024);
    await repo.git("add", ".");
    await repo.git("commit", "--quiet", "-m", "Large");
    const head = await repo.git("rev-parse", "HEAD");
    const first = await scene.take();
    expect(first).toMatchObject({ commit: head, large: [] });
    expect((await scene.take(first)).commit).toBe(head);
    appendFileSync(join(repo.path, "large.bin"), "x");
    expect(await scene.take(first)).toMatchObject({ large: ["large.bin"] });
  });

  test("of what is no checkout fails by its code", async () => {
    await using scene = await makeScene();
    rmSync(scene.repo.path, { recursive: true });
    await expect(scene.take()).rejects.toMatchObject({ code: "snapshot.gone" });
  });
});
