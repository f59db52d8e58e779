// What the doors may call of leases.

import { type AnyOperation, operation } from "../../core/operation.ts";
import { flag, NUMBER, TEXT, v, whole, word } from "../../core/shape.ts";
import { shellQuote, shellWord } from "../../core/text.ts";
import type { World } from "../../world.ts";

const envOperation = operation({
  name: "leases.env",
  summary: "Print a session's ports and names as environment variables",
  description:
    "PARALLEL_CC_PORT, PARALLEL_CC_PORT_2, …: the session's ports, as many as `worktree.ports` says. PARALLEL_CC_SLUG: " +
    "a name for hosts, databases and the like. COMPOSE_PROJECT_NAME: only with ports, and only in a worktree that " +
    "parallel-cc made; elsewhere containers keep the name that compose gives them. Where `worktree.ports` is set, " +
    "claude-parallel exports them to claude. Without a flag it is the session that works in the current checkout.",
  input: () =>
    v.strictObject({
      sessionId: v.optional(word("The session, by its id", "session")),
      pid: v.optional(whole("The session of this process or of its nearest ancestor", 1)),
      shell: v.optional(flag("Print lines for a shell's eval that export them, and fail where there is no session")),
    }),
  output: () =>
    v.strictObject({
      sessionId: TEXT,
      ports: v.array(NUMBER),
      variables: v.array(v.strictObject({ name: TEXT, value: TEXT })),
      unsetVariables: v.array(TEXT),
    }),
  cli: {
    path: ["env"],
    examples: [
      "parallel-cc env",
      'eval "$(parallel-cc env --shell)" && npm run dev -- --port "$PARALLEL_CC_PORT"',
      "set -a; . <(parallel-cc env); docker compose up",
      "parallel-cc env --session-id <id> --json",
    ],
  },
  run: async (world: World, input) => {
    const { sessionAskedAbout } = await import("../sessions/sessions.ts");
    const { portsOf } = await import("./store.ts");
    const { variablesOf } = await import("./leases.ts");
    const db = await world.db();
    const session = await sessionAskedAbout(world, db, input);
    const given = { PARALLEL_CC_SESSION_ID: session.id, ...variablesOf(db, session) };
    const variables = Object.entries(given).map(([name, value]) => ({ name, value }));
    const unsetVariables = world.env.leaseVariables.filter((name) => !(name in given));
    return { sessionId: session.id, ports: portsOf(db, session.id), variables, unsetVariables };
  },
  text: ({ variables, unsetVariables }, _page, { shell }) => {
    if (shell !== true) return variables.map(({ name, value }) => `${name}=${shellWord(value)}\n`).join("");
    const unset = unsetVariables.length === 0 ? "" : `unset ${unsetVariables.join(" ")}\n`;
    return unset + variables.map(({ name, value }) => `export ${name}=${shellQuote(value)}\n`).join("");
  },
});

export const operations: readonly AnyOperation<World>[] = [envOperation];
