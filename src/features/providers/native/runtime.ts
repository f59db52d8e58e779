// The only importer of Anthropic's sandbox runtime (srt 0.0.83): bubblewrap on Linux, Seatbelt on macOS, and the proxies
// that let through what is allowed. It is one per process, so a keeper has it for its one sandbox.

import { chmodSync, copyFileSync } from "node:fs";
import { join } from "node:path";
import { SandboxManager, type SandboxRuntimeConfig } from "@anthropic-ai/sandbox-runtime";
import helperForArm from "@anthropic-ai/sandbox-runtime/vendor/seccomp/arm64/apply-seccomp" with { type: "file" };
import helperForIntel from "@anthropic-ai/sandbox-runtime/vendor/seccomp/x64/apply-seccomp" with { type: "file" };

export interface Policy {
  hosts: readonly string[];
  /** Everything that is not `readable`, wherever the platform can do it that way. */
  unreadable: readonly string[];
  readable: readonly string[];
  writable: readonly string[];
  isWeak: boolean;
  /** What keeps programs from making sockets of this machine; undefined where the platform needs none. */
  helper: string | undefined;
  bubblewrap: string | undefined;
  socat: string | undefined;
}

export interface Runtime {
  /** For `sh -c`: runs this script of bash's inside. The same for every run of it. */
  wrap(script: string): Promise<string>;
  end(): Promise<void>;
}

/** A directory of everybody's that srt lets be written wherever it is there. */
const SHARED_SCRATCH = "/tmp/claude";

/** Stands in a directory of this process alone: what srt never lets be written it looks for below where it stands. */
export async function startRuntime(policy: Policy): Promise<Runtime> {
  const { hosts, isWeak, helper, bubblewrap, socat } = policy;
  const holdsOurs = policy.writable.some((path) => path.startsWith(`${SHARED_SCRATCH}/`));
  const config: SandboxRuntimeConfig = {
    network: { allowedDomains: [...hosts], deniedDomains: [], strictAllowlist: true, allowLocalBinding: true },
    filesystem: {
      denyRead: policy.unreadable.map(named),
      allowRead: policy.readable.map(named),
      allowWrite: policy.writable.map(named),
      denyWrite: [],
    },
    // Of all that is denied, only a credential stays so against srt's own list of what may be written.
    ...(holdsOurs ? {} : { credentials: { files: [{ path: SHARED_SCRATCH, mode: "deny" }] } }),
    enableWeakerNestedSandbox: isWeak,
    ...(helper === undefined ? {} : { seccomp: { applyPath: helper } }),
    ...(bubblewrap === undefined ? {} : { bwrapPath: bubblewrap }),
    ...(socat === undefined ? {} : { socatPath: socat }),
  };
  await SandboxManager.initialize(config);
  return {
    // An id, since else the script would stand in the variables that name the proxies.
    wrap: (script) => SandboxManager.wrapWithSandbox(script, "bash", undefined, undefined, { commandId: "sandbox" }),
    end: () => SandboxManager.reset(),
  };
}

/** What stands in the program is not seen inside: a copy, which is. */
export function layHelper(directory: string): string | undefined {
  if (process.platform !== "linux") return undefined;
  const file = join(directory, "apply-seccomp");
  copyFileSync(process.arch === "arm64" ? helperForArm : helperForIntel, file);
  chmodSync(file, 0o755);
  return file;
}

/** As it is written, whatever it may look like as a pattern. */
function named(path: string) {
  return { path, literal: true as const };
}
