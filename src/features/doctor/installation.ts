// The installed programs: whether PATH finds them, and whether all of them are of the release that is asked.

import { dirname, join } from "node:path";
import { shellWord } from "../../core/text.ts";
import { allOnPath, firstOnPath, isExecutable, type OnPath, realPathOf } from "../../files/programs.ts";
import { headOf, releaseWords, type Script, scriptsAround } from "../../files/release.ts";
import { isPluginInUse } from "../install/install.ts";
import { type Skew, skews } from "../skew/skew.ts";
import type { Check } from "./check.ts";
import type { Effects, Scene } from "./scene.ts";

/** `--all` alone would put hooks and server in the place of a plugin. */
function together(world: Pick<Effects, "env" | "paths">): string {
  const words = isPluginInUse(world) ? "--all --plugin" : "--all";
  return `Bring them together with parallel-cc install ${words}; claude-parallel and hooks call what is first on PATH.`;
}

export async function checkInstallation({ world, registry }: Scene): Promise<Check[]> {
  const hint = together(world);
  const scripts = checkScripts(world, hint);
  const db = await registry();
  const callers = db === undefined ? [] : skews(db, world.version);
  return [await checkProgram(world, hint), ...scripts, ...checkCallers(callers, { scripts, hint })];
}

async function checkProgram(
  world: Pick<Effects, "env" | "program" | "version" | "runProgram">,
  hint: string,
): Promise<Check> {
  const name = "parallel-cc";
  const { program, version } = world;
  const own = realPathOf(program);
  const copies = allOnPath(name, world.env.path);
  const [first] = copies;
  if (first === undefined) {
    const detail = `${version}, in ${program}; PATH has no parallel-cc, which claude-parallel and hooks call.`;
    return { name, status: "warn", detail, hint: pathHint(world) };
  }
  const others = await Promise.all(
    copies
      .filter(({ real }) => real !== own)
      .map(async (copy) => ({ copy, release: await releaseOfCopy(world, copy) })),
  );
  const here = first.real === own ? `${version}, ${first.path}` : `${version}, in ${program}`;
  if (others.length === 0) return { name, status: "ok", detail: here };
  const named = others.map(({ copy, release }) => `${copy.path} (${release})`);
  const detail = `${here}; PATH has ${first.real === own ? "also" : "instead"} ${named.join(", ")}.`;
  if (others.every(({ release }) => release === version)) return { name, status: "ok", detail };
  return { name, status: "warn", detail, hint };
}

/** The version that another parallel-cc prints, or words for it. */
export async function releaseOfCopy(world: Pick<Effects, "runProgram">, { path, real }: OnPath): Promise<string> {
  // Half a second of Node for an answer that is known.
  if (real.endsWith(".js") || /^#!.*\bnode\b/.test(headOf(real, 128) ?? "")) return "an earlier release";
  const asking = { command: path, args: ["--version"], directory: "/", timeoutMs: 2000, maxOutputBytes: 65_536 };
  const ran = await world.runProgram(asking).catch(() => undefined);
  const said = ran === undefined ? "" : new TextDecoder().decode(ran.stdout).trim();
  return /^\d[\w.+-]{0,63}$/.test(said) ? said : "of an unknown release";
}

function checkScripts({ env, program, version }: Pick<Effects, "env" | "program" | "version">, hint: string): Check[] {
  const which = (name: string) => firstOnPath(name, env.path)?.path ?? null;
  const scripts = scriptsAround(realPathOf(program), which);
  const checks = scripts.map((script): Check => checkScript(script, { version, hint }));
  if (which("claude-parallel") !== null) return checks;
  const found = scripts.find(({ name }) => name === "claude-parallel");
  const missing: Check = {
    name: "claude-parallel",
    status: "warn",
    detail: "claude-parallel is not on PATH.",
    hint: pathHint({ env, program: found?.path ?? program }),
  };
  return [missing, ...checks.filter(({ name }) => name !== "claude-parallel")];
}

const NAMES = { "claude-parallel": "claude-parallel", "parallel-cc-heartbeat.sh": "heartbeat script" } as const;

function checkScript(
  { name: script, path, release }: Script,
  { version, hint }: { version: string; hint: string },
): Check {
  const name = NAMES[script];
  if (release === version) return { name, status: "ok", detail: `${version}, ${path}` };
  const detail = `${path} is of ${releaseWords(release)}, parallel-cc of ${version}.`;
  return { name, status: "warn", detail, hint };
}

/** Scripts of other releases that have called, where those found above are not them. */
function checkCallers(
  callers: readonly Skew[],
  { scripts, hint }: { scripts: readonly Check[]; hint: string },
): Check[] {
  return callers.flatMap(({ caller, release, version }) => {
    const name = NAMES[caller === "wrapper_version" ? "claude-parallel" : "parallel-cc-heartbeat.sh"];
    if (scripts.some((check) => check.name === name && check.status === "warn")) return [];
    const detail = `One of release ${release}, which is not found here, has called this ${version}.`;
    return [{ name, status: "warn", detail, hint } satisfies Check];
  });
}

/** The installed programs, where there are any, rather than a download that was started by its path. */
export function pathHint({ env, program }: Pick<Effects, "env" | "program">): string {
  const { programs } = env.places;
  const folder = isExecutable(join(programs, "parallel-cc")) ? programs : dirname(program);
  return `Add its directory to PATH: export PATH=${shellWord(folder)}:"$PATH"`;
}
