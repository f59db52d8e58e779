// One way home, in a process of its own: `bun sandbox-home-runner.ts <place>`, where "run.json" says what was sent. It
// prints its milliseconds and its peak of memory in MiB as JSON.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deliver, examine, gather, replay } from "../../src/features/results/results.ts";
import { hermeticEnv } from "../support/env.ts";
import type { Place } from "../support/place.ts";
import { plainSandbox } from "../support/plain-sandbox.ts";
import { testWorld } from "../support/world.ts";

const path = process.argv[2] ?? "";
const at = (...parts: string[]) => join(path, ...parts);
const [home, tmp] = [at("home"), at("tmp")];
const env: Place["env"] = (input = {}) => hermeticEnv({ home, tmp, ...input });
const place: Place = { path, home, tmp, at, env, [Symbol.asyncDispose]: async () => {} };
const { base, sent } = JSON.parse(readFileSync(at("run.json"), "utf8"));

const world = testWorld(place);
const sandbox = await plainSandbox(place);
const run = { repository: at("repo"), base, runId: "run-1", store: at("data/store.git"), sent };
const started = performance.now();
const identity = { name: "Somebody", email: "somebody@example.com" };
const gathered = await gather(world, sandbox, { ...run, identity, message: "m" });
const secrets = [{ name: "KEY", value: "a-value-that-is-nowhere" }];
await examine(world, { ...run, gathered, secrets });
const replayed = await replay(world, { ...run, gathered, extras: [], submodules: [] });
const delivered = await deliver(world, { worktree: at("run"), replayed, branch: "home", message: "m" });
const ms = performance.now() - started;
if (delivered.form !== "branch") throw new Error(`delivered as ${delivered.form}: ${delivered.why}`);
const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;
await Bun.write(Bun.stdout, JSON.stringify({ ms, peak }));
