// Which release an installed script of ours is of: a line near its top says so. Reads one small file, starts nothing.

import { closeSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** What is installed beside parallel-cc and calls it. */
export const SCRIPTS = ["claude-parallel", "parallel-cc-heartbeat.sh"] as const;
export type ScriptName = (typeof SCRIPTS)[number];

export interface Script {
  name: ScriptName;
  path: string;
  /** Null: it does not tell, as none did before 3.0. */
  release: string | null;
}

/** The line stands far before this. */
const HEAD_BYTES = 4096;

/** Undefined where there is no such file to read; null where it does not tell. */
export function releaseOf(file: string): string | null | undefined {
  const head = headOf(file, HEAD_BYTES);
  return head === undefined ? undefined : (/^pcc_release=(\d[\w.+-]*)$/m.exec(head)?.[1] ?? null);
}

/** The start of a regular file; undefined where there is none to read. */
export function headOf(file: string, bytes: number): string | undefined {
  try {
    // A pipe would be waited for.
    if (!statSync(file).isFile()) return undefined;
    const descriptor = openSync(file, "r");
    try {
      const head = new Uint8Array(bytes);
      return new TextDecoder().decode(head.subarray(0, readSync(descriptor, head)));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

/** The scripts beside the program and those first on PATH; each file once. */
export function scriptsAround(program: string, which: (name: string) => string | null): Script[] {
  const found = new Map<string, Script>();
  for (const name of SCRIPTS) {
    for (const path of [join(dirname(program), name), which(name)]) {
      const release = path === null ? undefined : releaseOf(path);
      if (path === null || release === undefined) continue;
      const real = realpathSync(path);
      if (!found.has(real)) found.set(real, { name, path, release });
    }
  }
  return [...found.values()];
}

/** Of a script, in words. */
export function releaseWords(release: string | null): string {
  return release === null ? "an earlier release" : `release ${release}`;
}
