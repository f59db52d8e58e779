// The machines that parallel-cc is built for, and what a command line of the build asks for.

import { parseArgs } from "node:util";

export interface Target {
  name: string;
  /** As node names them: process.platform, process.arch. */
  os: "linux" | "darwin" | "win32";
  cpu: "x64" | "arm64";
  libc: "glibc" | "musl" | undefined;
  compile: Bun.Build.CompileTarget;
  /** The package that holds its Bun. */
  package: string;
}

export const TARGETS: readonly Target[] = [
  linux({ cpu: "x64", libc: "glibc" }),
  linux({ cpu: "arm64", libc: "glibc" }),
  linux({ cpu: "x64", libc: "musl" }),
  linux({ cpu: "arm64", libc: "musl" }),
  darwin("arm64"),
  darwin("x64"),
  {
    name: "windows-x64",
    ...{ os: "win32", cpu: "x64", libc: undefined },
    compile: "bun-windows-x64",
    package: "@oven/bun-windows-x64",
  },
];

function linux({ cpu, libc }: { cpu: "x64" | "arm64"; libc: "glibc" | "musl" }): Target {
  const suffix = libc === "musl" ? "-musl" : "";
  return {
    name: `linux-${cpu}${suffix}`,
    ...{ os: "linux", cpu, libc },
    compile: libc === "musl" ? `bun-linux-${cpu}-musl` : `bun-linux-${cpu}`,
    package: `@oven/bun-linux-${packageCpu(cpu)}${suffix}`,
  };
}

function darwin(cpu: "x64" | "arm64"): Target {
  return {
    name: `darwin-${cpu}`,
    ...{ os: "darwin", cpu, libc: undefined },
    compile: `bun-darwin-${cpu}`,
    package: `@oven/bun-darwin-${packageCpu(cpu)}`,
  };
}

function packageCpu(cpu: "x64" | "arm64"): string {
  return cpu === "arm64" ? "aarch64" : cpu;
}

export function programFile({ name, os }: Pick<Target, "name" | "os">): string {
  return `parallel-cc-${name}${os === "win32" ? ".exe" : ""}`;
}

export type Asked =
  /** The program of this machine, dist/parallel-cc. */
  | { what: "own"; isWatching: boolean }
  | { what: "targets"; targets: readonly Target[] }
  | { what: "nothing"; why: string };

/** `--watch`, or `--target <name>` any number of times, `all` for every one. Targets come once each, in our order. */
export function readWords(words: readonly string[]): Asked {
  const read = parse(words);
  if (typeof read === "string") return { what: "nothing", why: read };
  const { watch: isWatching = false, target: names } = read;
  if (names === undefined) return { what: "own", isWatching };
  if (isWatching) return { what: "nothing", why: "--watch builds for this machine alone, so it takes no --target." };
  const unknown = names.filter((name) => name !== "all" && !TARGETS.some((one) => one.name === name));
  if (unknown.length > 0) {
    const known = TARGETS.map(({ name }) => name).join(", ");
    return { what: "nothing", why: `No target ${unknown.join(", ")}; there are ${known}, and all.` };
  }
  return { what: "targets", targets: TARGETS.filter(({ name }) => names.includes(name) || names.includes("all")) };
}

function parse(words: readonly string[]): { watch?: boolean; target?: string[] } | string {
  try {
    const options = { watch: { type: "boolean" }, target: { type: "string", multiple: true } } as const;
    return parseArgs({ args: [...words], options, strict: true }).values;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}
