// The keeper of a native sandbox: what goes on when others die, what ends when it does, and what is left then.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { copyFile, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { groundOf } from "../../src/features/providers/native/ground.ts";
import { capture, type Sandbox } from "../../src/features/providers/provider.ts";
import { PROGRAM } from "../support/cli.ts";
import { waitFor } from "../support/processes.ts";
import { codeOf, downloaded } from "./conformance.ts";
import { type NativeScene, nativeScene } from "./native-scene.ts";

const ROUND = join(import.meta.dir, "native-round.ts");

function elsewhere(scene: NativeScene, ...words: string[]) {
  const env = scene.place.env({ path: [scene.place.at("programs")] });
  return Bun.spawn([process.execPath, ROUND, ...words], { env, stdin: "ignore", stdout: "pipe", stderr: "inherit" });
}

/** Processes of this machine that have to do with this place, but for this one. */
async function processesOf(scene: NativeScene, part = scene.place.path): Promise<string[]> {
  const listed = Bun.spawn(["ps", "-A", "-ww", "-o", "pid=,args="], { stdout: "pipe" });
  return (await listed.stdout.text()).split("\n").filter((line) => line.includes(part));
}

async function sizeOf(file: string): Promise<number> {
  return existsSync(file) ? (await stat(file)).size : 0;
}

/** Whether somebody still writes into it. */
async function grows(file: string): Promise<boolean> {
  const before = await sizeOf(file);
  await Bun.sleep(200);
  return (await sizeOf(file)) > before;
}

test("what was started survives the SIGKILL of who started it; what it waited for does not", async () => {
  await using scene = await nativeScene();
  const holder = elsewhere(scene, "hold");
  const line = new TextDecoder().decode((await holder.stdout.getReader().read()).value);
  const { id }: { id: string } = JSON.parse(line);
  const file = (name: string) => scene.place.at("home", ".parallel-cc", "native", id, "run", name);
  await waitFor(async () => (await sizeOf(file("child"))) > 0 && (await sizeOf(file("apart"))) > 0, "both run");
  holder.kill("SIGKILL");
  await holder.exited;
  await waitFor(async () => !(await grows(file("child"))), "its child has ended");
  await waitFor(() => grows(file("apart")), "what was started goes on writing");
  const sandbox = await scene.provider().open(id);
  expect((await sandbox?.inspect())?.state).toBe("running");
});

test("with its keeper a sandbox stops, and its files can still be fetched", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make();
  await sandbox.start({
    argv: ["sh", "-c", 'while :; do echo beat >>"$0/beats"; sleep 0.02; done', sandbox.places.run],
  });
  const beats = join(sandbox.places.run, "beats");
  await waitFor(async () => (await sizeOf(beats)) > 0, "it runs");
  const { keeper } = await scene.standing(sandbox);
  process.kill(keeper.pid, "SIGKILL");
  await waitFor(async () => (await sandbox.inspect()).state === "stopped", "it has stopped");
  await waitFor(async () => !(await grows(beats)), "what it had started has ended");
  expect(await downloaded(sandbox, beats)).toStartWith("beat\n");
  expect((await sandbox.inspect()).state).toBe("stopped");
  expect((await scene.standing(sandbox)).keeper.pid).not.toBe(keeper.pid);
  await sandbox.start({ argv: ["sleep", "60"] });
  expect((await sandbox.inspect()).state).toBe("running");
});

test("relays of a killed keeper end with the next one", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make();
  process.kill((await scene.standing(sandbox)).keeper.pid, "SIGKILL");
  await capture(sandbox, { argv: ["true"] });
  const { net } = groundOf(scene.place.at("home", ".parallel-cc", "native"), sandbox.id);
  expect(await processesOf(scene, `UNIX-LISTEN:${net}/`)).toHaveLength(1);
});

test("several who wake a sandbox at the same time get one keeper", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make();
  process.kill((await scene.standing(sandbox)).keeper.pid, "SIGKILL");
  const others = [1, 2, 3].map(() => elsewhere(scene, "wake", sandbox.id));
  const answers = await Promise.all(others.map(async (one) => JSON.parse(await one.stdout.text())));
  expect(answers.map(({ exit }) => exit)).toEqual([0, 0, 0]);
  const keepers = (await processesOf(scene)).filter((line) => line.includes("sandbox keep"));
  expect(keepers).toHaveLength(1);
});

