// One setting written: an edit of one place of one file, under a lock. What the file would then hold is looked at before it
// is replaced; a file that is broken elsewhere is left alone.

import { lstatSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { withLock } from "../../db/lock.ts";
import { replaceFile } from "../../files/atomic.ts";
import { unwritableFile } from "../../files/unwritable.ts";
import type { World } from "../../world.ts";
import { repositoryFile } from "./config.ts";
import { readSettings, requireSound, type SettingsFile, settingsIn } from "./file.ts";
import { repositoryHere } from "./here.ts";
import { KEYS, type KeyName } from "./keys.ts";
import { approve, commandsOf, isApproved } from "./trust.ts";

type Effects = Pick<World, "paths" | "db" | "git" | "cwd" | "sleep" | "signal">;

interface Written {
  key: KeyName;
  /** As JSON; undefined takes it out. */
  value: unknown;
  isOfRepository: boolean;
}

/** Answers the file, and warnings. Errors: `config.broken`, `config.link`, `config.unwritable`, `repository.none`. */
export async function writeSetting(world: Effects, { key, value, isOfRepository }: Written) {
  const repositoryPath = isOfRepository ? await repositoryHere(world) : undefined;
  const file = repositoryPath === undefined ? world.paths.config : repositoryFile(repositoryPath);
  const lock = join(world.paths.locks, `settings-${new Bun.CryptoHasher("sha1").update(file).digest("hex")}.lock`);
  const warnings: string[] = [];
  const work = async (): Promise<void> => {
    const before = await readSettings(file);
    if (!(await isChange(before, key, value))) return;
    const isTrusted = await isTrustedAsItIs(world, repositoryPath, before);
    const { edited } = await import("../../files/jsonc.ts");
    const text = edited(before.text ?? "{}\n", key.split("."), value);
    const after = await settingsIn(file, text);
    if (JSON.stringify(after.held.get(key)) !== JSON.stringify(value)) throw twice(file, key);
    put(file, text, { isHome: repositoryPath === undefined });
    if (repositoryPath === undefined || KEYS[key].repository !== "approved") return;
    // Typed by its user just now; what else the file would run was not.
    if (isTrusted) await approve(world, repositoryPath, after);
    else warnings.push("The repository's file has commands that you have not approved: parallel-cc config trust");
  };
  await withLock(world, lock, work, { doing: "been changing settings" });
  return { file, warnings };
}

/** One bad value is mended by another; what stands around it has to be sound. */
async function isChange(before: SettingsFile, key: KeyName, value: unknown): Promise<boolean> {
  const isAround = ({ at }: { at: readonly string[] }) => at.length === 1 && key.startsWith(`${at[0]}.`);
  if (before.faults.some(isAround)) await requireSound(before);
  return value !== undefined || before.held.has(key) || before.faults.some(({ at }) => at.join(".") === key);
}

async function isTrustedAsItIs(world: Effects, repositoryPath: string | undefined, before: SettingsFile) {
  if (repositoryPath === undefined || commandsOf(before).length === 0) return true;
  return isApproved(world, repositoryPath, before);
}

/** In a repository a link is refused: what it tracks shall not say which file of its user's is written. */
function put(file: string, text: string, { isHome }: { isHome: boolean }): void {
  if (!isHome && lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    throw new Failure({
      code: "config.link",
      message: `${file} is a symbolic link, and was left as it is.`,
      hint: "Replace it by a file, or set it without --repo.",
    });
  }
  try {
    replaceFile({ file, text, mode: isHome ? 0o600 : 0o666, directoryMode: isHome ? 0o700 : 0o777 });
  } catch (cause) {
    throw unwritableFile({ file, code: "config.unwritable", cause });
  }
}

function twice(file: string, key: string): Failure {
  return new Failure({
    code: "config.broken",
    message: `${file} says more than once what ${key} is, so it was left as it is.`,
    hint: "Take all but one of them out.",
  });
}
