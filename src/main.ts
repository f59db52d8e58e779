// The entry: words in, exit code out. The only process.exit. The version is answered before anything is loaded.

import { answer } from "./cli/output.ts";
import { VERSION } from "./core/version.ts";

async function main(words: readonly string[]): Promise<number> {
  if (words[0] === "--version" || words[0] === "-V") {
    answer(`${VERSION}\n`);
    return 0;
  }
  const { run } = await import("./cli/run.ts");
  return run(words);
}

process.exit(await main(process.argv.slice(2)));
