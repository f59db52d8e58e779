// A process that makes a sandbox, as whoever it is started as: `bun native-round.ts round|hold|wake [id]`. It prints one
// line of JSON, and for `hold` goes on until it is killed.

import { homedir } from "node:os";
import { join } from "node:path";
import { nativeProvider } from "../../src/features/providers/native/native.ts";
import { capture } from "../../src/features/providers/provider.ts";
import { makeWorld } from "../../src/world.ts";
import { SPEC, tarOf } from "./conformance.ts";

const [what = "", id = ""] = process.argv.slice(2);
const MAIN = join(import.meta.dir, "../../src/main.ts");
const self = (words: readonly string[]) => ({ command: process.execPath, args: [MAIN, ...words] });
const provider = nativeProvider({ ...makeWorld(), self });

/** From its beginning to its end; what it saw of itself. */
async function round() {
  const sandbox = await provider.create(SPEC);
  try {
    const { workspace, run } = sandbox.places;
    await sandbox.upload({ tar: tarOf(import.meta.dir), compression: "none", into: workspace });
    await sandbox.start({ argv: ["sh", "-c", 'id -u >"$0/uid"; echo done >"$0/done"', run] });
    const script =
      'while [ ! -e ../run/done ]; do sleep 0.05; done; cat ../run/uid; ls; ls -A "$1"; touch "$1/planted"';
    const argv = ["sh", "-c", script, "sh", homedir()] as const;
    const ran = await capture(sandbox, { argv: [...argv], timeoutMs: 10_000 });
    const { state, usage } = await sandbox.inspect();
    return { ...ran, state, usage, weaknesses: sandbox.weaknesses };
  } finally {
    await sandbox.destroy();
  }
}

/** Makes one, starts a program that goes on and one that it waits for. */
async function hold() {
  const sandbox = await provider.create(SPEC);
  const beats = (name: string) => ["sh", "-c", 'while :; do date +%s%N >>"$1"; sleep 0.02; done', "sh", name] as const;
  await sandbox.start({ argv: [...beats("../run/apart")] });
  void sandbox.exec({ argv: [...beats("../run/child")] });
  return { id: sandbox.id };
}

/** Wakes one and runs a program in it. */
async function wake() {
  const sandbox = await provider.open(id);
  return sandbox && capture(sandbox, { argv: ["true"] });
}

const works = new Map<string, () => Promise<unknown>>([
  ["round", round],
  ["hold", hold],
  ["wake", wake],
]);
const answer = await works.get(what)?.();
await Bun.write(Bun.stdout, `${JSON.stringify(answer)}\n`);
if (what === "hold") await Bun.sleep(600_000);
process.exit(0);
