// What `--version` says beside the version: that a script which calls this program is of another release.

import { printable } from "../core/text.ts";
import { releaseWords, scriptsAround } from "../files/release.ts";

interface Installed {
  program: string;
  version: string;
  which(name: string): string | null;
}

/** One line; "" where all is of one release. */
export function skewLine({ program, version, which }: Installed): string {
  const others = scriptsAround(program, which).filter(({ release }) => release !== version);
  if (others.length === 0) return "";
  const named = others.map(({ path, release }) => `${printable(path)} is of ${releaseWords(release)}`);
  return `warning: ${named.join(", ")}; this is ${version}. See: parallel-cc doctor\n`;
}
