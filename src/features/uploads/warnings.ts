// What of a plan may surprise its user though nothing is wrong with it: links whose targets stay here, and names that some
// disks take for one.

import { posix } from "node:path";
import { counted } from "../../core/text.ts";
import { bytesOf, shownPath } from "../../files/byte-paths.ts";

export interface Sent {
  path: string;
  /** Of a link. */
  target: Buffer | undefined;
}

const MOST_NAMED = 3;

/** Paths in it are as the disk has them: who shows it makes them printable. */
export function warningsOf(sent: readonly Sent[]): string[] {
  const leading = sent.filter(({ path, target }) => target !== undefined && leadsOut(path, target));
  const alike = sameElsewhere(sent.map(({ path }) => path));
  return [
    ...(leading.length === 0
      ? []
      : [
          `${counted(leading.length, "link")} ${leading.length === 1 ? "leads" : "lead"} out of the project, and nothing stands there in a sandbox: ${named(leading)}.`,
        ]),
    ...(alike.length === 0
      ? []
      : [`Some disks take these names for one another: ${named(alike.map((path) => ({ path })))}.`]),
  ];
}

function named(paths: readonly { path: string }[]): string {
  const first = paths.slice(0, MOST_NAMED).map(({ path }) => shownPath(path));
  const more = paths.length - first.length;
  return more === 0 ? first.join(", ") : `${first.join(", ")} and ${more} more`;
}

function leadsOut(path: string, target: Buffer): boolean {
  const to = target.toString("latin1");
  const at = posix.normalize(posix.join(posix.dirname(path), to));
  return posix.isAbsolute(to) || at === ".." || at.startsWith("../");
}

/** Those that an earlier one is the same as but for case or the form of its accents. */
function sameElsewhere(paths: readonly string[]): string[] {
  const seen = new Set<string>();
  return paths.filter((path) => {
    const plain = bytesOf(path).toString().normalize("NFC").toLowerCase();
    const isSeen = seen.has(plain);
    seen.add(plain);
    return isSeen;
  });
}
