// Bytes cut into lines. A line that is too long is passed over without being held: whoever prints it decides how long
// it is, not how much we keep.

/** Far more than a tool's result takes; a picture may take more, and says nothing here. */
const MOST_LINE_BYTES = 1024 * 1024;

export interface Lines {
  /** The lines that this ends; undefined for each that was too long. */
  push(chunk: Uint8Array): (string | undefined)[];
  /** What stands after the last line end. */
  rest(): (string | undefined)[];
}

export function makeLines(mostBytes = MOST_LINE_BYTES): Lines {
  let parts: Uint8Array[] = [];
  let size = 0;
  const take = (): string | undefined => {
    const line = size > mostBytes ? undefined : new TextDecoder().decode(Buffer.concat(parts)).replace(/\r$/, "");
    parts = [];
    size = 0;
    return line;
  };
  const keep = (part: Uint8Array): void => {
    size += part.length;
    // Copied: what it is a part of may be large.
    if (size <= mostBytes) parts.push(part.slice());
    else parts = [];
  };
  return {
    push: (chunk) => {
      const ended: (string | undefined)[] = [];
      let from = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
        keep(chunk.subarray(from, end));
        ended.push(take());
        from = end + 1;
      }
      if (from < chunk.length) keep(chunk.subarray(from));
      return ended;
    },
    rest: () => (size === 0 ? [] : [take()]),
  };
}
