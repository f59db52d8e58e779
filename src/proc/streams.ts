// Our own standard input and output as the two ends of a talk with another program: not by process.stdin and
// process.stdout, whose first touch costs more than the start of most commands.

import { fstatSync, readSync } from "node:fs";

const PART_BYTES = 64 * 1024;
/** A pipe whose writer is slow may be non-blocking. */
const PAUSE_MS = 2;

/**
 * All that comes from a file, a pipe or a socket until its end, in UTF-8. Undefined for a device, which a terminal is
 * too, and for more than `mostBytes`.
 */
export function readAll(fd: number, mostBytes: number): string | undefined {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    if (fstatSync(fd).isCharacterDevice()) return undefined;
    for (;;) {
      const part = new Uint8Array(PART_BYTES);
      const count = readPart(fd, part);
      if (count === 0) return new TextDecoder().decode(Buffer.concat(parts, size));
      size += count;
      if (size > mostBytes) return undefined;
      parts.push(part.subarray(0, count));
    }
  } catch {
    // Closed, a directory, or gone: there is nothing to read.
    return undefined;
  }
}

function readPart(fd: number, part: Uint8Array): number {
  for (;;) {
    try {
      return readSync(fd, part);
    } catch (thrown) {
      if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EAGAIN")) throw thrown;
      Bun.sleepSync(PAUSE_MS);
    }
  }
}

export interface Streams {
  input: ReadableStream<Uint8Array>;
  /** Resolves when it has left us; "closed" when nobody reads any more. */
  write(text: string): Promise<"written" | "closed">;
}

export function systemStreams(): Streams {
  const sink = Bun.stdout.writer();
  return {
    input: Bun.stdin.stream(),
    write: async (text) => {
      try {
        sink.write(text);
        await sink.flush();
        return "written";
      } catch {
        return "closed";
      }
    },
  };
}
