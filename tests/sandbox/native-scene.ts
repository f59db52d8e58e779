// Native sandboxes for tests: in the data directory of a place, with its keepers run from the source or by the program.
// What is left of them when a test has failed is ended with the place.

import { mkdir, symlink, writeFile } from "node:fs/promises";
import { nativeProvider } from "../../src/features/providers/native/native.ts";
import type { Provider, Sandbox, SandboxSpec } from "../../src/features/providers/provider.ts";
import { makePlace } from "../support/place.ts";
import { type TestWorld, testWorld, type WorldInput } from "../support/world.ts";
import { type Maker, SPEC } from "./conformance.ts";

export const SECRET = "of-this-machine-alone";

export interface NativeScene extends Maker, AsyncDisposable {
  world: TestWorld;
  make(spec?: Partial<SandboxSpec>): Promise<Sandbox>;
  /** Of the keepers. */
  standing(sandbox: Pick<Sandbox, "id">): Promise<{ keeper: { pid: number }; isRunning: boolean; groups: string[] }>;
}

export async function nativeScene(
  input: Pick<WorldInput, "env"> & { program?: string; programs?: Readonly<Record<string, string>> } = {},
): Promise<NativeScene> {
  const place = await makePlace();
  // The Bun that runs these tests, under the name by which it is looked for.
  await mkdir(place.at("programs"));
  await symlink(process.execPath, place.at("programs", "bun"));
  for (const [name, text] of Object.entries(input.programs ?? {})) {
    await writeFile(place.at("programs", name), text, { mode: 0o755 });
  }
  const made = testWorld(place, { path: [place.at("programs")], env: { SECRET_OF_MACHINE: SECRET, ...input.env } });
  const { program } = input;
  const world: TestWorld =
    program === undefined ? made : { ...made, self: (words) => ({ command: program, args: [...words] }) };
  const provider = (): Provider => nativeProvider(world);
  return {
    place,
    world,
    provider,
    secret: SECRET,
    make: (spec = {}) => provider().create({ ...SPEC, ...spec }),
    standing: ({ id }) => Bun.file(place.at("home", ".parallel-cc", "native", id, "standing.json")).json(),
    [Symbol.asyncDispose]: async () => {
      for (const { id } of await provider().all()) await (await provider().open(id))?.destroy();
      await made[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}
