// Many processes that claim at once: one transaction decides, so one of them has it, and nobody meets an error.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { v } from "../../src/core/shape.ts";
import { type TwoSessions, twoSessions } from "../support/two-sessions.ts";

const PROCESSES = 16;
const ROUNDS = Number(process.env["RACE_ROUNDS"] ?? 1000);
/** Each round of these leaves a glob that all later ones are compared with. */
const GLOB_ROUNDS = Number(process.env["GLOB_ROUNDS"] ?? 300);

interface Taker {
  /** What it answers to a path. */
  take(path: string): Promise<string>;
}

async function takers(stack: AsyncDisposableStack, scene: TwoSessions): Promise<Taker[]> {
  const sessions = [scene.one, scene.two];
  while (sessions.length < PROCESSES) sessions.push(await scene.start(`s${sessions.length}`));
  return Promise.all(
    sessions.map(async ({ known }) => {
      const child = Bun.spawn([process.execPath, join(import.meta.dir, "claim-taker.ts"), known.id], {
        ...{ cwd: known.worktree_path, env: scene.place.env(), stdin: "pipe", stdout: "pipe", stderr: "inherit" },
      });
      stack.defer(async () => {
        child.kill();
        await child.exited;
      });
      const lines = createInterface({ input: Readable.fromWeb(child.stdout) })[Symbol.asyncIterator]();
      const line = async (): Promise<string> => String((await lines.next()).value);
      expect(await line()).toBe("ready");
      return {
        take: (path) => {
          child.stdin.write(`${path}\n`);
          child.stdin.flush();
          return line();
        },
      };
    }),
  );
}

/** How often each answer came in a round, over all rounds. */
async function race(rounds: number, paths: (round: number) => readonly string[]): Promise<string[]> {
  await using scene = await twoSessions();
  await using stack = new AsyncDisposableStack();
  const all = await takers(stack, scene);
  const outcomes = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    const ways = paths(round);
    const answers = await Promise.all(all.map(({ take }, i) => take(ways[i % ways.length] ?? "")));
    const [got, held] = ["got", "held"].map((which) => answers.filter((one) => one === which).length);
    const others = answers.filter((one) => one !== "got" && one !== "held");
    outcomes.add([`${got} got`, `${held} held`, ...others].join(", "));
  }
  const db = await scene.world.db();
  const row = db.one(v.object({ n: v.number() }), "SELECT count(*) AS n FROM file_claims WHERE is_active = 1");
  expect(row?.n).toBe(rounds);
  return [...outcomes];
}

test(`${PROCESSES} processes claim one file, ${ROUNDS} times: one gets it`, async () => {
  expect(await race(ROUNDS, (round) => [`src/file-${round}.ts`])).toEqual([`1 got, ${PROCESSES - 1} held`]);
}, 300_000);

test(`${PROCESSES} processes claim globs that overlap, ${GLOB_ROUNDS} times: one gets it`, async () => {
  const ways = (n: number) => [`d${n}/**`, `d${n}/*.ts`, `**/d${n}/a.*`, `d${n}/{a,b}.ts`, `d${n}/a.ts`, `d${n}/`];
  expect(await race(GLOB_ROUNDS, ways)).toEqual([`1 got, ${PROCESSES - 1} held`]);
}, 300_000);
