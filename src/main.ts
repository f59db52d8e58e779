// The entry: words in, exit code out. The only process.exit. The version is answered before anything is loaded.

import { answer, tell } from "./cli/output.ts";
import { skewLine } from "./cli/skew.ts";
import { VERSION } from "./core/version.ts";

async function main(words: readonly string[]): Promise<number> {
  if (words[0] === "--version" || words[0] === "-V") {
    answer(`${VERSION}\n`);
    // Bun.which reads PATH by itself: the world, which does that for all others, costs more than this whole answer.
    const skew = skewLine({ program: process.execPath, version: VERSION, which: Bun.which });
    if (skew !== "") tell(skew);
    return 0;
  }
  const { run } = await import("./cli/run.ts");
  return run(words);
}

process.exit(await main(process.argv.slice(2)));
