// `install` at a terminal: asks for what was left open, all of it before anything is written.

import { v } from "../../core/shape.ts";
import { type Input, inputShape, install, installedText, isAsked } from "../../features/install/install.ts";
import type { World } from "../../world.ts";
import { answer, tell } from "../output.ts";
import { pageFor } from "../terminal.ts";
import type { Stream } from "./watch-status.ts";

/** The next line that somebody types; undefined at the end. */
export type Typed = () => Promise<string | undefined>;

/** Undefined when nothing was left open. */
export function questionsFor(input: unknown): Stream | undefined {
  if (!isAsked(v.parse(inputShape(), input))) return undefined;
  return (world, given, { colour }) => askAndInstall(world, { given, colour, typed: linesTyped() });
}

interface Asking {
  given: unknown;
  colour: boolean | undefined;
  typed: Typed;
}

export async function askAndInstall(world: World, { given, colour, typed }: Asking): Promise<number> {
  const input = v.parse(inputShape(), given);
  const chosen = await chosenBy(typed, input);
  if (chosen === undefined) {
    tell("\nNothing was changed.\n");
    return 1;
  }
  if (Object.keys(chosen).length === 0) {
    answer("Nothing was changed.\n");
    return 0;
  }
  const { repo } = input;
  const installed = await install(world, { ...chosen, ...(repo === undefined ? {} : { repo }) });
  answer(installedText(installed, await pageFor(world, 1, colour)));
  return installed.success ? 0 : 1;
}

/** Undefined when it was broken off. */
async function chosenBy(typed: Typed, { interactive: _, repo: __, ...given }: Input): Promise<Input | undefined> {
  // What was named needs no asking; only the place of the hooks may be open then.
  const isAllOpen = Object.keys(given).length === 0;
  const { hooks: ___, ...chosen } = given;
  const hooks = isAllOpen ? await yes(typed, "Install heartbeat hooks?") : true;
  if (hooks === undefined) return undefined;
  if (hooks) {
    const where = await scope(typed);
    if (where === undefined) return undefined;
    if (where !== "skip") Object.assign(chosen, { hooks: true, [where]: true });
    if (where === "local" && chosen.gitignore !== true) {
      const ignore = await yes(typed, "Add .claude/ to .gitignore?");
      if (ignore === undefined) return undefined;
      if (ignore) chosen.gitignore = true;
    }
  }
  if (!isAllOpen) return chosen;
  const alias = await yes(typed, "Add claude=claude-parallel alias?");
  const mcp = alias === undefined ? undefined : await yes(typed, "Add the MCP server?");
  if (alias === undefined || mcp === undefined) return undefined;
  return { ...chosen, ...(alias ? { alias } : {}), ...(mcp ? { mcp } : {}) };
}

async function yes(typed: Typed, question: string): Promise<boolean | undefined> {
  tell(`${question} [y/N]: `);
  const line = await typed();
  return line === undefined ? undefined : /^y(es)?$/i.test(line.trim());
}

const SCOPES = ["global", "local", "skip"] as const;

async function scope(typed: Typed): Promise<(typeof SCOPES)[number] | undefined> {
  for (;;) {
    tell("Install globally or locally? [global/local/skip]: ");
    const line = await typed();
    if (line === undefined) return undefined;
    const word = line.trim().toLowerCase();
    const meant = SCOPES.find((one) => word !== "" && one.startsWith(word));
    if (meant !== undefined) return meant;
    tell("global: every repository of yours; local: this one; skip: no hooks.\n");
  }
}

/** What is typed at once, or piped, may be several lines. */
function linesTyped(): Typed {
  const chunks = Bun.stdin.stream()[Symbol.asyncIterator]();
  const decoder = new TextDecoder();
  let rest = "";
  return async () => {
    while (!rest.includes("\n")) {
      const { done, value } = await chunks.next();
      if (done === true) return undefined;
      rest += decoder.decode(value, { stream: true });
    }
    const [line = "", ...more] = rest.split("\n");
    rest = more.join("\n");
    return line;
  };
}
