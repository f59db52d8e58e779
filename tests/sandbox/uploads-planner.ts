// A process of its own that plans an upload and prints the plan: for who runs it as another user. `send` also sends it into
// the plain sandbox of the place, and dies by SIGKILL once so many bytes have gone: for who comes after it.
// Arguments: plan|send <input of the plan> [<place> <bytes>].

import { join } from "node:path";
import { planUpload, sendUpload } from "../../src/features/uploads/uploads.ts";
import { makeWorld } from "../../src/world.ts";
import { hermeticEnv } from "../support/env.ts";
import { plainSandbox } from "../support/plain-sandbox.ts";

const [what, input = "", path = "", most = ""] = process.argv.slice(2);
const world = makeWorld();
const plan = await planUpload(world, JSON.parse(input));
process.stdout.write(JSON.stringify(plan));
if (what === "send") {
  const at = (...parts: string[]) => join(path, ...parts);
  const [home, tmp] = [at("home"), at("tmp")];
  const env = () => hermeticEnv({ home, tmp });
  const sandbox = await plainSandbox({ path, home, tmp, at, env, [Symbol.asyncDispose]: async () => {} });
  const onProgress = (bytes: number) => {
    if (bytes > Number(most)) process.kill(process.pid, "SIGKILL");
  };
  await sendUpload(world, sandbox, plan, { compression: "none", onProgress });
}
