// A bundle that came out of a sandbox: nothing of it can be told from its outside. All its objects are looked at as git
// looks at a stranger's push, and what is not whole or not harmless leaves nothing behind.

import { rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { type ByteReader, streamOf } from "./byte-reader.ts";
import { type Pipes, pipeGit } from "./piped-git.ts";

const NEWLINE = 10;
const MOST_HEADER_LINES = 100_000;
const MOST_LINE_BYTES = 64 * 1024;

/** What git's fsck says of names and dates of people: odd ones hurt nobody, and are written anew. */
const HARMLESS = [
  ...["badDate", "badDateOverflow", "badEmail", "badName", "badTimezone", "missingEmail", "missingNameBeforeEmail"],
  ...["missingSpaceBeforeDate", "missingSpaceBeforeEmail", "zeroPaddedDate", "zeroPaddedFilemode"],
];

export interface BundleInput {
  store: string;
  /** What is left of it to read, from its first byte on. */
  reader: ByteReader;
  /** Has all of it then, for whoever wants to look at one that is refused. */
  file: string;
  signal: AbortSignal | undefined;
}

export interface Stored {
  bytes: number;
  /** Why nothing of it is in the store: `results.refused`. */
  refusal: Failure | undefined;
}

/**
 * Its objects come into the store while it comes. Who sent it may have stopped half-way, and is to be asked before a
 * refusal is believed. Errors: `results.no-space`, `proc.*`, what the reader throws.
 */
export async function storeBundle(world: Pipes, { store, reader, file, signal }: BundleInput): Promise<Stored> {
  await using copy = await copying(reader, file);
  const isKnown = await headerOf(copy);
  const refusal = isKnown ? await indexed(world, { store, signal, copy }) : refused("it is no bundle of git's");
  // What nobody wanted to read any more.
  for await (const _ of copy.parts());
  if (copy.trouble() !== undefined) throw copy.trouble();
  return { bytes: copy.bytes(), refusal };
}

async function indexed(
  world: Pipes,
  { store, signal, copy }: Pick<BundleInput, "store" | "signal"> & { copy: Copy },
): Promise<Failure | undefined> {
  const args = ["index-pack", "--stdin", "--fix-thin", `--strict=${HARMLESS.map((id) => `${id}=ignore`).join(",")}`];
  const piped = pipeGit(world, { store, args, input: streamOf(copy.parts()), signal });
  for await (const _ of piped.stdout);
  const ended = await piped.ended;
  if (/No space left on device/.test(ended.stderr)) throw noSpace(store, new Error(wordsOf(ended.stderr)));
  return ended.exit === 0 ? undefined : refused(wordsOf(ended.stderr));
}

/** Only what is needed of the format: no capability but the one that names the hash. */
async function headerOf(copy: Copy): Promise<boolean> {
  for (let count = 0; count < MOST_HEADER_LINES; count++) {
    const line = await copy.line();
    if (line === "" && count > 0) return true;
    const isKnown =
      count === 0
        ? line === "# v2 git bundle" || line === "# v3 git bundle"
        : /^(@object-format=sha(1|256)$|-?[0-9a-f]{40,64}( |$))/.test(line ?? "");
    if (!isKnown) return false;
  }
  return false;
}

interface Copy extends AsyncDisposable {
  /** Without its end; undefined where there is none. */
  line(): Promise<string | undefined>;
  /** The rest. It ends early at a trouble: who reads it would wait for ever otherwise. */
  parts(): AsyncGenerator<Uint8Array>;
  trouble(): unknown;
  bytes(): number;
}

/** What is read stands in the file as well. */
async function copying(reader: ByteReader, file: string): Promise<Copy> {
  const handle = await open(file, "w", 0o600);
  let bytes = 0;
  let trouble: unknown;
  const write = async (chunk: Uint8Array) => {
    bytes += chunk.length;
    await handle.writeFile(chunk).catch((cause: unknown) => {
      rmSync(file, { force: true });
      throw noSpace(file, cause);
    });
  };
  return {
    async line() {
      try {
        const line = await reader.until(NEWLINE, MOST_LINE_BYTES);
        if (line === undefined) return undefined;
        await write(Buffer.concat([line, Buffer.of(NEWLINE)]));
        return line.toString("latin1");
      } catch (thrown) {
        if (!(thrown instanceof RangeError)) trouble ??= thrown;
        return undefined;
      }
    },
    async *parts() {
      try {
        while (trouble === undefined) {
          const { value: chunk, done } = await reader.rest().next();
          if (done === true) return;
          await write(chunk);
          yield chunk;
        }
      } catch (thrown) {
        trouble ??= thrown;
      }
    },
    trouble: () => trouble,
    bytes: () => bytes,
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

function noSpace(file: string, cause: unknown): Failure {
  return new Failure({
    kind: "unavailable",
    code: "results.no-space",
    message: `What comes out of the sandbox could not be written to ${file}: ${cause instanceof Error ? cause.message : cause}.`,
    hint: "Make room on that disk and run the command again: the sandbox still has it.",
    cause,
  });
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
