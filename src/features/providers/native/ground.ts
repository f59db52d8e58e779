// Where a native sandbox stands on this machine, and what is written down of it: what it was asked to be, by who made
// it, and how it stands, by its keeper. No secret is in either.

import { existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../../core/failure.ts";
import { NUMBER, TEXT, TEXT_OR_NULL, v, YES_OR_NO } from "../../../core/shape.ts";
import { replaceFile } from "../../../files/atomic.ts";
import { readSmallFile } from "../../../files/small.ts";
import type { World } from "../../../world.ts";
import type { Places, SandboxSpec } from "../provider.ts";
import { makeRoot, rootOf } from "./root.ts";

export interface Ground {
  id: string;
  directory: string;
  places: Places;
  /** Programs that its PATH begins with; readable inside. */
  programs: string;
  /** Sockets of its proxies; readable inside. */
  net: string;
  /** Where its keeper stands and what it is asked at: nothing of it is seen inside. */
  desk: string;
  socket: string;
  /** Held by who starts a keeper. */
  lock: string;
}

const RECORD = () =>
  v.object({
    runId: TEXT,
    createdAt: TEXT,
    minutes: NUMBER,
    hosts: v.array(TEXT),
    objects: v.array(TEXT),
    limits: v.object({ memoryBytes: NUMBER, processes: NUMBER }),
    isWeak: YES_OR_NO,
  });
export type SandboxRecord = v.InferOutput<ReturnType<typeof RECORD>>;

const STANDING = () =>
  v.object({
    keeper: v.object({
      pid: NUMBER,
      startTime: TEXT_OR_NULL,
      bootId: TEXT_OR_NULL,
      pidNamespace: TEXT_OR_NULL,
      host: TEXT_OR_NULL,
    }),
    endsAt: TEXT,
    /** False once a keeper has ended: what it had started is gone, another one only lets the files be fetched. */
    isRunning: YES_OR_NO,
    /** For `sh -c`: what runs inside, and waits to be told on its input what it is to be. */
    command: TEXT,
    /** The same for what goes on by itself: it has limits of its own, so that it cannot keep out who comes to stop it. */
    commandApart: TEXT,
    /** The whole environment of that command. */
    variables: v.record(TEXT, TEXT),
    weaknesses: v.array(TEXT),
    /** Directories of control groups that hold all of its processes. */
    groups: v.array(TEXT),
  });
export type KeeperStanding = v.InferOutput<ReturnType<typeof STANDING>>;

const RECORD_FILE = "sandbox.json";
const STANDING_FILE = "standing.json";
/** sun_path holds 104 bytes on macOS and 108 on Linux; srt's own name for its socket is this long (0.0.83). */
const MOST_SOCKET_BYTES = process.platform === "darwin" ? 103 : 107;
const SOCKET_NAME = "claude-http-0123456789abcdef.sock";

type Effects = Pick<World, "env" | "paths">;

export function groundOf(root: string, id: string): Ground {
  const directory = join(root, id);
  const isShort = Buffer.byteLength(join(directory, "net", SOCKET_NAME)) <= MOST_SOCKET_BYTES;
  const hash = new Bun.CryptoHasher("sha1").update(directory).digest("hex").slice(0, 16);
  const sockets = isShort ? directory : join("/tmp", `parallel-cc-${hash}`);
  return {
    id,
    directory,
    places: {
      workspace: join(directory, "work"),
      run: join(directory, "run"),
      home: join(directory, "home"),
      temporary: join(directory, "tmp"),
    },
    programs: join(directory, "bin"),
    net: join(sockets, "net"),
    desk: join(directory, "desk"),
    socket: join(sockets, "keeper"),
    lock: join(directory, "lock"),
  };
}

/** Of this id; undefined when there is none. */
export function standingGround(world: Effects, id: string): Ground | undefined {
  const root = rootOf(world);
  if (!/^[a-z0-9]{6,40}$/.test(id) || !existsSync(join(root, id, RECORD_FILE))) return undefined;
  return groundOf(realpathSync(root), id);
}

/** It appears as a whole, with its record. Errors: `provider.not-ready`. */
export function makeGround(world: Effects & Pick<World, "newId" | "now" | "pid">, record: SandboxRecord): Ground {
  const real = makeRoot(world);
  clearHalves(world, real);
  for (;;) {
    const ground = groundOf(real, world.newId().replaceAll("-", "").slice(0, 12));
    const fresh = join(real, `.new-${ground.id}-${world.pid}`);
    mkdirSync(fresh, { mode: 0o700 });
    writePrivately(join(fresh, RECORD_FILE), record);
    try {
      if (existsSync(ground.directory)) continue;
      renameSync(fresh, ground.directory);
    } catch (thrown) {
      if (!existsSync(ground.directory)) throw thrown;
      continue;
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
    return ground;
  }
}

/** Making one takes milliseconds; who was killed over it left this. */
const HALF_MS = 10 * 60_000;

function clearHalves({ now }: Pick<World, "now">, root: string): void {
  for (const name of readdirSync(root)) {
    const path = join(root, name);
    const madeMs = /^\.new-[a-z0-9]+-\d+$/.test(name) ? lstatSync(path, { throwIfNoEntry: false })?.mtimeMs : undefined;
    if (madeMs !== undefined && now().getTime() - madeMs > HALF_MS) rmSync(path, { recursive: true, force: true });
  }
}

/** What stands below it; called again by each keeper. */
export function furnish(ground: Ground): void {
  const { places, programs, net, desk } = ground;
  for (const path of [...Object.values(places), programs, net, desk]) mkdirSync(path, { recursive: true, mode: 0o700 });
}

export function groundsIn(world: Effects): Ground[] {
  const root = rootOf(world);
  if (!existsSync(root)) return [];
  return readdirSync(root).flatMap((id) => standingGround(world, id) ?? []);
}

/** Errors: `sandbox.gone`. */
export function recordOf(ground: Ground): SandboxRecord {
  const found = read(join(ground.directory, RECORD_FILE), RECORD());
  if (found !== undefined) return found;
  throw new Failure({
    code: "sandbox.gone",
    message: `The sandbox ${ground.id} is not there any more.`,
    hint: "What it held is lost unless it was fetched before.",
  });
}

/** undefined: no keeper has come so far. */
export function standingOf(ground: Ground): KeeperStanding | undefined {
  return read(join(ground.directory, STANDING_FILE), STANDING());
}

export function writeStanding(ground: Ground, standing: KeeperStanding): void {
  writePrivately(join(ground.directory, STANDING_FILE), standing);
}

export function recordFor(spec: SandboxSpec, now: Date): SandboxRecord {
  const { runId, minutes, hosts, objects, limits, isWeak } = spec;
  return { runId, createdAt: now.toISOString(), minutes, hosts: [...hosts], objects: [...objects], limits, isWeak };
}

function writePrivately(file: string, value: unknown): void {
  replaceFile({ file, text: `${JSON.stringify(value)}\n`, mode: 0o600, directoryMode: 0o700 });
}

function read<T>(file: string, shape: v.GenericSchema<unknown, T>): T | undefined {
  try {
    const found = v.safeParse(shape, JSON.parse(readSmallFile(file)));
    return found.success ? found.output : undefined;
  } catch {
    return undefined;
  }
}
