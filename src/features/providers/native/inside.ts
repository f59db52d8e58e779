// How a program comes to run inside: what is started there is always the same, and reads from its input what it is to
// become, so that neither an argument nor a variable of it is ever in a process, a file or a log of this machine.

import { Failure, usage } from "../../../core/failure.ts";
import SCRIPT from "./inside.sh" with { type: "text" };

export { SCRIPT };

export interface Told {
  /** Of the caller's own: what says it back first is the start and not the program. */
  word: string;
  argv: readonly [string, ...string[]];
  directory: string;
  variables: Readonly<Record<string, string>>;
  /** Whether it has an input; apart: no output either. */
  kind: "fed" | "unfed" | "apart";
}

/** Errors: `usage.*` for what no process can be given. */
export function tellStart({ word, argv, directory, variables, kind }: Told): Uint8Array {
  const named = Object.entries(variables);
  const odd = named.find(([name]) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  if (odd !== undefined) throw usage("variable-name", `"${odd[0]}" is no name of an environment variable.`);
  const settings = named.map(([name, value]) => `${name}=${value}`);
  const fields = [word, directory, kind, String(argv.length), ...argv, String(settings.length), ...settings];
  if (fields.some((field) => field.includes("\0"))) throw usage("nul", "No argument or variable can hold a NUL.");
  return Buffer.from(fields.map((field) => `${field}\0`).join(""));
}

interface Reader {
  /** No value: the end. */
  read(): Promise<{ value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

export interface Start {
  /** What came along with the line. */
  rest: Uint8Array | undefined;
  reader: Reader;
}

const MOST_LINE_BYTES = 4096;

/** Reads the first line; undefined: what runs sandboxes has failed before it. Errors: `sandbox.exec`. */
export async function readStart(
  stdout: ReadableStream<Uint8Array>,
  { word, argv, directory }: Pick<Told, "word" | "argv" | "directory">,
): Promise<Start | undefined> {
  const reader = stdout.getReader();
  let read: Uint8Array = new Uint8Array();
  while (!read.includes(10)) {
    const { value } = await reader.read();
    if (value === undefined || read.length > MOST_LINE_BYTES) return undefined;
    read = Buffer.concat([read, value]);
  }
  const end = read.indexOf(10);
  const line = new TextDecoder().decode(read.subarray(0, end));
  if (line === `${word} no-program`) throw notStarted(`There is no program "${argv[0]}" in the sandbox.`);
  if (line === `${word} no-directory`) throw notStarted(`There is no directory "${directory}" in the sandbox.`);
  if (line !== `${word} started`) return undefined;
  const rest = read.subarray(end + 1);
  return { rest: rest.length === 0 ? undefined : rest, reader };
}

function notStarted(message: string): Failure {
  return new Failure({ code: "sandbox.exec", message });
}

/** The bytes, then those of the stream. */
export function before(first: Uint8Array, rest: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = rest.getReader();
  let isFirst = true;
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      if (isFirst) {
        isFirst = false;
        controller.enqueue(first);
        return;
      }
      const { value, done } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
