// What hostile programs in a native sandbox come up against.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { capture, type Sandbox } from "../../src/features/providers/provider.ts";
import { sleeper } from "../support/processes.ts";
import { makeRepo } from "../support/repo.ts";
import { codeOf, tarOf } from "./conformance.ts";
import { nativeScene } from "./native-scene.ts";

async function said(sandbox: Sandbox, script: string, ...words: string[]): Promise<string> {
  const { stdout, stderr } = await capture(sandbox, { argv: ["sh", "-c", script, "sh", ...words] });
  return stdout + stderr;
}

test("homes, the data directory, repositories, other sandboxes and everybody's /tmp are not there", async () => {
  await using scene = await nativeScene();
  const { place } = scene;
  const repo = await makeRepo(place);
  await mkdir(join(place.home, ".ssh"));
  const secrets = [
    join(place.home, ".ssh", "id_ed25519"),
    place.at("home", ".parallel-cc", "coordinator.db"),
    join(repo.path, ".git", "config"),
    place.at("tmp", "of-others"),
  ];
  await mkdir(scene.world.paths.home, { recursive: true });
  for (const file of secrets) await writeFile(file, "SECRET", { flag: "a" });
  const other = await scene.make();
  await capture(other, { argv: ["sh", "-c", "echo SECRET >mine"] });
  const sandbox = await scene.make();
  const files = [...secrets, join(other.places.workspace, "mine")];
  expect(await said(sandbox, 'cat -- "$@" 2>/dev/null', ...files)).toBe("");
  const found = await said(sandbox, "find /root /home /mnt /media /run -mindepth 1 2>/dev/null");
  // The program that keeps sandboxes may itself stand in a home: it, and the directories that lead to it, are shown.
  const strange = found.split("\n").filter((path) => path !== "" && !`${process.execPath}/`.startsWith(`${path}/`));
  expect(strange).toEqual([]);
  expect(await said(sandbox, "cat /etc/shadow /etc/ssh/*_key 2>/dev/null; cat /etc/passwd | head -c 5")).toBe("root:");
});

test("what stands beside its own four directories is neither read nor written", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make();
  const top = scene.place.at("home", ".parallel-cc", "native", sandbox.id);
  const script = 'cat "$1/standing.json" "$1/sandbox.json"; ls "$1/desk"; echo x >"$1/bin/node"; : >"$1/standing.json"';
  expect(await said(sandbox, script, top)).not.toContain("keeper");
  expect(await scene.standing(sandbox)).toMatchObject({ isRunning: true });
  expect(await readdir(join(top, "bin"))).not.toContain("sh");
});

test("writing elsewhere changes nothing on this machine", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make();
  const targets = ["/etc/planted", "/usr/local/bin/planted", scene.place.at("planted"), "/tmp/planted-by-a-sandbox"];
  const script =
    'for file; do mkdir -p "$(dirname "$file")"; echo x >"$file"; done 2>/dev/null; mount -o remount,rw / 2>/dev/null';
  await said(sandbox, script, ...targets);
  expect(targets.filter((file) => existsSync(file))).toEqual([]);
});

test("links that lead out of the workspace lead nowhere, also while a tar is unpacked through them", async () => {
  await using scene = await nativeScene();
  const { place } = scene;
  await mkdir(place.at("outside"));
  const sandbox = await scene.make();
  await mkdir(place.at("first"));
  await mkdir(place.at("second", "link"), { recursive: true });
  await Bun.spawn(["ln", "-s", place.at("outside"), place.at("first", "link")]).exited;
  await writeFile(place.at("second", "link", "planted"), "x");
  const into = sandbox.places.workspace;
  await sandbox.upload({ tar: tarOf(place.at("first")), compression: "none", into });
  await codeOf(sandbox.upload({ tar: tarOf(place.at("second")), compression: "none", into }));
  expect(await readdir(place.at("outside"))).toEqual([]);
  expect(await codeOf(sandbox.download(place.at("outside", "..", "home")))).toBe("sandbox.exec");
});

test("files of a project that srt would protect on a user's machine can be written in the workspace", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make();
  const script = `git init -q . && mkdir -p .claude/commands .vscode .idea sub/.claude/agents
    for file in .mcp.json .gitmodules .claude/commands/a.md .claude/settings.json .vscode/b .idea/c .bashrc \\
      .git/hooks/pre-commit .git/config sub/.mcp.json sub/.claude/agents/d; do echo x >>"$file" || echo "not $file"; done`;
  expect(await said(sandbox, script)).toBe("");
  // The same for what was there before, when the next program is started.
  expect(await said(sandbox, "echo x >>.mcp.json && echo x >>.git/hooks/pre-commit && rm -r .claude .git")).toBe("");
});

