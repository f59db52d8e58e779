// A child that is told what to do as it goes, and ends with whoever tells it.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { systemProcesses } from "../../src/proc/alive.ts";
import { startScripted } from "../../src/proc/start.ts";
import { makePlace } from "../support/place.ts";
import { waitFor } from "../support/processes.ts";

const env = { PATH: "/usr/bin:/bin", LC_ALL: "C" };
const processes = systemProcesses({ platform: process.platform, host: "here" });
const shell = () => startScripted({ command: "/bin/sh", args: ["-s"], env, cwd: "/" });

test("does what it is told and answers, until there is nothing more to tell", async () => {
  const child = shell();
  const answers = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  child.tell("seen=one; echo $seen\n");
  expect((await answers.read()).value).toBe("one\n");
  child.tell("echo $seen two $$\n");
  expect((await answers.read()).value).toBe(`one two ${child.pid}\n`);
  child.close();
  expect(await child.ended).toEqual({ exit: 0, signal: null });
  await child.stop();
});

test("tells the signal that ended it, and what it is told then is lost without harm", async () => {
  const child = shell();
  child.tell("kill -KILL $$\n");
  expect(await child.ended).toEqual({ exit: null, signal: "SIGKILL" });
  for (let i = 0; i < 3; i += 1) child.tell("x".repeat(200_000));
  child.close();
  await child.stop();
});

test("is stopped with all that it runs", async () => {
  const child = shell();
  const answers = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  child.tell("sleep 3600 & echo $!; wait\n");
  const sleeping = Number((await answers.read()).value);
  expect(processes.identify(sleeping)).toBeDefined();
  await child.stop();
  expect(await child.ended).toEqual({ exit: null, signal: "SIGTERM" });
  await waitFor(() => processes.identify(sleeping) === undefined, "what it ran ends");
});

test("ends when whoever tells it is killed", async () => {
  await using place = await makePlace();
  const code = `
    const { startScripted } = await import(${JSON.stringify(join(import.meta.dir, "../../src/proc/start.ts"))});
    const child = startScripted({ command: "/bin/sh", args: ["-s"], env: { PATH: "/usr/bin:/bin" }, cwd: "/" });
    console.log(child.pid);
    await child.ended;
  `;
  const teller = Bun.spawn([process.execPath, "-e", code], { env: place.env(), stdout: "pipe" });
  const { value } = await teller.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
  const told = processes.identify(Number(value));
  if (told === undefined) throw new Error(`no process ${value}`);
  teller.kill("SIGKILL");
  await teller.exited;
  await waitFor(() => processes.probe(told).state === "dead", "the child ends");
});
