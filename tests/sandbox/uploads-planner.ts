// A process that plans an upload and prints the plan: for who runs it as another user. Its argument is the plan's input.

import { planUpload } from "../../src/features/uploads/uploads.ts";
import { makeWorld } from "../../src/world.ts";

process.stdout.write(JSON.stringify(await planUpload(makeWorld(), JSON.parse(process.argv[2] ?? ""))));
