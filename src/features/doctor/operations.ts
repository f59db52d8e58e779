// What the doors may call of doctor.

import { type AnyOperation, operation } from "../../core/operation.ts";
import { flag, v } from "../../core/shape.ts";
import type { World } from "../../world.ts";
import { examine } from "./doctor.ts";
import { doctorText } from "./text.ts";

const doctorOperation = operation({
  name: "doctor.examine",
  summary: "Check what parallel-cc needs, and say what to do",
  description:
    "Looks at the installed programs and whether they are of one release, Claude Code and its hooks and MCP servers, " +
    "git, gtr, settings, the registry, the disks, and what was left behind in the repository it is asked in. Changes " +
    "nothing. Exits 1 when a check fails; a warning is no failure.",
  input: () =>
    v.strictObject({ sandbox: v.optional(flag("Also try what sandboxes need, and name what is left of them")) }),
  output: () =>
    v.strictObject({
      ok: v.boolean(),
      checks: v.array(
        v.strictObject({
          name: v.string(),
          status: v.picklist(["ok", "warn", "fail"]),
          detail: v.string(),
          hint: v.optional(v.string()),
        }),
      ),
    }),
  cli: {
    path: ["doctor"],
    examples: ["parallel-cc doctor", "parallel-cc doctor --sandbox", "parallel-cc doctor --json"],
  },
  run: async (world: World, { sandbox }) => {
    const found = await examine(world);
    const asked = sandbox === true ? await (await import("./sandbox.ts")).checkSandboxes(world) : [];
    const checks = [...found, ...asked];
    return { ok: checks.every((check) => check.status !== "fail"), checks };
  },
  text: ({ checks }, page) => doctorText(checks, page),
  exitCode: ({ ok }) => (ok ? 0 : 1),
});

export const operations: readonly AnyOperation<World>[] = [doctorOperation];
