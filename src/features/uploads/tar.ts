// A list of files as a tar, made by the system's own program and read as it comes: nothing of it is held, or laid aside.

import { Duplex } from "node:stream";
import { createGzip } from "node:zlib";
import { Failure } from "../../core/failure.ts";
import { listOf } from "../../files/byte-paths.ts";
import type { World } from "../../world.ts";
import type { Capabilities } from "../providers/providers.ts";
import { garbageCollector } from "./garbage.ts";

type Effects = Pick<World, "runProgram" | "startPiped" | "env">;

export interface Packing {
  top: string;
  /** One character for each byte. */
  paths: readonly string[];
  compression: Capabilities["compression"];
  /** Called with what has been read so far, before it is compressed. */
  onBytes(bytes: number): void;
  signal: AbortSignal | undefined;
}

export interface Packed {
  tar: ReadableStream<Uint8Array>;
  /** What could not be packed, in tar's words; "" when all was. */
  complaints: Promise<string>;
  /** When nobody reads it to its end. */
  stop(): Promise<void>;
}

/** Names ended by NUL, none of them an option or a pattern, and no directory but for the way to a file. */
const LIST = ["--null", "--no-recursion", "--files-from=-"];

/** Links to one file are files of their own there; who owns them here is nobody's business. */
const GNU = ["--create", "--file=-", "--format=gnu", "--hard-dereference", "--owner=0", "--group=0", "--numeric-owner"];
const GNU_MODE = ["--mode=u+rw,go-w,a-st", "--no-unquote"];
const BSD = ["-c", "-f", "-", "--format", "gnutar", "--uid", "0", "--gid", "0", "--uname", "", "--gname", ""];

/** Errors: `upload.no-tar`. */
export async function pack(world: Effects, { top, paths, compression, onBytes, signal }: Packing): Promise<Packed> {
  const said = await world.runProgram({ command: "tar", args: ["--version"], directory: top }).catch(noneFound);
  const version = new TextDecoder().decode(said?.stdout);
  const options = /GNU tar/.test(version) ? [...GNU, ...GNU_MODE] : /bsdtar/.test(version) ? BSD : undefined;
  if (options === undefined) throw noTar();
  const piped = world.startPiped({
    command: "tar",
    args: [...options, ...LIST],
    directory: top,
    // Without what its user has set for other tars (TAR_OPTIONS); macOS adds files of its own unless it is told not to.
    only: { PATH: world.env.path, LC_ALL: "C", COPYFILE_DISABLE: "1" },
    input: listOf(paths),
    ...(signal && { signal }),
  });
  const ended = piped.ended.then(({ exit, stderr }) => (exit === 0 ? "" : stderr.trim() || `tar gave ${exit}`));
  ended.catch(() => undefined);
  const counted = piped.stdout.pipeThrough(countOf(onBytes));
  return { tar: compression === "gzip" ? gzipped(counted) : counted, complaints: ended, stop: piped.stop };
}

function countOf(onBytes: (bytes: number) => void) {
  const dropped = garbageCollector();
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      onBytes(chunk.length);
      dropped(chunk.length);
      controller.enqueue(chunk);
    },
  });
}

/** At the level that keeps up with a network. */
function gzipped(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  return stream.pipeThrough(Duplex.toWeb(createGzip({ level: 1 })));
}

function noneFound(thrown: unknown): undefined {
  if (!(thrown instanceof Failure && thrown.code === "proc.not-found")) throw thrown;
}

function noTar(): Failure {
  return new Failure({
    kind: "unavailable",
    code: "upload.no-tar",
    message: "Neither GNU tar nor bsdtar was found on PATH.",
    hint: "Install one of them, or put it first on PATH.",
  });
}
