// Random courses of several sessions in real repositories: whatever is removed, nothing is lost, and `undo` brings it
// back to the byte. PROPERTY_SEED runs a failure again, PROPERTY_RUNS=1 that course alone; `bun run soak` for a long run.

import { expect, test } from "bun:test";
import { soak } from "./removal-run.ts";

const STEPS = 1500;
const SEED = Number(process.env["PROPERTY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const COURSES = Number(process.env["PROPERTY_RUNS"] ?? Number.POSITIVE_INFINITY);

test("0 blobs lost in random courses of sessions", async () => {
  process.stderr.write(`removal: PROPERTY_SEED=${SEED}\n`);
  const tally = await soak({ steps: STEPS, courses: COURSES, seed: SEED, lanes: 3, shrinks: 60 });
  if (process.env["PROPERTY_TOLD"] !== undefined) {
    process.stderr.write(
      `${[...tally]
        .sort()
        .map(([what, times]) => `${what}: ${times}`)
        .join("\n")}\n`,
    );
  }
  if ((tally.get("steps") ?? 0) < STEPS) return;

  // A run in which nothing is removed would prove nothing.
  for (const what of ["release of", "cleanup of", "remove of"]) {
    expect([...tally.keys()].filter((key) => key.startsWith(what))).toContain(`${what} landed`);
  }
  for (const what of ["cleanup of unused", "forced", "undone", "as set up"])
    expect(tally.get(what) ?? 0).toBeGreaterThan(10);
}, 600_000);
