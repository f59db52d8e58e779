// A claude that kills who looks after it, or writes into the run's place what they write there: it is ended, and how it
// ended is never better than what was seen.

import { expect, test } from "bun:test";
import { follow, launch, standing, stopClaude } from "../../src/features/claude-runs/claude-runs.ts";
import { waitFor } from "../support/processes.ts";
import { AUTH, type Scene, scene } from "./claude-scene.ts";
import { nativeScene } from "./native-scene.ts";

const LOST = { state: "ended", exit: null, by: "loss" };
const RUN = 'run="$HOME/../run"\n';
/** Who looks after claude, in the order of their start: keeper, watch, guard. */
const MINDERS = `top=$(dirname "$HOME"); minders=$(pgrep -f '^sh -c .*parallel-cc-kee[p] '"$top/")\nset -- $minders\n`;

/** Soon enough for who waits for it. */
async function endedSoon(staged: Scene) {
  const since = performance.now();
  await staged.printed();
  const stands = await stopClaude(staged.sandbox);
  expect(performance.now() - since).toBeLessThan(5000);
  return stands;
}

test.concurrent.each([
  ["keeper", "$1"],
  ["watch", "$2"],
  ["keeper and watch", "$1 $2"],
  ["keeper and guard", "$1 $3"],
  ["keeper, watch and guard", "$1 $2 $3"],
])("a claude that kills its %s is ended with all it has started, and that is told", async (_what, pids) => {
  const sh = `trap '' TERM; setsid sleep 300 &\necho hi; wait_at gate\n${MINDERS}kill -KILL ${pids}; sleep 300`;
  await using staged = await scene({ sh });
  await staged.launch();
  await staged.reached("gate");
  await staged.open("gate");
  expect(await endedSoon(staged)).toMatchObject(LOST);
  expect(await staged.left()).toEqual([]);
});

test.concurrent("a claude that has got rid of its watch and its guard is stopped all the same", async () => {
  await using staged = await scene({ sh: `${MINDERS}kill -KILL $2 $3; trap '' TERM; wait_at gate` });
  await staged.launch();
  await staged.reached("gate");
  expect(await stopClaude(staged.sandbox, { graceMs: 0 })).toMatchObject(LOST);
  expect(await staged.left()).toEqual([]);
});

test.concurrent.each([
  ["an end of its own", `echo "0 1893456000 itself" >"$run/exit"`],
  ["no end at all", `echo "-1 yesterday; rm -rf" >"$run/exit"`],
  ["a directory", `mkdir -p "$run/exit/exit"`],
  ["a pipe", `mkfifo "$run/exit"`],
  ["a link without an end", `ln -s /dev/zero "$run/exit"`],
])(
  "a claude that writes %s into the place of its end and works on is ended, and not believed",
  async (_what, forged) => {
    await using staged = await scene({ sh: `${RUN}echo hi; wait_at gate\n${forged}\nsleep 300` });
    await staged.launch();
    await staged.reached("gate");
    expect(await standing(staged.sandbox)).toMatchObject({ state: "running" });
    await staged.open("gate");
    expect(await endedSoon(staged)).toMatchObject(LOST);
    expect(await staged.left()).toEqual([]);
  },
);

test.concurrent("an end that claude writes down right before its own is none", async () => {
  await using staged = await scene({ sh: `${RUN}echo "0 1893456000 itself" >"$run/exit"; exit 3` });
  await staged.launch();
  expect((await staged.ended()).exit).not.toBe(0);
});

test.concurrent.each([
  ["takes away", `rm "$run/lock"`],
  ["takes away the pipe of", `rm "$run"/keep.*/line`],
  ["puts another pipe in the place of", `rm "$run/lock"; mkfifo "$run/lock"`],
  ["puts a file in the place of", `rm "$run/lock"; : >"$run/lock"`],
])("a claude that %s its line is ended, whatever else it has written", async (_what, cut) => {
  const sh = `echo hi; wait_at gate\n${RUN}echo "0 1893456000 itself" >"$run/exit"\n${cut}; setsid sleep 300`;
  await using staged = await scene({ sh });
  await staged.launch();
  await staged.reached("gate");
  const chunks = follow(staged.world, staged.sandbox, { from: 0 });
  await chunks.next();
  await staged.open("gate");
  const end = () =>
    Bun.file(`${staged.sandbox.places.run}/exit`)
      .text()
      .catch(() => "");
  await waitFor(async () => /^- \d+ loss\n$/.test(await end()), "the end that was seen");
  expect(await staged.left()).toEqual([]);
  await chunks.return(undefined);
});

test.concurrent("numbers that claude writes into the run's place are nobody's to kill", async () => {
  await using bystander = Bun.spawn(["sleep", "300"]);
  const forged = `for name in pid exit started stop; do echo ${bystander.pid} >"$run/$name"; done`;
  await using staged = await scene({ sh: `${RUN}${forged}\nwait_at gate` });
  await staged.launch();
  await staged.reached("gate");
  await stopClaude(staged.sandbox, { graceMs: 100 });
  expect(bystander.exitCode).toBeNull();
  expect(await staged.left()).toEqual([]);
});

const INPUT = {
  ...{ prompt: new TextEncoder().encode("Do it."), env: {}, auth: AUTH, usesOwnClaude: true },
  identity: { name: "Ada", email: "ada@example.com" },
};

test.concurrent.each([
  ["all that it can", "-1"],
  ["its keeper", "$PPID"],
])("in a native sandbox a claude that kills %s is seen to have ended at once", async (_what, pids) => {
  const claude = `#!/bin/sh
if [ "$1" = --version ]; then echo '2.1.328 (Claude Code)'; exit 0; fi
echo hi; setsid sleep 300 & until [ -e "$HOME/../run/go" ]; do sleep 0.02; done; kill -KILL ${pids}; sleep 300
`;
  await using staged = await nativeScene({ programs: { claude } });
  const sandbox = await staged.make();
  await launch(staged.world, sandbox, INPUT);
  const chunks = follow(staged.world, sandbox, { from: 0 });
  await chunks.next();
  await Bun.write(`${sandbox.places.run}/go`, "");
  const since = performance.now();
  for await (const _more of chunks);
  expect(await stopClaude(sandbox)).toMatchObject(LOST);
  expect(performance.now() - since).toBeLessThan(5000);
});
