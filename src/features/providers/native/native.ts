// Sandboxes on this very machine: bubblewrap on Linux, Seatbelt on macOS. Each is a directory, and a keeper process.

import { Failure } from "../../../core/failure.ts";
import type { World } from "../../../world.ts";
import { type Made, PROBE_RUN, type Provider, type Sandbox, type SandboxSpec } from "../provider.ts";
import { destroyed } from "./destroy.ts";
import { type Ground, groundsIn, makeGround, recordFor, recordOf, standingGround, standingOf } from "./ground.ts";
import { checkHosts, checkMinutes, MOST_MINUTES, remarksOn, wrongHosts } from "./policy.ts";
import { entered, missing, proven } from "./probe.ts";
import { rootProblems } from "./root.ts";
import { type Effects as Holders, nativeSandbox } from "./sandbox.ts";
import { awake } from "./talk.ts";

type Effects = Holders & Pick<World, "env" | "paths" | "pid">;

export function nativeProvider(world: Effects): Provider {
  return {
    name: "native",
    capabilities: {
      sharesObjects: true,
      compression: "none",
      maxMinutes: MOST_MINUTES,
      dollarsPerHour: 0,
      usesOwnClaude: true,
    },
    problems: async ({ isWeak, hosts = [] }) => {
      const found = [...missing(world.env), ...rootProblems(world)];
      const others = found.length > 0 ? found : await proven(() => made(world, { ...PROBE, isWeak }));
      return [...wrongHosts(hosts), ...others];
    },
    remarks: remarksOn({ isWeak: false }),
    create: async (spec) => {
      checkHosts(spec.hosts);
      checkMinutes(spec.minutes);
      return made(world, spec);
    },
    open: async (id) => {
      const ground = standingGround(world, id);
      return ground && nativeSandbox(world, ground, standingOf(ground)?.weaknesses ?? []);
    },
    all: async () => groundsIn(world).map(madeOf),
  };
}

/** One whose record was damaged is listed all the same, since it still takes its room. */
function madeOf(ground: Ground): Made {
  const { id } = ground;
  try {
    const { runId, createdAt } = recordOf(ground);
    return { id, runId, createdAt: new Date(createdAt) };
  } catch {
    return { id, runId: "", createdAt: undefined };
  }
}

/** For a look at whether sandboxes can be made at all. */
const PROBE = {
  runId: PROBE_RUN,
  minutes: 1,
  hosts: [],
  objects: [],
  limits: { memoryBytes: 1024 ** 3, processes: 200 },
} satisfies Omit<SandboxSpec, "isWeak">;

/** Who accepts a weaker one gets it only where there is no other. */
async function made(world: Effects, spec: SandboxSpec): Promise<Sandbox> {
  try {
    return await entire(world, { ...spec, isWeak: false });
  } catch (thrown) {
    const isRefused = thrown instanceof Failure && thrown.code === "provider.not-ready";
    if (!(spec.isWeak && isRefused)) throw thrown;
    return entire(world, spec);
  }
}

/** Stopped by a signal, it leaves nothing. */
async function entire(world: Effects, spec: SandboxSpec): Promise<Sandbox> {
  const ground = makeGround(world, recordFor(spec, world.now()));
  try {
    const signal = world.signal();
    const { weaknesses } = await awake(world, ground, signal);
    const sandbox = nativeSandbox(world, ground, weaknesses);
    await entered(sandbox, { isWeak: spec.isWeak, signal });
    return sandbox;
  } catch (thrown) {
    await undone(world, ground);
    throw thrown;
  }
}

/** What went wrong first is what is told. */
async function undone(world: Effects, ground: Ground): Promise<void> {
  try {
    await destroyed(world, ground);
  } catch {
    // Listed by `all` for as long as it is there.
  }
}
