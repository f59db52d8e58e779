// From nothing to the end of the first program in a native sandbox, kept by the program itself, beside a bare bubblewrap.

import { capture } from "../../src/features/providers/provider.ts";
import { SPEC } from "../sandbox/conformance.ts";
import { nativeScene } from "../sandbox/native-scene.ts";
import { PROGRAM } from "../support/cli.ts";
import type { Figure } from "./figure.ts";

const BARE = ["bwrap", "--ro-bind", "/", "/", "--unshare-all", "--proc", "/proc", "--dev", "/dev", "true"];

export const sandboxNativeReady: Figure = {
  name: "sandbox-native-ready",
  unit: "bwrap true",
  measures: "ms",
  bound: { ms: 500 },
  rounds: 12,
  async prepare(place, stack, clock) {
    const scene = stack.use(await nativeScene({ program: PROGRAM }));
    return {
      ours: async () => {
        const started = Bun.nanoseconds();
        const sandbox = await scene.provider().create(SPEC);
        await capture(sandbox, { argv: ["true"] });
        const ms = (Bun.nanoseconds() - started) / 1e6;
        await sandbox.destroy();
        return ms;
      },
      unit: () => clock({ command: BARE, cwd: place.path, env: place.env() }),
    };
  },
};
