// Which values must not come out of a run, as far as this process knows them: they are written down nowhere, so that one
// that was not started with them, or from their shell, cannot tell.

import type { World } from "../../world.ts";
import { type Secret, secretsOf } from "../claude-runs/claude-runs.ts";
import type { Run } from "./run.ts";

export interface KnownSecrets {
  secrets: Secret[];
  /** What the run was given and nobody has told us: variables by their names. */
  unknown: string[];
}

export function secretsKnownOf(
  world: Pick<World, "env" | "variable">,
  { request }: Pick<Run, "request">,
): KnownSecrets {
  const given = request.variables.map((name) => ({
    name,
    value: world.env.sandboxVariables[name] ?? world.variable(name),
  }));
  const known = given.flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value }]));
  const unknown = given.flatMap(({ name, value }) => (value === undefined ? [name] : []));
  const login = secretsOf(world);
  const unseen = login.length === 0 && !request.isDryRun ? ["claude's key", ...unknown] : unknown;
  return { secrets: [...login, ...known], unknown: unseen };
}
