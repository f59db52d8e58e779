// The only importer of Anthropic's sandbox runtime (srt 0.0.83): bubblewrap on Linux, Seatbelt on macOS, and the proxies
// that let through what is allowed. It is one per process, so a keeper has it for its one sandbox.

import { join } from "node:path";
import { SandboxManager, type SandboxRuntimeConfig } from "@anthropic-ai/sandbox-runtime";
import javaAgent from "@anthropic-ai/sandbox-runtime/vendor/java-proxy-agent/srt-proxy-agent.jar" with { type: "file" };
import helperForArm from "@anthropic-ai/sandbox-runtime/vendor/seccomp/arm64/apply-seccomp" with { type: "file" };
import helperForIntel from "@anthropic-ai/sandbox-runtime/vendor/seccomp/x64/apply-seccomp" with { type: "file" };
import { replaceFile } from "../../../files/atomic.ts";
import { isKernelCovered } from "./policy.ts";

export interface Policy {
  hosts: readonly string[];
  /** Everything that is not `readable`, wherever the platform can do it that way. */
  unreadable: readonly string[];
  readable: readonly string[];
  writable: readonly string[];
  isWeak: boolean;
  /** What keeps programs from making sockets of this machine; undefined where the platform needs none. */
  helper: string | undefined;
  /** What has Java's programs ask the proxies; looked for with npm where it is not named. */
  javaAgent: string;
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
  const { hosts, isWeak, helper, javaAgent: javaAgentJarPath, bubblewrap, socat } = policy;
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
    javaAgentJarPath,
    ...(helper === undefined ? {} : { seccomp: { applyPath: helper } }),
    ...(bubblewrap === undefined ? {} : { bwrapPath: bubblewrap }),
    ...(socat === undefined ? {} : { socatPath: socat }),
  };
  await SandboxManager.initialize(config);
  return {
    // An id, since else the script would stand in the variables that name the proxies.
    wrap: async (script) =>
      withCovers(
        await SandboxManager.wrapWithSandbox(script, "bash", undefined, undefined, { commandId: "sandbox" }),
        isKernelCovered(policy) ? OF_KERNEL : [],
      ),
    end: () => SandboxManager.reset(),
  };
}

/** Parts of /proc that are the machine's, whatever namespace they are seen from. */
const OF_KERNEL = ["sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "asound", "driver", "scsi", "tty", "mtrr"];
/** As srt mounts it, strictly and weakly. */
const PROC = / --proc \/proc | --bind \/proc \/proc /g;

/**
 * What root could write there is one thing more than settings: the program that takes core dumps would run outside.
 * bubblewrap 0.8 leaves /proc/sys open.
 */
function withCovers(command: string, parts: readonly string[]): string {
  if (process.platform !== "linux") return command;
  // srt leaves the queues and the shared memory of the machine's other programs in sight.
  const covers = `${parts.map((name) => `--ro-bind-try /proc/${name} /proc/${name} `).join("")}--unshare-ipc `;
  if (command.match(PROC)?.length !== 1) throw new Error("srt mounts /proc in an unknown way");
  return command.replace(PROC, (mount) => `${mount}${covers}`);
}

/** What stands in the program is not seen inside: copies, which are. */
export async function layParts(directory: string): Promise<Pick<Policy, "helper" | "javaAgent">> {
  const agent = await laid(directory, { name: "srt-proxy-agent.jar", part: javaAgent, mode: 0o600 });
  if (process.platform !== "linux") return { javaAgent: agent, helper: undefined };
  const part = process.arch === "arm64" ? helperForArm : helperForIntel;
  return { javaAgent: agent, helper: await laid(directory, { name: "apply-seccomp", part, mode: 0o700 }) };
}

interface Part {
  name: string;
  part: string;
  mode: number;
}

/** One that is in use is not written over. */
async function laid(directory: string, { name, part, mode }: Part): Promise<string> {
  const file = join(directory, name);
  replaceFile({ file, text: await Bun.file(part).bytes(), mode, directoryMode: 0o700 });
  return file;
}

/** As it is written, whatever it may look like as a pattern. */
function named(path: string) {
  return { path, literal: true as const };
}
