// What a session's shell and its scripts are told of its leases: names and values of environment variables.

import { basename } from "node:path";
import { slug } from "../../core/text.ts";

export interface Lease {
  ports: readonly number[];
  worktreeName: string | null;
  branch: string | null;
  /** Top of the main checkout. */
  repoPath: string;
  /** Whether the session works in a worktree that parallel-cc made. */
  isInOwnWorktree: boolean;
}

/** A label of DNS, and what host names, databases and buckets are cut to. */
const MOST_CHARACTERS = 63;
const MOST_OF_REPOSITORY = 30;
const HASH_CHARACTERS = 6;

/**
 * COMPOSE_PROJECT_NAME comes with the ports, and only in a worktree of ours: elsewhere the user's containers keep the
 * name that compose gave them by itself, and are found again by it.
 */
export function leaseVariables(lease: Lease): Record<string, string> {
  const { ports, worktreeName, branch, repoPath } = lease;
  // Every repository has a `main`; a worktree of ours has a name that is nowhere else.
  const name = label(worktreeName ?? `${repositoryWord(repoPath)}-${branch ?? "detached"}`);
  const hasProject = lease.isInOwnWorktree && ports.length > 0;
  return {
    ...Object.fromEntries(ports.map((port, i) => [portVariable(i), String(port)])),
    PARALLEL_CC_SLUG: name,
    // Its end is the slug: by that a session started inside this one knows that it is not the user's own.
    ...(hasProject ? { COMPOSE_PROJECT_NAME: `${repositoryWord(repoPath)}-${name}` } : {}),
  };
}

function portVariable(index: number): string {
  return index === 0 ? "PARALLEL_CC_PORT" : `PARALLEL_CC_PORT_${index + 1}`;
}

// Compose wants a letter or a digit first. That no two projects are one is the slug's doing.
function repositoryWord(path: string): string {
  const word = plain(basename(path).replace(/\.git$/, "")).slice(0, MOST_OF_REPOSITORY);
  return word.replace(/-$/, "") || "repository";
}

/**
 * Lower case ASCII letters, digits and single hyphens, none at the ends: good for host names, compose projects and
 * databases. A name that loses more than its case and its slashes ends in a hash, so that no two become one.
 */
export function label(text: string): string {
  const whole = plain(text);
  if (whole !== "" && whole.length <= MOST_CHARACTERS && whole === text.toLowerCase().replaceAll("/", "-"))
    return whole;
  const hash = new Bun.CryptoHasher("sha256").update(text).digest("hex").slice(0, HASH_CHARACTERS);
  const head = whole.slice(0, MOST_CHARACTERS - HASH_CHARACTERS - 1).replace(/-$/, "");
  return head === "" ? hash : `${head}-${hash}`;
}

function plain(text: string): string {
  const words = slug(text, Number.MAX_SAFE_INTEGER).replace(/[^a-z0-9]+/g, "-");
  return words.replace(/^-|-$/g, "");
}
