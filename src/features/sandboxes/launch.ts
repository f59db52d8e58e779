// Claude is started in the sandbox; from then on it needs nobody.

import { readFileSync } from "node:fs";
import { Failure } from "../../core/failure.ts";
import { hasStarted, launch, readAuth, standing } from "../claude-runs/claude-runs.ts";
import type { Driving } from "./driving.ts";
import { identityOf } from "./identity.ts";
import { requireSandbox } from "./make.ts";

/** Errors: `sandbox.keys-missing` when this process does not have what the run was asked for with, `claude.*`. */
export async function start(driving: Driving): Promise<void> {
  const { world, place } = driving;
  const run = driving.run();
  const { request } = run;
  if (request.isDryRun) {
    driving.change({ step: "over", outcome: "COMPLETED", overAt: world.now().toISOString() });
    return;
  }
  const sandbox = await requireSandbox(driving);
  const { auth, problems } = await readAuth(world, request.authMethod);
  const missing = request.variables.filter((name) => world.env.sandboxVariables[name] === undefined);
  if (auth === undefined || missing.length > 0) {
    // A driver that was killed may have asked for it just now.
    if (!(await hasStarted(sandbox, { withinMs: UNDER_WAY_MS }))) throw keysMissing(run.id, { problems, missing });
    driving.change({ step: "started", startedAt: world.now().toISOString() });
    return;
  }
  const provider = await driving.provider();
  const given = Object.fromEntries(request.variables.map((name) => [name, world.env.sandboxVariables[name] ?? ""]));
  const started = await launch(world, sandbox, {
    ...{ prompt: readFileSync(place.prompt), auth, env: given },
    ...{ identity: await identityOf(world, run.caller_path), usesOwnClaude: provider.capabilities.usesOwnClaude },
    ...(request.model === null ? {} : { model: request.model }),
    ...(request.maxTurns === null ? {} : { maxTurns: request.maxTurns }),
  });
  driving.change({ step: "started", startedAt: world.now().toISOString() });
  driving.note(`claude ${started.version} is at work.`);
}

const UNDER_WAY_MS = 1_000;

/** A driver may have died before it could write it down. */
export async function hasBegun(driving: Driving): Promise<boolean> {
  const sandbox = await driving.sandbox();
  return sandbox !== undefined && (await standing(sandbox)).state !== "not-started";
}

interface Missing {
  problems: readonly Failure[];
  missing: readonly string[];
}

function keysMissing(id: string, { problems, missing }: Missing): Failure {
  const words = [...problems.map(({ message }) => message), ...missing.map((name) => `--env ${name} is not set here.`)];
  return new Failure({
    code: "sandbox.keys-missing",
    message: `The run cannot be started from here: ${words.join(" ")}`,
    hint: `Set them in this shell and go on: parallel-cc sandbox attach ${id.slice(0, 8)}`,
  });
}
