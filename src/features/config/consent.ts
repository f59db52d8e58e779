// Asking a repository's user whether its own settings may run commands: what is shown is what gets approved, also when
// the file changes meanwhile.

import { Failure } from "../../core/failure.ts";
import { v } from "../../core/shape.ts";
import { printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { repositoryFile } from "./config.ts";
import { readSettings, requireSound, type SettingsFile } from "./file.ts";
import { repositoryHere } from "./here.ts";
import { KEYS } from "./keys.ts";
import { approve, commandsOf, isApproved, withdraw } from "./trust.ts";

type Effects = Pick<World, "db" | "git" | "cwd">;

export interface Trusted {
  file: string;
  approved: boolean;
  commands: { key: string; commands: string[] }[];
}

/** What the repository's own settings would have run. */
export interface Asked extends Trusted {
  repositoryPath: string;
  /** As it was read. */
  read: SettingsFile;
}

const COMMANDS = v.array(v.string());

/** Errors: `repository.none`, `config.broken`. */
export async function whatIsAsked(world: Effects): Promise<Asked> {
  const repositoryPath = await repositoryHere(world);
  const read = await readSettings(repositoryFile(repositoryPath));
  await requireSound(read);
  const commands = commandsOf(read).map(([key, held]) => {
    const lines = v.parse<v.GenericSchema<unknown, unknown>>(KEYS[key].kind.schema(), held);
    return { key, commands: v.parse(COMMANDS, lines) };
  });
  const approved = commands.length > 0 && (await isApproved(world, repositoryPath, read));
  return { file: read.path, approved, commands, repositoryPath, read };
}

export function trustText({ file, approved, commands }: Trusted): string {
  if (commands.length === 0) return `${printable(file)} has no commands.\n`;
  return approved ? `Approved, as long as ${printable(file)} says just this.\n` : "Not approved: nothing of it runs.\n";
}

/** Just what was asked. */
export async function approveAsked(world: Effects, asked: Asked): Promise<Trusted> {
  await approve(world, asked.repositoryPath, asked.read);
  return { file: asked.file, approved: true, commands: asked.commands };
}

/** Errors: as `whatIsAsked`, and `config.unconfirmed` where it would have to ask. */
export async function trust(
  world: Effects,
  { yes, revoke }: { yes?: boolean | undefined; revoke?: boolean | undefined },
): Promise<Trusted> {
  const asked = await whatIsAsked(world);
  const { file, approved, commands } = asked;
  if (revoke === true) {
    await withdraw(world, asked.repositoryPath);
    return { file, approved: false, commands };
  }
  if (commands.length === 0 || approved) return { file, approved, commands };
  if (yes === true) return approveAsked(world, asked);
  const named = commands.flatMap((one) => one.commands).map((one) => `"${printable(one)}"`);
  throw new Failure({
    kind: "usage",
    code: "config.unconfirmed",
    message: `${file} would run ${named.join(", ")}, and there is no terminal to ask at.`,
    hint: "Read it, and approve it with --yes.",
  });
}
