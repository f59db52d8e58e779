// A process of its own for the tests: leases two ports of argv[3]-argv[4] for the session argv[2], in the home that its
// environment says, and prints them as JSON. It starts at a byte on stdin, so that many can start as one.

import { session } from "../../src/features/roster/roster.ts";
import { leaseFor } from "../../src/features/sessions/ports.ts";
import { makeWorld } from "../../src/world.ts";

const [id = "", from = "", to = ""] = process.argv.slice(2);
process.stdout.write("ready\n");
await Bun.stdin.stream().getReader().read();
const world = makeWorld();
const db = await world.db();
const found = session(db, id);
if (found === undefined) throw new Error(`no session ${id}`);
const range = { from: Number(from), to: Number(to) };
process.stdout.write(`${JSON.stringify(await leaseFor(world, db, found, { count: 2, range }))}\n`);
