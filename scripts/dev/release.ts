// What a build for other machines leaves beside its programs: SHA256SUMS, a signature on those for macOS where it can
// be made, and a table for people.

import { rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { digestOf } from "./runtimes.ts";
import type { Runnable } from "./smoke.ts";
import { programFile, TARGETS, type Target } from "./targets.ts";

const SUMS = "SHA256SUMS";

/** Sums that speak of older programs are worse than none. */
export async function dropSums(folder: string): Promise<void> {
  await rm(join(folder, SUMS), { force: true });
}

/** Of every target's program that is in the folder, as `sha256sum --check` reads it. */
export async function writeSums(folder: string): Promise<void> {
  const lines: string[] = [];
  for (const file of TARGETS.map(programFile).sort()) {
    const digest = await digestOf(join(folder, file));
    // Two spaces: read as it is, without a change of line ends.
    if (digest !== undefined) lines.push(`${digest}  ${file}\n`);
  }
  const fresh = join(folder, `.${SUMS}.${process.pid}`);
  await Bun.write(fresh, lines.join(""));
  await rename(fresh, join(folder, SUMS));
}

/**
 * Bun 1.4.4 signs what it makes for darwin-arm64 anew (ad hoc); in what it makes for darwin-x64 the signature of the
 * runtime stays, and fits no more. Without `codesign`, which macOS alone has, both are left like that: answers false.
 */
export async function signForMac(program: string, codesign: string | null = Bun.which("codesign")): Promise<boolean> {
  if (codesign === null) return false;
  for (const words of [
    ["--force", "--sign", "-"],
    ["--verify", "--strict"],
  ]) {
    const child = Bun.spawn([codesign, ...words, program], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
    const [stderr, exit] = await Promise.all([child.stderr.text(), child.exited]);
    if (exit !== 0) throw new Error(`codesign ${words[0]} failed (exit ${exit}):\n${stderr}`);
  }
  return true;
}

export interface Made {
  target: Target;
  sizeBytes: number;
  /** How it was run here, or why it was not. */
  found: Runnable;
  isSigned: boolean;
}

export function tableOf(made: readonly Made[]): string {
  const rows = made.map(({ target, sizeBytes, found }) => [programFile(target), megabytes(sizeBytes), told(found)]);
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const [first, second] = [width(0), width(1)];
  const lines = rows.map(
    ([file = "", size = "", smoke]) => `${file.padEnd(first)}  ${size.padStart(second)}  ${smoke}`,
  );
  return [...lines, ...notesOf(made)].map((line) => `${line}\n`).join("");
}

function told(found: Runnable): string {
  if (!found.can) return `not run: ${found.why}`;
  const [emulator] = found.way;
  return emulator === undefined ? "smoke run ok" : `smoke run ok (${basename(emulator)})`;
}

function notesOf(made: readonly Made[]): string[] {
  const unsigned = made.filter(({ target, isSigned }) => target.os === "darwin" && !isSigned);
  return unsigned.map(({ target }) => {
    const command = `codesign --force --sign - ${programFile(target)}`;
    if (target.cpu === "arm64") return `${target.name}: signed ad hoc by Bun. To sign it anew, on macOS: ${command}`;
    return `${target.name}: has no valid signature yet. On macOS, before it starts: ${command}`;
  });
}

export function megabytes(sizeBytes: number): string {
  return `${(sizeBytes / 1e6).toFixed(0)} MB`;
}
