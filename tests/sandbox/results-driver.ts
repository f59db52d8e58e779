// What a driver does at the end of a run, in a process of its own: `bun results-driver.ts <JSON of DriverInput>`.

import { join } from "node:path";
import { deliver, gather, replay } from "../../src/features/results/results.ts";
import { hermeticEnv } from "../support/env.ts";
import type { Place } from "../support/place.ts";
import { plainSandbox } from "../support/plain-sandbox.ts";
import { testWorld } from "../support/world.ts";

export interface DriverInput {
  path: string;
  /** Folders searched first for programs, by us and in the sandbox. */
  programs: string[];
  inside: string[];
  base: string;
  sent: string;
  branch: string;
}

const input: DriverInput = JSON.parse(process.argv[2] ?? "");
const at = (...parts: string[]) => join(input.path, ...parts);
const [home, tmp] = [at("home"), at("tmp")];
const env: Place["env"] = (own = {}) => hermeticEnv({ home, tmp, ...own });
const place: Place = { path: input.path, home, tmp, at, env, [Symbol.asyncDispose]: async () => {} };
const world = testWorld(place, { path: input.programs });
const sandbox = await plainSandbox(place, { path: input.inside });
const run = { repository: at("repo"), base: input.base, runId: "run-1", store: at("data/store.git"), sent: input.sent };
const identity = { name: "Somebody", email: "somebody@example.com" };
const gathered = await gather(world, sandbox, { ...run, identity, message: "uncommitted" });
const replayed = await replay(world, { ...run, gathered, extras: [], submodules: [] });
const delivered = await deliver(world, { worktree: at("run"), replayed, branch: input.branch, message: "delivered" });
if (delivered.form !== "branch") throw new Error(delivered.why ?? "");
