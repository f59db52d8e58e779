// Runs inside the mount namespace that run-disk.test.ts makes: mounts a small disk where the scenario has one, fills it
// while claude works, looks on, makes room, attaches, and tells as JSON what came.

import { readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ends, type RunScene, runScene } from "./run-scene.ts";

const [scenario = ""] = process.argv.slice(2);

const LINE = JSON.stringify({ type: "system", subtype: "filler", text: "x".repeat(900) });
const LINES = 400;
const WORK = `at begin\nfor n in $(seq ${LINES}); do echo '${LINE}'; done
head -c 3000000 /dev/urandom >large.bin && echo one >one.txt && git add one.txt && git commit -qm One
echo more >>file-0.txt; rm folder-0/file-1.txt\n${ends("Done.")}`;

/** Where the small disk stands, and how much room is on it at the end. */
const SCENES: Readonly<Record<string, (scene: RunScene) => string>> = {
  "the data directory": ({ place }) => place.at("home", ".parallel-cc"),
  "the repository": ({ place }) => place.at("disk"),
  "the sandbox": ({ place }) => place.at("native"),
  "the worktree": ({ place }) => place.at("repo-worktrees"),
};

function run(...words: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(words);
  if (exitCode !== 0) throw new Error(`${words.join(" ")}: ${stderr.toString()}`);
}

function fill(disk: string, leavingBytes: number): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, ".ballast"), new Uint8Array(Math.max(0, bavail * bsize - leavingBytes)));
}

await using scene = await runScene({ sh: WORK, env: { NATIVE_SANDBOX_ROOT: "" } });
const disk = SCENES[scenario]?.(scene);
if (disk === undefined) throw new Error(`no scenario ${scenario}`);
await mkdir(disk, { recursive: true, mode: 0o700 });
run("mount", "-t", "tmpfs", "-o", "size=32m,mode=0700", "tmpfs", disk);
try {
  const cwd = scenario === "the repository" ? join(disk, "repo") : scene.repo.path;
  if (scenario === "the repository") run("cp", "-a", scene.repo.path, cwd);
  const native = scenario === "the data directory" ? scene.place.at("native") : undefined;
  const env = { NATIVE_SANDBOX_ROOT: native ?? (scenario === "the sandbox" ? disk : scene.place.at("native")) };
  await mkdir(env.NATIVE_SANDBOX_ROOT, { recursive: true });
  const sandbox = (...words: string[]) => scene.pcc(["sandbox", ...words, "--json"], { cwd, env });
  const isWorktree = scenario === "the worktree";
  const branch = isWorktree ? ["--branch", "same"] : [];
  const begun = JSON.parse((await sandbox("run", "--prompt", "Do it", "--detach", ...branch)).stdout);
  const id: string = begun.sessionId;
  await scene.gateIn(env.NATIVE_SANDBOX_ROOT, "begin");
  // Room for a part of a file, and not for all of it.
  fill(disk, isWorktree ? 1_500_000 : 8192);
  await scene.openIn(env.NATIVE_SANDBOX_ROOT, "begin");
  const full = await sandbox("attach", id);
  const standing = async () => {
    const status = ["-C", `${scene.row(id).worktree_path}`, "status", "--porcelain"];
    const branches = await scene.repo.git("branch", "--list", "same", "--format=%(refname)");
    return isWorktree ? [await scene.repo.git(...status), branches] : [];
  };
  const whenFull = await standing();
  rmSync(join(disk, ".ballast"));
  const room = await sandbox("attach", id);
  const row = scene.row(id);
  const log = readFileSync(`${scene.place.home}/.parallel-cc/logs/sandbox-${id}.jsonl`, "utf8").split("\n");
  const told = {
    full: { exit: full.exit, stdout: full.stdout, stderr: full.stderr },
    room: { exit: room.exit, stdout: room.stdout, stderr: room.stderr },
    ...{ whenFull, whenRoom: await standing() },
    step: row.step,
    printed: log.filter((line) => line === LINE).length === LINES,
  };
  process.stdout.write(JSON.stringify(told));
} finally {
  run("umount", "-l", disk);
}
