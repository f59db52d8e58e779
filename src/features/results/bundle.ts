// A bundle that came out of a sandbox: nothing of it can be told from its outside. All its objects are looked at as git
// looks at a stranger's push, and what is not whole or not harmless leaves nothing behind.

import { type FileHandle, open } from "node:fs/promises";
import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { type Pipes, pipeGit, requireDone } from "./piped-git.ts";

const MOST_HEADER_BYTES = 4 * 1024 * 1024;

/** What git's fsck says of names and dates of people: odd ones hurt nobody, and are written anew. */
const HARMLESS = [
  ...["badDate", "badDateOverflow", "badEmail", "badName", "badTimezone", "missingEmail", "missingNameBeforeEmail"],
  ...["missingSpaceBeforeDate", "missingSpaceBeforeEmail", "zeroPaddedDate", "zeroPaddedFilemode"],
];

/** Its objects come into the store. Errors: `results.refused`, `proc.*`. */
export async function storeBundle(
  world: Pipes,
  { store, file, signal }: { store: string; file: string; signal: AbortSignal | undefined },
): Promise<void> {
  const offset = await packOffset(file);
  const args = ["index-pack", "--stdin", "--fix-thin", `--strict=${HARMLESS.map((id) => `${id}=ignore`).join(",")}`];
  const piped = pipeGit(world, { store, args, input: bytesFrom(file, offset), signal });
  for await (const _ of piped.stdout);
  const ended = await piped.ended;
  if (/No space left on device/.test(ended.stderr)) requireDone(args, ended);
  if (ended.exit !== 0) throw refused(wordsOf(ended.stderr));
}

const CHUNK_BYTES = 512 * 1024;

// The stream of a slice of a file would begin at the file's beginning where a child is given it (Bun 1.4.4).
function bytesFrom(file: string, offset: number): ReadableStream<Uint8Array> {
  let handle: FileHandle | undefined;
  let position = offset;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      handle ??= await open(file);
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, position);
      position += bytesRead;
      if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead));
      await handle.close();
      controller.close();
    },
    async cancel() {
      await handle?.close();
    },
  });
}

/** Where its pack begins. Only what is needed of the format: no capability but the one that names the hash. */
async function packOffset(file: string): Promise<number> {
  const handle = await open(file);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(MOST_HEADER_BYTES), 0, MOST_HEADER_BYTES, 0);
    const end = buffer.subarray(0, bytesRead).indexOf("\n\n");
    const lines = end < 0 ? [] : buffer.subarray(0, end).toString("latin1").split("\n");
    const isKnown = lines.every((line, index) =>
      index === 0
        ? /^# v[23] git bundle$/.test(line)
        : /^(@object-format=sha(1|256)$|-?[0-9a-f]{40,64}( |$))/.test(line),
    );
    if (end < 0 || !isKnown) throw refused("it is no bundle of git's");
    return end + 2;
  } finally {
    await handle.close();
  }
}

function wordsOf(stderr: string): string {
  const said = stderr.split("\n").filter((line) => /^(fatal|error):/.test(line));
  return (
    printable(
      said
        .slice(0, 3)
        .join("; ")
        .replace(/(^|; )(fatal|error): /g, "$1"),
    ) || "git index-pack refused it"
  );
}

export function refused(why: string): Failure {
  return new Failure({
    kind: "unavailable",
    code: "results.refused",
    message: `What came out of the sandbox is not taken: ${why}.`,
    hint: "What came home before is still here. Look into the sandbox before it is removed.",
  });
}
