// `--with-changes`: what its user has not committed goes along as it is, and nothing of the user's own checkout changes.

import { expect, test } from "bun:test";
import { chmod, lstat, mkdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { pictureOf } from "../support/picture.ts";
import { ends, type RunScene, runScene } from "./run-scene.ts";

async function dirty({ repo }: RunScene): Promise<void> {
  const at = (path: string) => `${repo.path}/${path}`;
  await writeFile(at("staged.txt"), "staged\n");
  await repo.git("add", "staged.txt");
  await writeFile(at("staged.txt"), "staged, and changed again\n");
  await writeFile(at("file-0.txt"), "changed\n");
  await rm(at("folder-0/file-1.txt"));
  await chmod(at("folder-0/file-2.txt"), 0o755);
  await mkdir(at("new"));
  await writeFile(at("new/untracked ü.txt"), "untracked\n");
  await symlink("../file-0.txt", at("new/link"));
  await writeFile(
    at("id_rsa"),
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
  );
}

const SEEN = `git status --porcelain >"$TMPDIR/status"; find . -path ./.git -prune -o -type f -print | sort >seen.txt
git add -A && git commit -qm "Claude's"\necho more >>file-0.txt\n`;

/** The files of the checkout, its index byte for byte, where it stands and how it is set. */
async function checkoutOf({ place, repo }: RunScene) {
  const picture = await pictureOf(place, { repo: repo.path, worktrees: [] });
  const mine = [...picture].filter(([key]) => key.startsWith("main") || key === "HEAD" || key === "config");
  const index = Buffer.from(await Bun.file(`${repo.path}/.git/index`).bytes()).toString("base64");
  return { files: Object.fromEntries(mine), index };
}

async function expectTaken(scene: RunScene, worktree: string): Promise<void> {
  expect(await scene.read(`${worktree}/staged.txt`)).toBe("staged, and changed again\n");
  expect(await scene.read(`${worktree}/file-0.txt`)).toBe("changed\nmore\n");
  expect((await lstat(`${worktree}/folder-0/file-2.txt`)).mode & 0o111).toBe(0o111);
  expect(await readlink(`${worktree}/new/link`)).toBe("../file-0.txt");
  expect(await Bun.file(`${worktree}/folder-0/file-1.txt`).exists()).toBe(false);
  const seen = await scene.read(`${worktree}/seen.txt`);
  expect(seen).toContain("./new/untracked ü.txt");
  expect(seen).not.toContain("id_rsa");
}

test.concurrent("changes of every kind are there with claude's on top, uncommitted; credentials among them stay", async () => {
  await using scene = await runScene({ sh: `${SEEN}${ends("Done.")}` });
  await dirty(scene);
  const before = await checkoutOf(scene);
  const answer = await scene.sandbox("run", "--prompt", "Do it", "--with-changes");
  expect(answer).toMatchObject({ success: true, status: "COMPLETED" });
  await expectTaken(scene, `${answer.worktreePath}`);
  expect(await scene.repo.git("-C", `${answer.worktreePath}`, "rev-parse", "HEAD")).toBe(
    await scene.repo.git("rev-parse", "HEAD"),
  );
  expect(await checkoutOf(scene)).toEqual(before);
});

test.concurrent("on a branch the first commit has them, and claude's are on it", async () => {
  await using scene = await runScene({ sh: `${SEEN}${ends("Done.")}` });
  await dirty(scene);
  const before = await checkoutOf(scene);
  const answer = await scene.sandbox("run", "--prompt", "Do it", "--with-changes", "--branch", "feature/x");
  expect(answer).toMatchObject({ success: true, branch: "feature/x" });
  await expectTaken(scene, `${answer.worktreePath}`);
  const log = (await scene.repo.git("log", "--format=%s", "main..feature/x")).split("\n");
  expect(log).toEqual([
    "Native execution: Do it",
    "Claude's",
    "Changes that were not committed when the sandbox started",
  ]);
  const first = await scene.repo.git("show", "--name-status", "--format=", "--no-renames", "feature/x~2");
  expect(first.split("\n").sort()).toEqual(
    [
      'A\t"new/untracked \\303\\274.txt"',
      "A\tnew/link",
      "A\tstaged.txt",
      "D\tfolder-0/file-1.txt",
      "M\tfile-0.txt",
      "M\tfolder-0/file-2.txt",
    ].sort(),
  );
  expect(await checkoutOf(scene)).toEqual(before);
});

test.concurrent("without it nothing of them goes in", async () => {
  await using scene = await runScene({ sh: `${SEEN}${ends("Done.")}` });
  await dirty(scene);
  const answer = await scene.sandbox("run", "--prompt", "Do it");
  const seen = await scene.read(`${answer.worktreePath}/seen.txt`);
  expect(seen).not.toContain("staged.txt");
  expect(seen).toContain("folder-0/file-1.txt");
});

const SECRET = ["ghp", "Qx7vN2kLm9RtYw4ZbC8dFgH3jKpS5uVaXe1M"].join("_");

test.concurrent("what looks like a credential is in no object that can be read inside, and not in the worktree", async () => {
  const sh = `git cat-file --batch-all-objects --batch --buffer | grep -a -c ghp_Qx7 >found.txt; echo z >z\n${ends("Done.")}`;
  await using scene = await runScene({ sh });
  const { repo } = scene;
  await writeFile(`${repo.path}/notes.md`, `token ${SECRET}\n`);
  await writeFile(`${repo.path}/file-0.txt`, `token ${SECRET}\n`);
  await writeFile(`${repo.path}/kept.txt`, "nothing\n");
  for (const words of [[], ["--branch", "with"]]) {
    const answer = await scene.sandbox("run", "--prompt", "Look", "--with-changes", ...words);
    expect(answer).toMatchObject({ success: true });
    expect(await scene.read(`${answer.worktreePath}/found.txt`)).toBe("0\n");
    expect(await scene.read(`${answer.worktreePath}/kept.txt`)).toBe("nothing\n");
    expect(await Bun.file(`${answer.worktreePath}/notes.md`).exists()).toBe(false);
    expect(await scene.read(`${answer.worktreePath}/file-0.txt`)).not.toContain(SECRET);
  }
  const objects = await repo.git("cat-file", "--batch-all-objects", "--batch");
  expect(objects).not.toContain(SECRET);
  expect(await scene.read(`${repo.path}/notes.md`)).toContain(SECRET);
});

test.concurrent("what was added though git ignores it goes along, and comes back as what it is", async () => {
  await using scene = await runScene({ sh: `ls -A >seen.txt\n${ends("Done.")}` });
  const { repo } = scene;
  await writeFile(`${repo.path}/.gitignore`, "*.log\n");
  await writeFile(`${repo.path}/keep.log`, "kept\n");
  await repo.git("add", "--force", ".");
  await repo.git("commit", "--quiet", "--message=Ignores");
  await repo.git("mv", "keep.log", "moved.log");
  await writeFile(`${repo.path}/forced.log`, "forced\n");
  await repo.git("add", "--force", "forced.log");
  const plain = await scene.sandbox("run", "--prompt", "Look", "--with-changes");
  expect((await scene.read(`${plain.worktreePath}/seen.txt`)).split("\n")).toContain("forced.log");
  const status = await repo.git("-C", `${plain.worktreePath}`, "status", "--porcelain", "--no-renames");
  expect(status.split("\n").map((line) => line.trim().split(/ +/)[1])).toEqual(
    expect.arrayContaining(["forced.log", "moved.log", "keep.log", "seen.txt"]),
  );
  const branch = await scene.sandbox("run", "--prompt", "Look", "--with-changes", "--branch", "moved");
  expect(branch).toMatchObject({ success: true, branch: "moved" });
  expect(await repo.git("diff", "--name-status", "--no-renames", "main", "moved")).toBe(
    ["A\tforced.log", "D\tkeep.log", "A\tmoved.log", "A\tseen.txt"].join("\n"),
  );
  expect(await repo.git("-C", `${branch.worktreePath}`, "status", "--porcelain")).toBe("");
});

test.concurrent("a run that is stopped before its claude has begun leaves no copy of them", async () => {
  await using scene = await runScene({ sh: ends("Done.") });
  await dirty(scene);
  for (;;) {
    const id = await scene.begin("--prompt", "Do it", "--with-changes");
    const { driver } = await scene.rowAt(id, ({ step }) => step !== "planned");
    if (driver !== null) process.kill(driver.pid, "SIGKILL");
    const isEarly = ["placed", "made"].includes(scene.row(id).step);
    const ended = await scene.sandbox("kill", id, "--discard");
    if (!isEarly) continue;
    expect(await Bun.file(`${ended.worktreePath}/id_rsa`).exists()).toBe(false);
    expect(await scene.repo.git("worktree", "list")).not.toContain(id.slice(0, 8));
    break;
  }
});

test.concurrent("a trial leaves nothing, whatever the names, the ends of lines and the repositories below", async () => {
  await using scene = await runScene({ sh: ends("Done.") });
  const { repo } = scene;
  await repo.git("config", "core.autocrlf", "true");
  await writeFile(`${repo.path}/new.txt`, "new\n");
  await writeFile(`${repo.path}/file-0.txt`, "changed\n");
  await writeFile(Buffer.concat([Buffer.from(`${repo.path}/`), Buffer.of(0xff, 0xfe)]), "odd\n");
  await repo.git("init", "--quiet", "empty-below");
  const answer = await scene.sandbox("run", "--dry-run", "--with-changes");
  expect(answer).toMatchObject({ success: true, error: null });
  expect(await scene.sandboxes()).toEqual([]);
  expect((await repo.git("worktree", "list")).split("\n")).toHaveLength(1);
});
