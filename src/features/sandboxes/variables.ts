// `--env NAME=value`, and `--env NAME` for what the caller's own environment has: a value is seen by nobody else then.

import { usage } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import type { World } from "../../world.ts";

/** What decides how programs are found and loaded is the sandbox's own. */
const RESERVED = /^(PATH|HOME|TMPDIR|IFS|SHELL|LD_.*|DYLD_.*|NODE_OPTIONS|(https?|all|no)_proxy|GIT_.*)$/i;

/** Errors: `usage.env`. */
export function variablesOf({ variable }: Pick<World, "variable">, given: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const text of given) {
    const at = text.indexOf("=");
    const name = at === -1 ? text : text.slice(0, at);
    if (!/^[A-Za-z_]\w*$/.test(name)) throw usage("env", `--env ${printable(name)}: that is no name of a variable.`);
    if (RESERVED.test(name)) throw usage("env", `--env ${name}: the sandbox has its own.`);
    const value = at === -1 ? variable(name) : text.slice(at + 1);
    if (value === undefined) throw usage("env", `--env ${name}: it is not set here.`, `Pass --env ${name}=<value>.`);
    found[name] = value;
  }
  return found;
}
