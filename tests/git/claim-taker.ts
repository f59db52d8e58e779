// A process of its own for the tests: for each path that comes as a line on stdin it claims that EXCLUSIVE for the
// session argv[2] and answers "got", "held" or what went wrong, in the home that its environment says.

import { claimPaths } from "../../src/features/claims/ask.ts";
import { session } from "../../src/features/roster/roster.ts";
import { makeWorld } from "../../src/world.ts";

const world = makeWorld();
const db = await world.db();
const own = session(db, process.argv[2] ?? "");
if (own === undefined) throw new Error(`no session ${process.argv[2]}`);
process.stdout.write("ready\n");
for await (const path of console) {
  try {
    const asked = { paths: [path], mode: "EXCLUSIVE", ttlHours: 24, reason: undefined } as const;
    process.stdout.write(claimPaths(world, db, own, asked).isGranted ? "got\n" : "held\n");
  } catch (thrown) {
    process.stdout.write(`${String(thrown).replaceAll("\n", " ")}\n`);
  }
}
