// The entry: the world, the door, the exit code. The only process.exit.

import { run } from "./cli/run.ts";

process.exit(await run(process.argv.slice(2)));
