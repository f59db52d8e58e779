// A process that sends a run's checkout into a plain sandbox, and prints the most memory it had, in KiB. Its arguments: a
// place with a repository and the run's checkout of it, and its home.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { planUpload, sendUpload } from "../../src/features/uploads/uploads.ts";
import { makeWorld } from "../../src/world.ts";
import type { Place } from "../support/place.ts";
import { plainSandbox } from "../support/plain-sandbox.ts";

const [path = "", home = ""] = process.argv.slice(2);
const at = (...parts: string[]) => join(path, ...parts);
const place: Place = { path, home, at, tmp: at("tmp"), env: () => ({}), [Symbol.asyncDispose]: async () => {} };
const world = makeWorld();
const base = (await world.git(at("run")).output(["rev-parse", "HEAD"])).trim();
const roots = { repository: at("repo"), worktree: at("run"), caller: at("repo"), store: at("data/store.git") };
const plan = await planUpload(world, { ...roots, include: [], base, sharesObjects: !process.argv.includes("--apart") });
const planned = process.memoryUsage().rss;
const sandbox = await plainSandbox(place);
await sendUpload(world, sandbox, plan, { compression: "none" });
const status = readFileSync("/proc/self/status", "utf8");
process.stdout.write(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? `${planned / 1024}`);
