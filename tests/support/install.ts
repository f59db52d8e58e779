// A home to install into, and the operation run in it as its user would.

import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Installed } from "../../src/features/install/answer.ts";
import { type Input, install } from "../../src/features/install/install.ts";
import type { Step } from "../../src/features/install/step.ts";
import { makePlace } from "./place.ts";
import { makePrograms } from "./programs.ts";
import { testWorld, type WorldInput } from "./world.ts";

export async function makeHome(input: WorldInput = {}) {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const programs = await makePrograms(place);
  const file = (path: string) => join(place.home, path);
  const run = async (given: Input, more: WorldInput = {}): Promise<Installed> => {
    await using world = testWorld(place, {
      path: [programs.folder],
      ...input,
      ...more,
      env: { SHELL: "/bin/bash", ...input.env, ...more.env },
    });
    return install(world, given);
  };
  return {
    place,
    programs,
    run,
    file,
    async put(path: string, text: string): Promise<void> {
      await mkdir(dirname(file(path)), { recursive: true });
      await Bun.write(file(path), text);
    },
    /** Undefined where there is none. */
    text: (path: string) => (existsSync(file(path)) ? readFileSync(file(path), "utf8") : undefined),
    /** A Claude Code on PATH that tells this version. */
    client: (version: string) => programs.add("claude", { stdout: `${version} (Claude Code)\n` }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export type Home = Awaited<ReturnType<typeof makeHome>>;

export function stepOf({ steps }: Installed, name: Step["step"]): Step | undefined {
  return steps.find(({ step }) => step === name);
}
