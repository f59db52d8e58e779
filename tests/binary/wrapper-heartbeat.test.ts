// parallel-cc-heartbeat.sh, the hook command of earlier installations.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { PROGRAM, pcc, pccJson, type Ran } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper, waitFor } from "../support/processes.ts";
import { makePrograms } from "../support/programs.ts";
import { makeRepo } from "../support/repo.ts";
import { SHELLS, whereIs } from "../support/wrapper.ts";

const SCRIPT = join(import.meta.dir, "../../scripts/heartbeat.sh");

async function hook(
  place: Place,
  shell: string,
  path: string[],
  env: Record<string, string> = {},
): Promise<Partial<Ran>> {
  const child = Bun.spawn([whereIs(shell), SCRIPT], {
    cwd: place.path,
    env: place.env({ path, extra: env }),
    stdin: new Blob(['{"hook_event_name":"PostToolUse"}']),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { stdout, stderr, exit: child.exitCode };
}

const SILENT = { stdout: "", stderr: "", exit: 0 };

test.each(SHELLS)(
  "under %s it is a sign of life of claude's session, or else of the one it was started in",
  async (shell) => {
    await using place = await makePlace();
    const { path: cwd } = await makeRepo(place);
    await using claude = sleeper();
    const programs = await makePrograms(place, { "parallel-cc": { sh: `exec '${PROGRAM}' "$@"` } });
    const read = async (): Promise<string> =>
      JSON.stringify(await pccJson(place, ["status"])).match(/lastHeartbeat":"([^"]+)/)?.[1] ?? "";
    await pcc(place, ["register", "--pid", String(claude.pid)], { cwd });
    const before = await read();
    // The time is kept in whole seconds.
    await waitFor(async () => {
      expect(await hook(place, shell, [programs.folder], { CLAUDE_PID: String(claude.pid) })).toEqual(SILENT);
      return (await read()) > before;
    }, "a later sign of life");
    expect(await hook(place, shell, [programs.folder])).toEqual(SILENT);
    const asked = (await programs.expectCalled("parallel-cc")).map(({ argv }) => argv);
    expect(asked[0]).toEqual(["heartbeat", "--pid", String(claude.pid)]);
    expect(asked.at(-1)).toEqual(["heartbeat", "--pid", String(process.pid)]);
  },
);

test.each(SHELLS)("under %s it is silent and succeeds whatever happens", async (shell) => {
  await using place = await makePlace();
  const programs = await makePrograms(place, { "parallel-cc": { stdout: "out", stderr: "err", exit: 70 } });
  expect(await hook(place, shell, [programs.folder])).toEqual(SILENT);
  expect(await hook(place, shell, [programs.folder], { CLAUDE_PID: "a b" })).toEqual(SILENT);
  await programs.expectCalled("parallel-cc", 2);
  expect(await hook(place, shell, [], { PATH: place.path })).toEqual(SILENT);
});
