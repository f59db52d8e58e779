// Our own standard input and output as the two ends of a talk with another program: not by process.stdin and
// process.stdout, whose first touch costs more than the start of most commands.

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
