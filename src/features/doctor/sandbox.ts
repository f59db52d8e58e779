// `doctor --sandbox`: what sandboxes need on this machine, tried for real, and what of them is left.

import { asFailure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { readAuth } from "../claude-runs/claude-runs.ts";
import { providerNamed } from "../providers/providers.ts";
import { type LeftRun, leftRuns } from "../sandboxes/sandboxes.ts";
import { type Check, failed } from "./check.ts";

export async function checkSandboxes(world: World): Promise<Check[]> {
  // One after the other: what the first tries in is not left behind.
  return [...(await checkNative(world)), ...(await checkLogin(world)), ...(await checkLeft(world))];
}

async function checkNative(world: World): Promise<Check[]> {
  const name = "sandbox native";
  try {
    const provider = await providerNamed(world, "native");
    const problems = await provider.problems({ isWeak: false });
    if (problems.length === 0) {
      const details = ["a program ran in one and could not get out", ...(provider.remarks ?? [])];
      return [{ name, status: "ok", detail: details.join(". ") }];
    }
    return problems.map(({ message, hint }) => ({ name, status: "fail", detail: message, hint }));
  } catch (thrown) {
    world.signal().throwIfAborted();
    return [failed(name, thrown)];
  }
}

async function checkLogin(world: World): Promise<Check[]> {
  const name = "sandbox login";
  const ways = await Promise.all([readAuth(world, "api-key"), readAuth(world, "oauth")]);
  const found = ways.flatMap(({ auth }) =>
    auth === undefined ? [] : [`--auth-method ${auth.method} (${auth.source})`],
  );
  if (found.length > 0) return [{ name, status: "ok", detail: found.join(", ") }];
  const problems = ways.flatMap((way) => way.problems);
  const hints = problems.flatMap(({ hint }) => hint ?? []);
  return [{ name, status: "warn", detail: problems.map(({ message }) => message).join(" "), hint: hints[0] }];
}

async function checkLeft(world: World): Promise<Check[]> {
  const name = "sandbox runs";
  try {
    const left = await leftRuns(world);
    if (left.length > 0) return left.map((one) => leftCheck(name, one));
    return [{ name, status: "ok", detail: "nothing was left behind" }];
  } catch (thrown) {
    const { message, hint } = asFailure(thrown);
    return [{ name, status: "warn", detail: message, hint }];
  }
}

function leftCheck(name: string, left: LeftRun): Check {
  const what = left.id === null ? `the sandbox ${printable(left.instance)}` : `the run ${left.id.slice(0, 8)}`;
  return { name, status: "warn", detail: `${what}: ${left.why}`, hint: left.hint };
}
