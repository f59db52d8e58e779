// The unit of the benchmarks: a program that does nothing, built as parallel-cc is. Two words make it do something:
// `--version` lets build.ts take it for whole, and `--peak <command …>` runs a command and prints the most memory it
// had at once, in bytes. A child's peak begins with that of the process it was forked from, so a small one asks.

declare const PARALLEL_CC_VERSION: string;

const [word, ...command] = process.argv.slice(2);
if (word === "--version") await Bun.write(Bun.stdout, PARALLEL_CC_VERSION);
if (word === "--peak") {
  const child = Bun.spawnSync(command, { stdio: ["ignore", "ignore", "inherit"] });
  await Bun.write(Bun.stdout, String(child.resourceUsage.maxRSS));
  process.exit(child.exitCode);
}
