// Fake programs in a folder for PATH. Each answers as scripted and writes every call down; `expectCalled` fails when
// an expected call never came, or when more came than were scripted. Plain sh with absolute paths: a fake starts fast
// and works under any PATH, environment and directory.

import { chmod, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Place } from "./place.ts";

export interface Answer {
  stdout?: string;
  stderr?: string;
  exit?: number;
  /** Waited before anything is said. */
  sleepMs?: number;
  /** Lines of sh run in the caller's place with its arguments, after the output; `exit` wins over their status. */
  sh?: string;
}

export interface Script {
  /** One for each call, in order. A call beyond the last fails with exit 99, unless `last: "repeats"`. */
  answers: readonly Answer[];
  last?: "repeats" | "fails";
  /** stdin is read to its end and recorded. */
  readStdin?: boolean;
}

export interface Call {
  argv: string[];
  env: Record<string, string>;
  cwd: string;
  /** Empty unless the script reads it. */
  stdin: string;
}

export interface Programs {
  /** For PATH: `pcc(place, args, { path: [programs.folder] })`. */
  folder: string;
  /** A program, or a new script for it; a single answer is given to every call. */
  add(name: string, script: Script | Answer): Promise<void>;
  /** All calls so far, in order. */
  calls(name: string): Promise<Call[]>;
  /** The calls; an error when there were none, not as many as `times`, or more than were scripted. */
  expectCalled(name: string, times?: number): Promise<Call[]>;
}

export async function makePrograms(place: Place, scripts: Record<string, Script | Answer> = {}): Promise<Programs> {
  const folder = place.at("programs");
  const records = place.at("program-records");
  await mkdir(folder);
  const scripted = new Map<string, Script & { most: number }>();
  const calls = async (name: string): Promise<Call[]> => {
    const whole = await Array.fromAsync(new Bun.Glob("call-*/whole").scan({ cwd: join(records, name) }));
    const ordered = whole.map((path) => Number.parseInt(path.slice("call-".length), 10)).sort((a, b) => a - b);
    return Promise.all(ordered.map((number) => readCall(join(records, name, `call-${number}`))));
  };
  const programs: Programs = {
    folder,
    calls,
    async add(name, given) {
      const script: Script = "answers" in given ? given : { answers: [given], last: "repeats" };
      const record = join(records, name);
      await mkdir(record, { recursive: true });
      const already = scripted.has(name) ? (await calls(name)).length : 0;
      const most = script.last === "repeats" ? Number.POSITIVE_INFINITY : already + script.answers.length;
      scripted.set(name, { ...script, most });
      const fresh = join(folder, `.${name}`);
      await writeFile(fresh, programText({ record, script, already }));
      await chmod(fresh, 0o755);
      await rename(fresh, join(folder, name));
    },
    async expectCalled(name, times) {
      const script = scripted.get(name);
      if (script === undefined) throw new Error(`there is no fake ${name}`);
      const found = await calls(name);
      const told = found.map(({ argv }) => `\n  ${name} ${argv.join(" ")}`).join("");
      if (found.length === 0) throw new Error(`${name} was never called`);
      if (times !== undefined && found.length !== times) {
        throw new Error(`${name} was called ${found.length} times, not ${times}:${told}`);
      }
      if (found.length > script.most) {
        throw new Error(`${name} was called more often than the ${script.most} times scripted:${told}`);
      }
      return found;
    },
  };
  for (const [name, script] of Object.entries(scripts)) await programs.add(name, script);
  return programs;
}

/** Calls are numbered by who makes the folder first, so that fakes called at once do not share an answer. */
function programText({ record, script, already }: { record: string; script: Script; already: number }): string {
  const last = script.answers.length - 1;
  const cases = script.answers.map((answer, index) => {
    const number = index === last && script.last === "repeats" ? "*" : String(already + index + 1);
    return `${number})\n${answerText(answer)}\n;;`;
  });
  return `#!/bin/sh
record=${quote(record)}
number=1
while ! /bin/mkdir "$record/call-$number" 2>/dev/null; do number=$((number + 1)); done
/usr/bin/env -0 >"$record/call-$number/env"
printf '%s\\0' "$@" >"$record/call-$number/argv"
[ $# -gt 0 ] || : >"$record/call-$number/argv"
pwd -P >"$record/call-$number/cwd"
${script.readStdin ? '/bin/cat >"$record/call-$number/stdin"' : ""}
: >"$record/call-$number/whole"
case $number in
${cases.join("\n")}
*)
echo "fake program: no answer is scripted for call $number" >&2
exit 99
;;
esac
`;
}

function answerText({ stdout, stderr, exit, sleepMs, sh }: Answer): string {
  const lines: string[] = [];
  if (sleepMs !== undefined) lines.push(`/bin/sleep ${sleepMs / 1000}`);
  if (stdout !== undefined) lines.push(`printf %s ${quote(stdout)}`);
  if (stderr !== undefined) lines.push(`printf %s ${quote(stderr)} >&2`);
  if (sh !== undefined) lines.push(sh);
  if (exit !== undefined) lines.push(`exit ${exit}`);
  else if (sh === undefined) lines.push("exit 0");
  else lines.push("exit $?");
  return lines.join("\n");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

async function readCall(folder: string): Promise<Call> {
  const text = async (name: string): Promise<string> => readFile(join(folder, name), "utf8");
  const stdin = (await readdir(folder)).includes("stdin") ? await text("stdin") : "";
  const env = Object.fromEntries(
    words(await text("env")).map((entry) => {
      const equals = entry.indexOf("=");
      return [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
  return { argv: words(await text("argv")), env, cwd: (await text("cwd")).replace(/\n$/, ""), stdin };
}

function words(text: string): string[] {
  return text.split("\0").slice(0, -1);
}
