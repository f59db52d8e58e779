// A plan's files into a sandbox, and the proof that all of them arrived as they stand here: the first commit there has
// the id that was worked out here. Called again after it was killed, it ends in the same state.

import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { type Capabilities, capture, type Sandbox } from "../providers/providers.ts";
import { alternate } from "./alternates.ts";
import COMMIT from "./commit.sh" with { type: "text" };
import type { Secret } from "./own-secrets.ts";
import { planUpload, type UploadPlan } from "./plan.ts";
import PREPARE from "./prepare.sh" with { type: "text" };
import { dateOf, SENT } from "./store.ts";
import { pack } from "./tar.ts";

type Effects = Pick<World, "git" | "startPiped" | "runProgram" | "env" | "sleep">;

/** How long tar may go on when the sandbox has all that it wanted to read. */
const LEAVE_MS = 5_000;

export interface SendOptions {
  compression: Capabilities["compression"];
  /** As they were planned with. */
  secrets?: readonly Secret[] | undefined;
  signal?: AbortSignal | undefined;
  /** Bytes sent so far, of a little more than the plan's. */
  onProgress?(bytes: number): void;
}

/**
 * The plan that the sandbox holds: a new one when files changed while they were sent. Errors: `upload.*`, and those of
 * the provider.
 */
export async function sendUpload(
  world: Effects,
  sandbox: Sandbox,
  plan: UploadPlan,
  options: SendOptions,
): Promise<UploadPlan> {
  const first = await sendOnce(world, sandbox, plan, options);
  if (first.commit === plan.commit) return plan;
  const again = await planUpload(world, { ...plan.input, secrets: options.secrets }, options.signal);
  const second = await sendOnce(world, sandbox, again, options);
  if (second.commit === again.commit) return again;
  const hasChanged = again.commit !== plan.commit;
  const complaints = printable(second.complaints);
  const complaint = printable(second.complaints.split("\n")[0] ?? "");
  throw new Failure({
    kind: "unavailable",
    code: hasChanged ? "upload.changed-meanwhile" : "upload.differs",
    message: hasChanged
      ? `Files in ${plan.input.worktree} changed while they were sent, twice.`
      : `What arrived in the sandbox is not what stands in ${plan.input.worktree}${complaint && ` (tar: ${complaint})`}.`,
    hint: hasChanged
      ? "Wait until nothing writes there any more, and run the command again."
      : "Look whether the sandbox's disk is full, and whether it tells upper from lower case in names.",
    details: { expected: again.commit, arrived: printable(second.commit), complaints },
  });
}

interface Arrived {
  commit: string;
  complaints: string;
}

async function sendOnce(world: Effects, sandbox: Sandbox, plan: UploadPlan, options: SendOptions): Promise<Arrived> {
  const { signal } = options;
  const state = await scripted(sandbox, { script: PREPARE, name: "prepare", args: [plan.commit], signal });
  if (state === "sent") return { commit: plan.commit, complaints: "" };
  const complaints: string[] = [];
  let sent = 0;
  for (const { top, paths } of plan.parts) {
    const onBytes = (bytes: number) => {
      sent += bytes;
      options.onProgress?.(sent);
    };
    const packed = await pack(world, { top, paths, compression: options.compression, onBytes, signal });
    try {
      const { tar } = packed;
      const into = sandbox.places.workspace;
      await sandbox.upload({ tar, compression: options.compression, into, ...(signal && { signal }) });
    } catch (thrown) {
      await packed.stop();
      throw thrown;
    }
    const late = world.sleep(LEAVE_MS).then(() => packed.stop().then(() => packed.complaints));
    complaints.push(await Promise.race([packed.complaints, late]));
  }
  const { hash, parents, objects, shallow, at } = plan.first;
  const commit = await scripted(sandbox, {
    script: COMMIT,
    name: "commit",
    args: [hash, parents[0] ?? "", ...objects.map(alternate)],
    env: { ...identity(at), MESSAGE: SENT.message, EXPECTED: plan.commit },
    input: shallow.map((line) => `${line}\n`).join(""),
    signal,
  });
  return { commit, complaints: complaints.filter(Boolean).join("\n") };
}

function identity(at: number): Record<string, string> {
  return {
    ...{ GIT_AUTHOR_NAME: SENT.name, GIT_AUTHOR_EMAIL: SENT.email, GIT_AUTHOR_DATE: dateOf(at) },
    ...{ GIT_COMMITTER_NAME: SENT.name, GIT_COMMITTER_EMAIL: SENT.email, GIT_COMMITTER_DATE: dateOf(at) },
  };
}

interface Scripted {
  script: string;
  name: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  input?: string;
  signal: AbortSignal | undefined;
}

const GIT_ENV = {
  ...{ LC_ALL: "C", GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" },
  // Whoever the workspace belongs to there.
  ...{ GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "safe.directory", GIT_CONFIG_VALUE_0: "*" },
};

/** The one line that it prints. Errors: `upload.refused`, and those of the provider. */
async function scripted(sandbox: Sandbox, { script, name, args, env, input, signal }: Scripted): Promise<string> {
  const { exit, stdout, stderr } = await capture(sandbox, {
    argv: ["sh", "-c", script, name, ...args],
    cwd: sandbox.places.workspace,
    env: { ...GIT_ENV, ...env },
    input: input ?? "",
    ...(signal && { signal }),
  });
  if (exit === 0) return stdout.trim();
  const said = printable(stderr.trim().split("\n").slice(-3).join("; "));
  throw new Failure({
    kind: "unavailable",
    code: "upload.refused",
    message: `What was sent could not be made a commit in the sandbox (${said || `exit ${exit}`}).`,
    hint: "Look whether git 2.39 or newer is in the sandbox, and whether its disk is full.",
    details: { exit, stderr: printable(stderr.slice(-2000)) },
  });
}
