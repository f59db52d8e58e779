// What a provider of sandboxes promises. A sandbox is a place with a file system of its own in which programs run that
// cannot touch this machine but through what it was given. One that cannot do something refuses; it never skips.
//
// Failures in one language: `provider.not-ready`, `provider.refused` (limits, credentials), `provider.unreachable`,
// `sandbox.gone` (it is not there any more), `sandbox.exec` (a program could not be started in it).

import type { Failure } from "../../core/failure.ts";

export const PROVIDERS = ["native", "docker", "e2b", "daytona", "cloudflare"] as const;
export type ProviderName = (typeof PROVIDERS)[number];

export interface Capabilities {
  /** Git objects of this machine can be read inside, so that history need not be sent. */
  sharesObjects: boolean;
  /** How a tar is best sent: compressed when it crosses a network. */
  compression: "none" | "gzip";
  /** A sandbox lives no longer; undefined: as long as is asked for. */
  maxMinutes: number | undefined;
  /** What a sandbox costs, in US dollars an hour; 0 on one's own machine. */
  dollarsPerHour: number;
  /** claude is this machine's, else the sandbox has or gets its own. */
  usesOwnClaude: boolean;
}

/** The run of a sandbox that is made to see whether one can be: whoever made it takes it away, unless they were killed. */
export const PROBE_RUN = "probe";
/** No look takes so long: one that is older was left by who was killed over it. */
export const MOST_PROBE_MS = 5 * 60_000;

export interface Provider {
  name: ProviderName;
  capabilities: Capabilities;
  /**
   * Why no such sandbox can be made here, with what to do; none: it is ready. Asks for real where asking costs nothing.
   */
  problems(spec: Pick<SandboxSpec, "isWeak"> & Partial<Pick<SandboxSpec, "hosts">>): Promise<Failure[]>;
  /** What does not work in its sandboxes here as it does outside, in words. */
  remarks?: readonly string[];
  /** Makes one and answers when programs can run in it. After a failure nothing of it is left. */
  create(spec: SandboxSpec): Promise<Sandbox>;
  /** One that `create` made, from any process, by the provider's id; undefined: there is none any more. */
  open(id: string): Promise<Sandbox | undefined>;
  /** Those of this user that `create` has made: also when their maker died before it could write down their id. */
  all(): Promise<Made[]>;
}

/** Also one that is being made just now. */
export interface Made {
  id: string;
  /** "" when what was written down of it was damaged. */
  runId: string;
  /** undefined in the same case. */
  createdAt: Date | undefined;
}

export interface SandboxSpec {
  /** The run it is for; the provider keeps it with the sandbox. */
  runId: string;
  /** It ends by itself after so many minutes. What its file system holds is lost then, except where `inspect` says. */
  minutes: number;
  /** What may be reached: "host" or "host:port". Nothing else is. */
  hosts: readonly string[];
  /** Object directories of this machine that can be read inside, where the provider shares them. */
  objects: readonly string[];
  limits: { memoryBytes: number; processes: number };
  /** Its user accepts a weaker isolation where this machine refuses the strict one. */
  isWeak: boolean;
}

/** Absolute paths inside. */
export interface Places {
  /** The project. */
  workspace: string;
  /** What belongs to the run: prompt, output, exit code. */
  run: string;
  home: string;
  temporary: string;
}

export interface Sandbox {
  id: string;
  places: Places;
  /** What is weaker than it should be, in words for the result; none: the whole isolation. */
  weaknesses: readonly string[];
  /** Runs a program and waits for it. It and what it started end when it is stopped. */
  exec(command: Exec): Execution;
  /** Starts a program that goes on without us. It has no input, and what it prints is lost unless it redirects it. */
  start(command: Omit<Exec, "input" | "timeoutMs" | "signal">): Promise<void>;
  /** Unpacks a tar into a directory that exists: modes and symbolic links kept, owners not. */
  upload(tar: Upload): Promise<void>;
  /** A file's bytes. */
  download(path: string, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  inspect(): Promise<Standing>;
  /** It lives so many minutes from now on. Error: `provider.refused`. */
  extend(minutes: number): Promise<void>;
  /** Ends everything in it and removes it. One that is gone is no error. */
  destroy(): Promise<void>;
}

export interface Upload {
  tar: ReadableStream<Uint8Array>;
  /** As the capabilities say. */
  compression: Capabilities["compression"];
  into: string;
  signal?: AbortSignal;
}

export interface Exec {
  /** Looked up on the sandbox's PATH. */
  argv: readonly [string, ...string[]];
  /** Default: the workspace. */
  cwd?: string;
  /** Added to the sandbox's own environment, which has nothing of this machine's. May hold secrets. */
  env?: Readonly<Record<string, string>>;
  input?: string | Uint8Array;
  /** Stopped then: `proc.timeout`. Without: as long as it takes, also when it is silent for hours. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface Execution {
  /** Byte for byte, as it comes; who does not read it holds the program up. */
  stdout: ReadableStream<Uint8Array>;
  /** Settles when it has ended and its output was read or cancelled. Errors: `sandbox.gone`, `sandbox.exec`, `proc.*`. */
  ended: Promise<ExecEnd>;
  stop(): Promise<void>;
}

export interface ExecEnd {
  /** null when a signal ended it. */
  exit: number | null;
  /** The last 64 KiB. */
  stderr: string;
}

export interface Standing {
  /** "stopped": programs run no more, but what its file system holds can still be fetched. */
  state: "running" | "stopped" | "gone";
  /** When it ends by itself. */
  endsAt: Date | undefined;
  usage: { cpuPercent: number | undefined; memoryBytes: number | undefined; diskBytes: number | undefined };
  /** A program in it was ended since its memory was all used; absent where that is not seen. */
  ranOutOfMemory?: boolean;
}

/** Runs a program to its end and answers all it printed: for small answers (1 MiB, else `sandbox.exec`). */
export async function capture(sandbox: Pick<Sandbox, "exec">, command: Exec): Promise<ExecEnd & { stdout: string }> {
  const execution = sandbox.exec(command);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of execution.stdout) {
    size += chunk.length;
    if (size > MOST_CAPTURED_BYTES) {
      await execution.stop();
      break;
    }
    chunks.push(chunk);
  }
  const ended = await execution.ended;
  return { ...ended, stdout: new TextDecoder().decode(Buffer.concat(chunks)) };
}

const MOST_CAPTURED_BYTES = 1024 * 1024;
