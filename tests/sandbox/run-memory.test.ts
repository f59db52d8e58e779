// What a run takes of this machine's memory, whatever its claude prints. More of it, and with a limit that is enforced:
// `bun run bench:sandbox`.

import { expect, test } from "bun:test";
import { readFile, stat } from "node:fs/promises";
import { peakOf, provideEmpty } from "../bench/spawn.ts";
import { PROGRAM } from "../support/cli.ts";
import { waitFor } from "../support/processes.ts";
import { ends, runScene } from "./run-scene.ts";

const LINES = 200_000;
const LEAST_LINE_BYTES = 500;
/** 100 MB, each line another one. */
const PRINTING = `awk 'BEGIN { text = sprintf("%0400d", 7); for (i = 0; i < ${LINES}; i++)
  printf "{\\"type\\":\\"assistant\\",\\"message\\":{\\"id\\":\\"msg_%09d\\",\\"role\\":\\"assistant\\",\\"usage\\":{},\\"content\\":[{\\"type\\":\\"text\\",\\"text\\":\\"%s\\"}]}}\\n", i, text }'
at printed
`;
const MOST_MEGABYTES = 120;

test("who drives a claude that prints 100 MB, and who looks on, stay below 120 MB each", async () => {
  await provideEmpty();
  await using scene = await runScene({ sh: `${PRINTING}${ends("Done.")}` });
  const id = await scene.begin("--prompt", "Print");
  await scene.reached("printed");
  const { home } = scene.place;
  const log = `${home}/.parallel-cc/logs/sandbox-${id}.jsonl`;
  await waitFor(async () => (await stat(log)).size > LINES * LEAST_LINE_BYTES, "all of it in the log", 60_000);
  const status = await readFile(`/proc/${scene.row(id).driver?.pid}/status`, "utf8");
  expect(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024).toBeLessThan(MOST_MEGABYTES);
  await scene.open("printed");
  const env = scene.place.env({ extra: scene.variables });
  const command = [PROGRAM, "sandbox", "logs", id, "--follow"];
  expect(peakOf({ command, cwd: scene.repo.path, env })).toBeLessThan(MOST_MEGABYTES);
});