test("processes of this machine are neither seen nor ended", async () => {
  await using scene = await nativeScene();
  await using bystander = sleeper();
  const sandbox = await scene.make();
  const script = 'kill -9 "$1"; kill -9 -1; ls -d "/proc/$1"; true';
  await said(sandbox, script, String(bystander.pid)).catch(() => "");
  expect(existsSync(`/proc/${bystander.pid}/exe`)).toBe(true);
  const seen = await said(sandbox, "cat /proc/[0-9]*/comm");
  expect(seen).not.toContain("bun");
});

test("sockets of this machine cannot be made, nor namespaces, nor mounts", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make();
  const script = `socat -u OPEN:/dev/null UNIX-CONNECT:/run/dbus/system_bus_socket; unshare --user true; unshare --mount true
    mount -t tmpfs none /etc`;
  const answer = await said(sandbox, script);
  expect(answer).toContain("socket(1, 1, 0): Operation not permitted");
  expect(answer).toContain("unshare: unshare failed: Operation not permitted");
  expect(answer.split("\n").filter((line) => line.startsWith("mount:"))).toHaveLength(1);
});

test("what the kernel lets root write is not written, nor the groups that hold the sandbox", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make();
  // As it is: it would change nothing.
  const script = `for file in /proc/sys/kernel/core_pattern /proc/sys/vm/swappiness /proc/irq/default_smp_affinity \\
      /sys/fs/cgroup/*/parallel-cc-*/*max /sys/fs/cgroup/cgroup.procs /sys/kernel/mm/ksm/run; do
      [ ! -e "$file" ] || { value=$(cat "$file") && echo "$value" >"$file" && echo "wrote $file"; } 2>/dev/null
    done`;
  expect(await said(sandbox, script)).toBe("");
});

test("shared memory of this machine's programs is not seen", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make();
  const made = Bun.spawn(["ipcmk", "-Q"], { stdout: "pipe" });
  const id = /(\d+)\s*$/.exec(await made.stdout.text())?.[1] ?? "";
  try {
    expect(await Bun.file("/proc/sysvipc/msg").text()).toContain(` ${id} `);
    expect(await said(sandbox, "cat /proc/sysvipc/msg | wc -l")).toBe("1\n");
  } finally {
    await Bun.spawn(["ipcrm", "-q", id]).exited;
  }
});

test("a secret is in the environment of the one program that was given it, and nowhere else", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make();
  const secret = "sk-of-one-program";
  await sandbox.start({ argv: ["sh", "-c", "echo up >../run/up; exec sleep 60"], env: { KEY: secret } });
  const running = sandbox.exec({ argv: ["sh", "-c", "echo up; exec sleep 60"], env: { KEY: secret } });
  await running.stdout.getReader().read();
  const grep = (where: string) =>
    Bun.spawn(["sh", "-c", where], { stdout: "pipe", env: { ...process.env, S: secret } });
  // Who looks has it in its own environment.
  const holders = grep(
    'for f in $(grep -lsa -e "$S" /proc/[0-9]*/environ); do cat "$(dirname "$f")/comm"; done 2>/dev/null',
  );
  const names = (await holders.stdout.text()).split("\n").filter((name) => !["", "sh", "grep", "cat"].includes(name));
  expect(names).toEqual(["sleep", "sleep"]);
  const arguments_ = grep('grep -lsa -e "$S" /proc/[0-9]*/cmdline');
  expect(await arguments_.stdout.text()).toBe("");
  const files = Bun.spawn(["grep", "-rl", secret, scene.place.path], { stdout: "pipe" });
  expect(await files.stdout.text()).toBe("");
  await running.stop();
});

test("objects that are shared can be read, not written, and their repository is not there", async () => {
  await using scene = await nativeScene();
  const repo = await makeRepo(scene.place);
  await writeFile(join(repo.path, "untracked"), "SECRET");
  const objects = join(repo.path, ".git", "objects");
  const sandbox = await scene.make({ objects: [objects] });
  const head = (await readFile(join(repo.path, ".git", "HEAD"), "utf8")).trim();
  expect(head).toStartWith("ref:");
  const script = `git init -q . && echo "$1" >.git/objects/info/alternates && git cat-file --batch-check --batch-all-objects | wc -l
    ls "$2"; cat "$2/.git/HEAD" 2>/dev/null; touch "$1/planted" 2>&1 | grep -c 'Read-only'`;
  const answer = await said(sandbox, script, objects, repo.path);
  const [count, ...rest] = answer.trim().split("\n");
  expect(Number(count)).toBeGreaterThan(1);
  expect(rest).toEqual(["1"]);
});