test("when its time is over everything in it ends, and its files stay", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make();
  await capture(sandbox, { argv: ["sh", "-c", "echo kept >file"] });
  const running = sandbox.exec({ argv: ["sh", "-c", "echo up; trap '' TERM; while :; do sleep 1; done"] });
  await running.stdout.getReader().read();
  await sandbox.start({ argv: ["sh", "-c", "setsid sh -c 'trap \"\" TERM; while :; do sleep 1; done' & wait"] });
  await sandbox.extend(0.001);
  await waitFor(async () => (await sandbox.inspect()).state === "stopped", "it has stopped");
  await waitFor(async () => (await processesOf(scene)).length === 0, "nothing of it runs");
  expect(await sandbox.inspect()).toMatchObject({ state: "stopped", endsAt: undefined });
  expect(await downloaded(sandbox, join(sandbox.places.workspace, "file"))).toBe("kept\n");
});

test("nothing of a destroyed sandbox is left: no process, no file, no control group", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make();
  const script = `setsid sh -c 'trap "" TERM HUP; while :; do sleep 1; done' &
    i=0; while [ $i -lt 300 ]; do mkdir a-rather-long-name-of-a-folder && cd a-rather-long-name-of-a-folder; i=$((i + 1)); done
    chmod 0 .; echo up; wait`;
  const running = sandbox.exec({ argv: ["sh", "-c", script] });
  await running.stdout.getReader().read();
  await sandbox.start({ argv: ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"] });
  const { groups } = await scene.standing(sandbox);
  await sandbox.destroy();
  expect(await processesOf(scene)).toEqual([]);
  expect(await readdir(scene.place.at("home", ".parallel-cc", "native"))).toEqual([]);
  expect(groups.filter((group) => existsSync(group))).toEqual([]);
});

test("a keeper whose sandbox was taken away ends by itself", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make();
  await rm(scene.place.at("home", ".parallel-cc", "native", sandbox.id), { recursive: true });
  await waitFor(async () => (await processesOf(scene)).length === 0, "its keeper has ended");
  expect(await codeOf(capture(sandbox, { argv: ["true"] }))).toBe("sandbox.gone");
  expect(await readdir(scene.place.at("home", ".parallel-cc", "native"))).toEqual([]);
});

test("where its directory is too deep for a socket's name, it has them elsewhere, and takes them away", async () => {
  const deep = "a-folder-with-a-name-that-is-too-long-for-sockets".repeat(3);
  await using outer = await nativeScene();
  await using scene = await nativeScene({ env: { NATIVE_SANDBOX_ROOT: outer.place.at(deep) } });
  const sandbox = await scene.make();
  expect(sandbox.places.workspace).toStartWith(outer.place.at(deep));
  const real = join(outer.place.at(deep), sandbox.id);
  const own = join("/tmp", `parallel-cc-${new Bun.CryptoHasher("sha1").update(real).digest("hex").slice(0, 16)}`);
  expect(existsSync(own)).toBe(true);
  expect((await capture(sandbox, { argv: ["echo", "in"] })).stdout).toBe("in\n");
  await sandbox.destroy();
  expect(existsSync(own)).toBe(false);
});

test("a whole round as an ordinary user", async () => {
  await using scene = await nativeScene();
  const { place } = scene;
  const isRoot = process.getuid?.() === 0;
  const as = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
  // Bun may stand in root's own home, where that user finds nothing.
  const bun = place.at("bun");
  await copyFile(process.execPath, bun);
  if (isRoot) await Bun.spawn(["chown", "-R", "65534:65534", place.path]).exited;
  const env = place.env({ path: [place.at("programs")] });
  const child = Bun.spawn([...as, bun, ROUND, "round"], { env, stdout: "pipe", stderr: "inherit" });
  const answer = JSON.parse(await child.stdout.text());
  const uid = isRoot ? 65534 : process.getuid?.();
  expect(answer).toMatchObject({ state: "running", stderr: "" });
  expect(answer.stdout.split("\n")[0]).toBe(String(uid));
  expect(answer.stdout).toContain("native-round.ts");
  expect(existsSync(join(place.home, "planted"))).toBe(false);
  expect(await readdir(place.at("home", ".parallel-cc", "native"))).toEqual([]);
});

test("the program itself keeps sandboxes, with the helper that it carries", async () => {
  await using scene = await nativeScene({ program: PROGRAM });
  const sandbox: Sandbox = await scene.make();
  const script = "socat -u OPEN:/dev/null UNIX-CONNECT:/nowhere; uname -s";
  const { stdout, stderr } = await capture(sandbox, { argv: ["sh", "-c", script] });
  expect(stdout).toBe("Linux\n");
  expect(stderr).toContain("socket(1, 1, 0): Operation not permitted");
});
