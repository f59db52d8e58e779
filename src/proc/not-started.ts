// Why a child could not be started, as a Failure. The system says ENOENT for a missing program, a missing directory and
// a missing interpreter alike: looked at afterwards, since the call that succeeds should not pay for it.

import { accessSync, constants, existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { Failure } from "../core/failure.ts";

export interface Wanted {
  command: string;
  args: readonly string[];
  cwd?: string | undefined;
  env: Record<string, string>;
}

export function whyNotStarted(wanted: Wanted, cause: unknown): Failure {
  const { command, cwd } = wanted;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const details = { command, cwd, errno: code };
  if (cwd !== undefined && !isUsableDirectory(cwd)) {
    return new Failure({
      code: "proc.no-directory",
      message: `${command} cannot start in ${cwd}: there is no such directory, or it may not be entered.`,
      hint: "Check that the directory exists and that you may enter it.",
      details,
      cause,
    });
  }
  if (code === "ENOENT" || code === "ENOTDIR") {
    const found = programFile(wanted);
    return found === undefined ? notFound(command, { details, cause }) : noInterpreter(found, { details, cause });
  }
  if (code === "EACCES" || code === "EPERM" || code === "ENOEXEC" || code === "EISDIR") {
    return new Failure({
      kind: "unavailable",
      code: "proc.not-executable",
      message: `${command} exists, but it is not a program that may be run.`,
      hint: `Check its permissions (chmod +x) and that it starts with the line of its interpreter or is made for this system.`,
      details,
      cause,
    });
  }
  return new Failure({
    kind: "unavailable",
    code: "proc.not-started",
    message: `${command} could not be started: ${cause instanceof Error ? cause.message : String(cause)}`,
    details,
    cause,
  });
}

interface Known {
  details: Record<string, unknown>;
  cause: unknown;
}

function notFound(command: string, known: Known): Failure {
  const isPath = command.includes("/");
  return new Failure({
    kind: "unavailable",
    code: "proc.not-found",
    message: isPath ? `There is no program ${command}.` : `The program "${command}" was not found on PATH.`,
    hint: isPath ? "Check the path." : `Install ${command}, or put the directory it is in on PATH.`,
    ...known,
  });
}

function noInterpreter(file: string, known: Known): Failure {
  return new Failure({
    kind: "unavailable",
    code: "proc.not-executable",
    message: `${file} cannot run: the interpreter or loader it asks for is missing.`,
    hint: "Look at its first line, and install what it names.",
    ...known,
  });
}

function programFile(wanted: Wanted): string | undefined {
  const { PATH = "" } = wanted.env;
  if (!wanted.command.includes("/")) return Bun.which(wanted.command, { PATH }) ?? undefined;
  const file = wanted.cwd === undefined ? resolve(wanted.command) : resolve(wanted.cwd, wanted.command);
  return existsSync(file) ? file : undefined;
}

function isUsableDirectory(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
