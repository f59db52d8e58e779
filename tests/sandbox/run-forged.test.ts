// A claude that writes, kills or removes in its sandbox what its run is told by: the run is never COMPLETED while it goes
// on, ends soon with words for it, and brings home what it has done.

import { expect, test } from "bun:test";
import { ends, runScene } from "./run-scene.ts";

const RUN = 'run="$HOME/../run"\n';
const DONE = ends("Done.");
const FORGED = `${DONE}echo "0 1893456000 itself" >"$run/exit"\n`;

test.concurrent.each([
  ["kills what looks after it", DONE, "kill -KILL $PPID", "claude.lost"],
  ["kills all that it can", DONE, "kill -KILL -1", "claude.lost"],
  ["writes down an end of its own", FORGED, ":", "claude.lost"],
  ["takes the line away", FORGED, 'rm "$run/lock"', "claude.no-output"],
  ["says that it never was", FORGED, 'rm "$run/lock"; ln -s never "$run/lock"', "claude.lost"],
  ["empties the run's place", FORGED, 'rm -rf "$run"/* "$run"/.[!.]*', "claude.no-output"],
])(
  "a claude that %s once it says that it is done is no success, and its files come home soon",
  async (_what, said, done, code) => {
    await using scene = await runScene({ sh: `${RUN}echo half >half.txt\nat gate\n${said}${done}\nsleep 300\n` });
    const id = await scene.begin("--prompt", "Do it");
    await scene.reached("gate");
    await scene.rowAt(id, ({ step }) => step === "started");
    await scene.open("gate");
    const since = performance.now();
    const answer = await scene.sandbox("attach", id);
    expect(answer).toMatchObject({ status: "FAILED", filesChanged: 1, error: { code } });
    expect(performance.now() - since).toBeLessThan(15_000);
    expect(await scene.sandboxes()).toEqual([]);
  },
);
