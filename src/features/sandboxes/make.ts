// The sandbox itself, and what goes into it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { counted, printable, sizeText } from "../../core/text.ts";
import type { Sandbox } from "../providers/providers.ts";
import { objectDirectories, planUpload, sendUpload, type UploadPlan } from "../uploads/uploads.ts";
import { uncarryChanges } from "./carried.ts";
import { startCommit, startRef } from "./carry.ts";
import { type Driving, minutesLater } from "./driving.ts";
import { secretsKnownOf } from "./secrets.ts";

export async function make(driving: Driving): Promise<void> {
  const { world, place } = driving;
  const run = driving.run();
  const provider = await driving.provider();
  const { timeoutMinutes: minutes, memoryBytes, processes, isWeak, hosts } = run.request;
  // A driver that died before it could write its id down: found by the run that it is for.
  const earlier = (await provider.all()).find(({ runId }) => runId === run.id);
  if (earlier !== undefined) await (await provider.open(earlier.id))?.destroy();
  const objects = provider.capabilities.sharesObjects ? objectDirectories(run.git_dir) : [];
  const limits = { memoryBytes, processes };
  const at = world.now();
  const sandbox = await provider.create({ runId: run.id, minutes, hosts, objects, limits, isWeak });
  const { id, weaknesses } = sandbox;
  const { dollarsPerHour } = provider.capabilities;
  const madeAt = at.toISOString();
  const limitAt = minutesLater(at, minutes);
  driving.change({
    step: "made",
    instanceId: id,
    limitAt,
    facts: { weaknesses: [...weaknesses], madeAt, dollarsPerHour },
  });
  for (const weakness of weaknesses) driving.note(`Of this sandbox: ${weakness}`, "warning");
  driving.note(`Sandbox ${id} (${provider.name}).`);
  world.log("debug", "sandbox.made", { id: run.id, instance: id, directory: place.directory });
}

export async function send(driving: Driving): Promise<void> {
  const { world, place } = driving;
  const run = driving.run();
  const sandbox = await requireSandbox(driving);
  const { worktree_path: worktree, base_commit: base } = run;
  if (worktree === null || base === null) throw new Error(`run ${run.id} was made and has no worktree`);
  const provider = await driving.provider();
  const startedAt = world.now().getTime();
  const { secrets } = secretsKnownOf(world, run);
  const planned = await planUpload(
    world,
    {
      ...{
        repository: run.git_dir,
        worktree,
        caller: run.caller_path,
        include: run.request.include,
        store: place.store,
        base,
        secrets,
      },
      sharesObjects: provider.capabilities.sharesObjects,
    },
    world.signal(),
  );
  for (const line of heldLines(planned)) driving.note(line, "warning");
  if (run.request.withChanges) {
    // A copy of a credential would be in the next `git add` of whoever takes the result.
    const only = planned.held.filter(isCredential).map(({ path }) => path);
    await uncarryChanges(world, { caller: run.caller_path, worktree, only });
  }
  const { compression } = provider.capabilities;
  const plan = await sendUpload(world, sandbox, planned, { compression, secrets, signal: world.signal() });
  writeFileSync(place.manifest, JSON.stringify(plan), { mode: 0o600 });
  const leftOut = plan.held.map(({ path }) => path);
  const index = join(place.directory, "start.index");
  const ref = startRef(run.id);
  const start = run.request.withChanges ? await startCommit(world, { worktree, base, index, ref, leftOut }) : base;
  const tookMs = world.now().getTime() - startedAt;
  const sent = { files: plan.files, bytes: plan.bytes, held: plan.held.length, commit: plan.commit, tookMs };
  driving.change({ step: "sent", facts: { sent, startCommit: start } });
  driving.note(`Sent ${counted(plan.files, "file")}, ${sizeText(plan.bytes)}, in ${(tookMs / 1000).toFixed(1)} s.`);
}

function isCredential({ reason }: UploadPlan["held"][number]): boolean {
  return reason.startsWith("credential");
}

const MOST_NAMED = 5;

function heldLines({ held, warnings }: Pick<UploadPlan, "held" | "warnings">): string[] {
  const credentials = held.filter(isCredential);
  const named = credentials.slice(0, MOST_NAMED).map(({ path }) => printable(path));
  const more = credentials.length > named.length ? ` and ${credentials.length - named.length} more` : "";
  if (named.length === 0) return [...warnings];
  const how = "--include <path> sends one";
  return [...warnings, `Stayed here, since they look like credentials (${how}): ${named.join(", ")}${more}.`];
}

export async function requireSandbox(driving: Driving): Promise<Sandbox> {
  const sandbox = await driving.sandbox();
  if (sandbox !== undefined) return sandbox;
  throw new Failure({
    kind: "unavailable",
    code: "sandbox.gone",
    message: `The sandbox ${printable(driving.run().instance_id ?? "")} is not there any more.`,
  });
}
