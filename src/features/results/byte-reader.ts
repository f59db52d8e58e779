// Reads a stream in parts of its own: a line, a record, so many bytes. It holds no more than one part and one chunk.

export interface ByteReader {
  /** Up to the next such byte, which is taken and not given; undefined at the end. Throws RangeError past `most`. */
  until(byte: number, most?: number): Promise<Buffer | undefined>;
  /** Exactly so many; throws RangeError when the stream ends before. */
  exactly(count: number): Promise<Buffer>;
  /** So many, in chunks as they come. */
  chunks(count: number): AsyncGenerator<Buffer>;
  /** The next byte, which stays; undefined at the end. */
  peek(): Promise<number | undefined>;
  /** All that is left, in chunks as they come. */
  rest(): AsyncGenerator<Buffer>;
  cancel(): Promise<void>;
}

const MOST_BYTES = 1024 * 1024;

export function readerOf(stream: ReadableStream<Uint8Array>): ByteReader {
  const reader = stream.getReader();
  let held: Buffer = Buffer.alloc(0);
  const more = async (): Promise<boolean> => {
    const next = await reader.read();
    if (next.done) return false;
    const chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    return true;
  };
  const take = (count: number): Buffer => {
    const taken = held.subarray(0, count);
    held = held.subarray(count);
    return taken;
  };
  const peek = async (): Promise<number | undefined> => {
    while (held.length === 0) if (!(await more())) return undefined;
    return held[0];
  };
  return {
    peek,
    async until(byte, most = MOST_BYTES) {
      for (let from = 0; ; ) {
        const at = held.indexOf(byte, from);
        if (at >= 0) {
          const part = take(at);
          take(1);
          return part;
        }
        from = held.length;
        if (from > most) throw new RangeError(`no end within ${most} bytes`);
        if (!(await more())) return from === 0 ? undefined : take(from);
      }
    },
    async exactly(count) {
      while (held.length < count) if (!(await more())) throw new RangeError("the stream has ended early");
      return take(count);
    },
    async *chunks(count) {
      for (let left = count; left > 0; ) {
        if ((await peek()) === undefined) throw new RangeError("the stream has ended early");
        const part = take(Math.min(left, held.length));
        left -= part.length;
        yield part;
      }
    },
    async *rest() {
      while ((await peek()) !== undefined) yield take(held.length);
    },
    cancel: () => reader.cancel(),
  };
}

/** What a generator gives, when it is asked for. */
export function streamOf(parts: AsyncGenerator<Uint8Array, unknown>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await parts.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await parts.return(undefined);
    },
  });
}
