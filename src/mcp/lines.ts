// Bytes to lines, with a bound: a line that is longer is given up as a whole and told as such, and the next one is read.

export interface LineReader {
  push(bytes: Uint8Array): void;
  /** What came after the last line end is a line as well. */
  end(): void;
}

export interface LineHandlers {
  mostBytes: number;
  onLine(line: string): void;
  onTooLong(): void;
}

const NEWLINE = 10;

export function lineReader({ mostBytes, onLine, onTooLong }: LineHandlers): LineReader {
  const decoder = new TextDecoder();
  let begun: Uint8Array[] = [];
  let length = 0;
  const finish = (last: Uint8Array): void => {
    if (length + last.length > mostBytes) onTooLong();
    else onLine(decoder.decode(begun.length === 0 ? last : Buffer.concat([...begun, last])));
    begun = [];
    length = 0;
  };
  return {
    push: (bytes) => {
      let from = 0;
      for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
        finish(bytes.subarray(from, at));
        from = at + 1;
      }
      const rest = bytes.subarray(from);
      length += rest.length;
      // What is too long is only counted.
      if (length <= mostBytes) begun.push(rest);
      else begun = [];
    },
    end: () => finish(new Uint8Array()),
  };
}
