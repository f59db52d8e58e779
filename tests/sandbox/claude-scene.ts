// A claude of a test's own in a plain sandbox: it says its version, writes down what it was started with, and then does
// what the test has scripted in sh. Gates are named pipes: it waits at one until the test opens it.

import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import type { Auth } from "../../src/features/claude-runs/claude-runs.ts";
import { follow, type Launch, launch, standing } from "../../src/features/claude-runs/claude-runs.ts";
import type { Sandbox } from "../../src/features/providers/providers.ts";
import { makePlace, type Place } from "../support/place.ts";
import { type PlainSandbox, plainSandbox } from "../support/plain-sandbox.ts";
import { waitFor } from "../support/processes.ts";
import { type TestWorld, testWorld } from "../support/world.ts";

export const KEY = "sk-ant-planted-0123456789abcdef";

export interface Scene extends AsyncDisposable {
  place: Place;
  world: TestWorld;
  sandbox: PlainSandbox;
  /** As its user asks for it; what is given wins. */
  launch(input?: Partial<Launch>, sandbox?: Sandbox): ReturnType<typeof launch>;
  /** All it prints from a byte on, to its end. */
  printed(from?: number): Promise<string>;
  /** How often claude was started. */
  starts(): Promise<number>;
  /** What its last start had. */
  argv(): Promise<string[]>;
  env(): Promise<string[]>;
  prompt(): Promise<Buffer>;
  /** A gate that `wait_at <name>` stands at. */
  open(gate: string): Promise<void>;
  /** When it stands there. */
  reached(gate: string): Promise<void>;
  /** When it has printed something. */
  nextPrinted(): Promise<void>;
  /** Processes that have this place in their environment, ours not among them. */
  processes(): Promise<{ words: string; env: string }[]>;
  /** Command lines of claude and of what it has started. */
  left(): Promise<string[]>;
  /** The login's file in the sandbox. */
  credentials: string;
  /** Files of the sandbox and of the home that hold one of these. */
  filesWith(texts: readonly string[]): Promise<string[]>;
  /** An npm that fetches a claude that prints "fetched", or says that it cannot. */
  giveNpm(kind: "there" | "broken"): Promise<void>;
  ended(): Promise<Extract<Awaited<ReturnType<typeof standing>>, { state: "ended" }>>;
}

export interface SceneInput {
  /** What claude does, in sh; it stands in the workspace. */
  sh?: string;
  version?: string;
  /** There is none on the PATH. */
  isMissing?: boolean;
}

export const AUTH: Auth = {
  ...{ method: "api-key", source: "ANTHROPIC_API_KEY", variables: { ANTHROPIC_API_KEY: KEY } },
  ...{ credentials: undefined, expiresAt: undefined },
};

export async function scene(input: SceneInput = {}): Promise<Scene> {
  const place = await makePlace();
  const world = testWorld(place);
  const [programs, records, gates] = [place.at("programs"), place.at("records"), place.at("gates")];
  for (const folder of [programs, records, gates]) await mkdir(folder);
  if (input.isMissing !== true) await writeClaude(`${programs}/claude`, { ...input, records, gates });
  const sandbox = await plainSandbox(place, { path: [programs] });
  const record = async (name: string) => {
    const last = (await readdir(records)).sort().at(-1);
    return readFile(`${records}/${last}/${name}`);
  };
  const words = async (name: string) => (await record(name)).toString().split("\0").slice(0, -1);
  return {
    ...{ place, world, sandbox },
    launch: (given = {}, into = sandbox) =>
      launch(world, into, {
        ...{ prompt: new TextEncoder().encode("Do it."), env: {}, auth: AUTH, usesOwnClaude: true },
        ...{ identity: { name: "Ada", email: "ada@example.com" }, ...given },
      }),
    printed: async (from = 0) => {
      const chunks = await Array.fromAsync(follow(world, sandbox, { from }));
      return Buffer.concat(chunks).toString();
    },
    starts: async () => (await readdir(records)).length,
    argv: () => words("argv"),
    env: () => words("env"),
    prompt: () => record("prompt"),
    open: (gate) => writeFile(`${gates}/${gate}.open`, ""),
    reached: async (gate) => {
      await waitFor(() => Bun.file(`${gates}/${gate}.reached`).exists(), `claude at ${gate}`);
    },
    nextPrinted: async () => {
      await waitFor(() => Bun.file(`${sandbox.places.run}/output.jsonl`).size > 0, "claude to print");
    },
    processes: () => processesWith(place.path),
    left: async () => {
      const found = await processesWith(`PARALLEL_CC_SANDBOX_RUN=${sandbox.places.run}`);
      return found.map(({ words }) => words);
    },
    credentials: `${sandbox.places.home}/.claude/.credentials.json`,
    filesWith: async (texts) => {
      const words = texts.flatMap((text) => ["-e", text]);
      const grep = Bun.spawn(["grep", "-rlF", ...words, place.at("sandbox"), place.home, place.tmp]);
      return (await grep.stdout.text()).split("\n").filter(Boolean);
    },
    giveNpm: (kind) => writeNpm(`${programs}/npm`, kind),
    ended: () =>
      waitFor(async () => {
        const stands = await standing(sandbox);
        return stands.state === "ended" ? stands : undefined;
      }, "the end of claude"),
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

/** Those of this machine that have this in their environment. */
export async function processesWith(text: string): Promise<{ words: string; env: string }[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const read = (pid: string, name: string) => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "");
  const all = await Promise.all(
    pids.map(async (pid) => ({
      words: (await read(pid, "cmdline")).replaceAll("\0", " ").trim(),
      env: await read(pid, "environ"),
    })),
  );
  return all.filter(({ env }) => env.includes(text));
}

async function writeNpm(file: string, kind: "there" | "broken"): Promise<void> {
  const fetched = '#!/bin/sh\n[ "$1" = --version ] && echo 2.1.400 || echo fetched\n';
  const there = `
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/node_modules/.bin"
cat >"$2/node_modules/.bin/claude" <<'END'
${fetched}END
chmod 755 "$2/node_modules/.bin/claude"`;
  await writeFile(file, `#!/bin/sh${kind === "there" ? there : "\necho no route >&2\nexit 1"}\n`);
  await chmod(file, 0o755);
}

async function writeClaude(
  file: string,
  { sh = "", version = "2.1.328 (Claude Code)", records, gates }: SceneInput & { records: string; gates: string },
): Promise<void> {
  const text = `#!/bin/sh
if [ "$1" = --version ]; then
  echo '${version}'
  exit 0
fi
record=$(mktemp -d '${records}/XXXXXX')
printf '%s\\0' "$@" >"$record/argv"
env -0 >"$record/env"
cat >"$record/prompt"
wait_at() {
  : >"${gates}/$1.reached"
  while [ ! -e "${gates}/$1.open" ]; do sleep 0.02; done
}
${sh}
`;
  await writeFile(file, text);
  await chmod(file, 0o755);
}
