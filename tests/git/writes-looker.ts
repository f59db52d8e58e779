// A process of its own for the tests: looks what the session argv[2] has written, in the home that its environment says,
// remembers it, and prints the files as JSON. It starts at a byte on stdin, so that many can start as one.

import { session } from "../../src/features/roster/roster.ts";
import { writtenSince } from "../../src/features/writes/writes.ts";
import { makeWorld } from "../../src/world.ts";

const [id = ""] = process.argv.slice(2);
const world = makeWorld();
const db = await world.db();
const own = session(db, id);
if (own === undefined) throw new Error(`no session ${id}`);
process.stdout.write("ready\n");
await Bun.stdin.stream().getReader().read();
const found = await writtenSince(world, db, own);
found?.remember();
process.stdout.write(`${JSON.stringify(found?.files ?? [])}\n`);
