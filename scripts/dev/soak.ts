// `bun run soak`: the random courses of tests/props/removal.test.ts for 10,000 steps, or SOAK_STEPS. A failure shows its
// seed and the smallest course that fails; PROPERTY_SEED begins with that one.

import { soak } from "../../tests/props/removal-run.ts";

const STEPS = Number(process.env["SOAK_STEPS"] ?? 10_000);
const SEED = Number(process.env["PROPERTY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const COURSES = Number(process.env["PROPERTY_RUNS"] ?? Number.POSITIVE_INFINITY);
const LANES = 3;
const TELL_EVERY = 250;

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<number> {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(0)} s`;
  let told = 0;
  tell(`PROPERTY_SEED=${SEED}, ${STEPS} steps`);
  try {
    const tally = await soak({
      ...{ steps: STEPS, courses: COURSES, seed: SEED, lanes: LANES, shrinks: 200 },
      failed: (seed, why) => tell(`PROPERTY_SEED=${seed} fails, and is made smaller: ${why.split("\n")[0]}`),
      told(soFar) {
        const steps = soFar.get("steps") ?? 0;
        if (steps < told + TELL_EVERY) return;
        told = steps;
        tell(`${steps} steps, ${soFar.get("undone") ?? 0} worktrees brought back, ${seconds()}`);
      },
    });
    for (const [what, times] of [...tally].sort()) tell(`${String(times).padStart(7)}  ${what}`);
    tell(`nothing was lost, ${seconds()}`);
    return 0;
  } catch (thrown) {
    tell(thrown instanceof Error ? thrown.message : String(thrown));
    return 1;
  }
}

process.exit(await main());
