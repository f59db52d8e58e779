// The keeper of one native sandbox: a process of its own that has the runtime with its proxies, starts what shall go on,
// and ends all of it when its time is over or it is told to. What it started ends with it, however it ends.

import { symlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { asFailure, errorDocument, Failure } from "../../../core/failure.ts";
import { v } from "../../../core/shape.ts";
import { programOnPath } from "../../../files/programs.ts";
import { answerAt } from "../../../proc/socket.ts";
import type { World } from "../../../world.ts";
import { claudeNeeds } from "./claude.ts";
import { removed } from "./destroy.ts";
import { furnish, type Ground, type KeeperStanding, recordOf, type SandboxRecord, writeStanding } from "./ground.ts";
import { readStart, SCRIPT } from "./inside.ts";
import { dropGroups, groupNames, holdDown } from "./limits.ts";
import { remarksOn, sightOf } from "./policy.ts";
import { endInside, endRelays } from "./processes.ts";
import { layParts, startRuntime } from "./runtime.ts";
import { ASKED, type Asked } from "./talk.ts";

type Effects = Pick<
  World,
  "env" | "log" | "now" | "paths" | "pid" | "processes" | "runProgram" | "signal" | "sleep" | "startPiped" | "streams"
>;

export interface Kept {
  endedBecause: "told" | "time" | "gone";
}

const TICK_MS = 500;
/** Written when programs can run inside; who started the keeper waits for it. */
export const READY = "kept\n";

/** Keeps it to its end. `endsAt`, `isRunning`: as it stands already, when an earlier keeper has ended. */
export async function keep(
  world: Effects,
  ground: Ground,
  { endsAt, isRunning }: { endsAt: Date; isRunning: boolean },
): Promise<Kept> {
  const record = recordOf(ground);
  endRelays(world, ground);
  furnish(ground);
  const runtime = await open(world, ground, record);
  let standing: KeeperStanding = { ...runtime.standing, endsAt: endsAt.toISOString(), isRunning };
  let end: Kept["endedBecause"] | undefined;
  const told = Promise.withResolvers<void>();
  const change = (changes: Partial<KeeperStanding>) => {
    standing = { ...standing, ...changes };
    writeStanding(ground, standing);
  };
  const answers = async (asked: Asked): Promise<void> => {
    if (asked.ask === "end") {
      end = "told";
      told.resolve();
    }
    if (asked.ask === "extend") {
      const until = world.now().getTime() + asked.minutes * MINUTE_MS;
      change({ endsAt: new Date(until).toISOString() });
    }
    if (asked.ask === "start") {
      await startApart(world, ground, { standing, asked });
      if (!standing.isRunning) change({ isRunning: true });
    }
  };
  // One that another keeper was killed over is not listened at any more.
  await rm(ground.socket, { force: true });
  const desk = answerAt(ground.socket, (text) => answered(() => answers(v.parse(ASKED(), JSON.parse(text)))));
  try {
    change({});
    await world.streams().write(READY);
    while (end === undefined) {
      if (world.signal().aborted) end = "told";
      else if (Date.parse(standing.endsAt) <= world.now().getTime()) end = "time";
      else if (!stands(ground)) end = "gone";
      else await Promise.race([world.sleep(TICK_MS), aborted(world.signal()), told.promise]);
    }
  } finally {
    // Not listened at: nothing is started any more.
    await desk.close();
    await endInside(world, ground, standing.groups);
    if (stands(ground)) change({ isRunning: false });
    await runtime.end();
    // Whoever took it away may have done so while this was being made.
    if (!stands(ground)) await removed(world, ground);
  }
  return { endedBecause: end };
}

const MINUTE_MS = 60_000;

async function open(world: Effects, ground: Ground, record: SandboxRecord) {
  const keeper = world.processes.identify(world.pid);
  if (keeper === undefined) throw new Error("this process does not know itself");
  layPrograms(world, ground);
  const parts = await layParts(ground.programs);
  const sight = sightOf(world, ground, record);
  const { limits } = record;
  const names = groupNames(ground);
  const programs = {
    bubblewrap: programOnPath("bwrap", world.env.path),
    socat: programOnPath("socat", world.env.path),
  };
  const holding = Promise.all([
    holdDown(world, { name: names[0], limits }),
    holdDown(world, { name: names[1], limits }),
  ]);
  const starting = startRuntime({ ...sight, ...parts, ...programs });
  const [[held, heldApart], runtime] = await Promise.all([holding, starting]).catch(async (thrown: unknown) => {
    dropGroups((await holding).flatMap(({ groups }) => groups));
    throw thrown;
  });
  const wrapped = await runtime.wrap(held.inside + SCRIPT);
  const [command, commandApart] = [held.before + wrapped, heldApart.before + wrapped];
  const groups = [...held.groups, ...heldApart.groups];
  const weaknesses = [...held.weaknesses, ...weaknessesOf(record)];
  const variables = variablesOf(ground, sight.path);
  return { standing: { keeper, command, commandApart, variables, weaknesses, groups }, end: runtime.end };
}

/** Of everything that is started inside, before its own. No secrets: they stand in `standing.json`. */
function variablesOf({ id, places }: Ground, path: string): Record<string, string> {
  return {
    PATH: path,
    HOME: places.home,
    USER: "sandbox",
    LOGNAME: "sandbox",
    SHELL: "/bin/sh",
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    IS_SANDBOX: "1",
    // Without it Node (24, and late 22) asks no proxy, and there is no other way out.
    NODE_USE_ENV_PROXY: "1",
    PARALLEL_CC_SANDBOX: id,
  };
}

function weaknessesOf({ isWeak }: SandboxRecord): string[] {
  const onMac =
    "A program that leaves its process group goes on after the sandbox has ended; there is no namespace here.";
  const nested =
    "The processes of this machine can be seen inside (/proc is this machine's), as was accepted with --weak-isolation.";
  return [...(process.platform === "darwin" ? [onMac] : []), ...(isWeak ? [nested] : []), ...remarksOn({ isWeak })];
}

function layPrograms(world: Pick<World, "env">, { programs }: Ground): void {
  for (const { name, file } of claudeNeeds(world.env).programs) {
    try {
      symlinkSync(file, join(programs, name));
    } catch (thrown) {
      if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST")) throw thrown;
    }
  }
}

/** Starts what goes on without anybody; its output is nobody's. */
async function startApart(
  world: Pick<World, "startPiped">,
  ground: Ground,
  { standing, asked }: { standing: KeeperStanding; asked: Extract<Asked, { ask: "start" }> },
): Promise<void> {
  const child = world.startPiped({
    command: "/bin/sh",
    args: ["-c", standing.commandApart],
    directory: ground.desk,
    input: Buffer.from(asked.told, "base64"),
    only: standing.variables,
  });
  const started = await readStart(child.stdout, asked);
  if (started === undefined) {
    const { stderr } = await child.ended;
    throw new Failure({ code: "sandbox.exec", message: "The sandbox could not be entered.", details: { stderr } });
  }
  started.reader.cancel().catch(() => undefined);
}

async function answered(work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return JSON.stringify({ ok: true });
  } catch (thrown) {
    return JSON.stringify(errorDocument(asFailure(thrown)));
  }
}

function stands(ground: Ground): boolean {
  try {
    recordOf(ground);
    return dirname(ground.desk) === ground.directory;
  } catch {
    return false;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });
}
