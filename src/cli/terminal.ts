// What kind of place the text goes to: a terminal of some width, or a file or pipe. Loads colours only for the former.

import { fstatSync, statSync } from "node:fs";
import { devNull } from "node:os";
import type { Page, Paint } from "../core/operation.ts";
import type { World } from "../world.ts";

/** node:tty costs more than starting the program, and 1.2 MB: it is asked only about what could be a terminal at all. */
export async function isTerminal(fd: 0 | 1 | 2): Promise<boolean> {
  try {
    const found = fstatSync(fd);
    if (!found.isCharacterDevice() || isNull(found.rdev)) return false;
  } catch {
    return false;
  }
  return (await import("node:tty")).isatty(fd);
}

/** Scripts send there what nobody reads. */
function isNull(device: number): boolean {
  try {
    return device === statSync(devNull).rdev;
  } catch {
    return false;
  }
}

export async function pageFor(
  world: Pick<World, "env" | "now">,
  fd: 1 | 2,
  colour: boolean | undefined,
): Promise<Page> {
  const terminal = await isTerminal(fd);
  const { env } = world;
  const wanted = colour ?? (env.forceColor || (terminal && !env.noColor && !env.isDumb));
  return {
    columns: terminal ? (terminalColumns(fd) ?? env.columns ?? 80) : undefined,
    now: world.now(),
    paint: wanted ? await colours() : PLAIN,
  };
}

/** Rows of the screen; undefined where there is none. */
export async function rowsOf(fd: 1 | 2): Promise<number | undefined> {
  if (!(await isTerminal(fd))) return undefined;
  const rows = fd === 1 ? process.stdout.rows : process.stderr.rows;
  return rows > 0 ? rows : 24;
}

function terminalColumns(fd: 1 | 2): number | undefined {
  const columns = fd === 1 ? process.stdout.columns : process.stderr.columns;
  return columns > 0 ? columns : undefined;
}

const same = (text: string) => text;
export const PLAIN: Paint = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };

async function colours(): Promise<Paint> {
  const { createColors } = (await import("picocolors")).default;
  return createColors(true);
}
