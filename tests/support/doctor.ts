// Doctor asked in a test's own place, by a program that stands there, with a PATH on which nothing is installed but git
// and what the test puts there.

import { chmod, mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Check, examine } from "../../src/features/doctor/doctor.ts";
import type { Place } from "./place.ts";
import { testWorld, type WorldInput } from "./world.ts";

export const VERSION = "3.1.0";

export interface Asked extends Pick<WorldInput, "cwd" | "path"> {
  /** Of the one that is asked (VERSION). */
  version?: string;
  /** Nothing is on PATH but `path`, not even git. */
  isBare?: boolean;
}

/** What doctor finds. */
export async function examined(place: Place, asked: Asked = {}): Promise<Check[]> {
  const { cwd, path = [], version = VERSION, isBare = false } = asked;
  await using world = testWorld(place, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH: [...path, isBare ? place.at("empty") : await systemTools(place)].join(":") },
  });
  return examine({ ...world, version, program: place.at("bin/parallel-cc") });
}

/** Those of one name; `what` tells the wanted one of several apart by its detail. */
export function found(checks: readonly Check[], name: string, what: RegExp = /(?:)/): Check | undefined {
  return checks.find((check) => check.name === name && what.test(check.detail));
}

/** git, a shell and printenv, and nothing that a developer's machine may have beside them. */
async function systemTools(place: Place): Promise<string> {
  const folder = place.at("system");
  if (await mkdir(folder, { recursive: true }).then((made) => made === undefined)) return folder;
  for (const name of ["git", "sh", "printenv"]) await symlink(Bun.which(name) ?? `/bin/${name}`, join(folder, name));
  return folder;
}

/** The program that is asked, which prints `VERSION` and knows these commands; and both scripts, in `bin`. */
export async function install(
  place: Place,
  { commands = [], release = VERSION }: { commands?: readonly string[]; release?: string | null } = {},
): Promise<string> {
  const known = commands.map((words) => `"${words} --help") exit 0 ;;\n`).join("");
  await writeProgram(
    place.at("bin/parallel-cc"),
    `#!/bin/sh\ncase "$*" in\n--version) echo ${VERSION} ;;\n${known}*) exit 2 ;;\nesac\n`,
  );
  const line = release === null ? "" : `pcc_release=${release}\n`;
  await writeProgram(place.at("bin/claude-parallel"), `#!/bin/sh\n${line}`);
  await writeProgram(place.at("bin/parallel-cc-heartbeat.sh"), `#!/bin/sh\n${line}`);
  return place.at("bin");
}

export async function writeProgram(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await Bun.write(path, text);
  await chmod(path, 0o755);
}
