// `config trust` at a terminal: shows the commands and asks.

import { printable } from "../../core/text.ts";
import { approveAsked, trustText, whatIsAsked } from "../../features/config/config.ts";
import type { World } from "../../world.ts";
import { answer, tell } from "../output.ts";

/** A line from the terminal; "" at its end. */
type Typed = () => Promise<string>;

/** Answers the exit code: 1 when it was not approved. */
export async function askForTrust(world: World, typed: Typed = lineTyped): Promise<number> {
  const asked = await whatIsAsked(world);
  if (asked.approved || asked.commands.length === 0) {
    answer(trustText(asked));
    return 0;
  }
  tell(`${printable(asked.file)} wants to run:\n`);
  for (const { key, commands } of asked.commands) {
    tell(`  ${key}\n${commands.map((one) => `    ${printable(one)}\n`).join("")}`);
  }
  tell("Run these in worktrees of this repository from now on? [y/N] ");
  const isYes = /^y(es)?$/i.test((await typed()).trim());
  const decided = isYes ? await approveAsked(world, asked) : asked;
  answer(trustText(decided));
  return decided.approved ? 0 : 1;
}

async function lineTyped(): Promise<string> {
  const decoder = new TextDecoder();
  let typed = "";
  for await (const bytes of Bun.stdin.stream()) {
    typed += decoder.decode(bytes, { stream: true });
    if (typed.includes("\n")) break;
  }
  return typed.split("\n", 1)[0] ?? "";
}
