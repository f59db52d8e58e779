// A sandbox run looked at in a real terminal: what is painted while it goes on, and what its user's keys do to it.

import { expect, test } from "bun:test";
import { ends, runScene } from "../sandbox/run-scene.ts";
import { PROGRAM } from "../support/cli.ts";
import { waitFor } from "../support/processes.ts";
import { gate } from "../support/servers/messages.ts";
import { openTerminal, type Terminal } from "../support/terminal.ts";
import { type ClientScene, clientScene } from "./sandbox-scene.ts";

interface Watched extends AsyncDisposable {
  scene: ClientScene;
  terminal: Terminal;
  commandEnded(): Promise<void>;
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A claude that thinks for as long as the test lasts, and a terminal in which somebody looks on. */
async function watched(words: string): Promise<Watched> {
  const thinks = { blocks: ["Never said."], gate: gate() };
  const write = { tool: "Bash", input: { command: "echo half >half.txt", description: "Write" } };
  const scene = await clientScene({ rules: () => [{ prompt: "Take long", turns: [write, thinks] }] });
  const env = scene.place.env({
    path: [scene.place.at("programs")],
    extra: { ...scene.variables, LC_ALL: "C.UTF-8", COLUMNS: undefined },
  });
  const terminal = await openTerminal(scene.place, { shell: "bash", cwd: scene.repo.path, env });
  const run = `exec env ${words} ${PROGRAM} sandbox run --prompt 'Take long'`;
  await terminal.type(`(echo $BASHPID >${scene.place.at("pid")}; ${run}); echo left $?`);
  await thinks.gate.reached;
  const pid = Number(await Bun.file(scene.place.at("pid")).text());
  return {
    ...{ scene, terminal },
    commandEnded: async () => {
      await waitFor(() => !lives(pid), "the end of the command");
    },
    [Symbol.asyncDispose]: async () => {
      await terminal[Symbol.asyncDispose]();
      thinks.gate.open();
      await scene[Symbol.asyncDispose]();
    },
  };
}

const LIVE = /^running [0-9a-f]{8} \(native\): Take long$/gm;

test("a terminal that becomes narrower and wider again shows the run once", async () => {
  await using on = await watched("");
  await on.terminal.waitForScreen(/^It thinks\.$/m);
  await on.terminal.waitForScreen(/^1 turn · .* out, 0 cached$/m);
  await on.terminal.resize(40, 20);
  await on.terminal.waitForScreen(/^1 turn · 0 files$/m);
  await on.terminal.resize(100, 30);
  await on.terminal.waitForScreen(/^1 turn · .* out, 0 cached$/m);
  const screen = await on.terminal.screen();
  expect(screen.match(LIVE)).toHaveLength(1);
  expect(screen.match(/ left$/gm)).toHaveLength(1);
});

test("Ctrl-C brings home what there is, and leaves nothing half painted", async () => {
  await using on = await watched("");
  await on.terminal.waitForScreen(/^It thinks\.$/m);
  await on.terminal.press("C-c");
  await on.terminal.waitForScreen(/^left 1$/m);
  const screen = await on.terminal.screen();
  expect(screen).toContain("\nStopping claude, to bring home what it has done.\n");
  expect(screen).toMatch(/^take-long \([0-9a-f]{8}\): stopped after \d+s$/m);
  expect(screen).not.toContain("It thinks.");
  expect(screen).toContain("  1 file changed; uncommitted in\n");
});

test("Ctrl-C again leaves the run alone, and says how to look on", async () => {
  await using on = await watched("");
  await on.terminal.waitForScreen(/^It thinks\.$/m);
  await on.terminal.press("C-c");
  await on.terminal.waitForScreen(/^stopping [0-9a-f]{8} /m);
  await on.terminal.press("C-c");
  await on.terminal.waitForScreen(/^left 130$/m);
  const [, id] = /To look on again: parallel-cc sandbox attach ([0-9a-f]{8})/.exec(await on.terminal.screen()) ?? [];
  expect(await on.scene.sandbox("attach", `${id}`)).toMatchObject({ status: "CANCELLED", filesChanged: 1 });
});

test("a terminal that is closed stops nothing", async () => {
  await using on = await watched("");
  await on.terminal.close();
  await on.commandEnded();
  const [run] = on.scene.rows();
  expect(run).toMatchObject({ step: "started", wanted: null });
  expect(await on.scene.sandbox("kill")).toMatchObject({ status: "CANCELLED", filesChanged: 1 });
});

test("a terminal that knows no escape sequences gets a line a step", async () => {
  await using on = await watched("TERM=dumb");
  await on.terminal.waitForScreen(/^\* Bash echo half >half\.txt$/m);
  expect(await on.terminal.screen()).not.toMatch(LIVE);
});

test("who looks on late is shown the last steps, and where the others are", async () => {
  const line = {
    type: "assistant",
    message: { id: "m", role: "assistant", content: [{ type: "text", text: "step N" }] },
  };
  const steps = `seq 200 | while read -r n; do sed "s/N/$n/" <<'LINE'\n${JSON.stringify(line)}\nLINE\ndone\n`;
  await using scene = await runScene({ sh: `${steps}at end\n${ends("Done.")}` });
  await scene.begin("--prompt", "Take steps");
  await scene.reached("end");
  const env = scene.place.env({ extra: { ...scene.variables, COLUMNS: undefined } });
  await using terminal = await openTerminal(scene.place, { shell: "bash", cwd: scene.repo.path, env });
  await terminal.type(`${PROGRAM} sandbox attach`);
  await terminal.waitForScreen(/^step 200$/m);
  const screen = await terminal.screen();
  expect(screen).toMatch(/^\.\.\. 1\d\d steps before: parallel-cc sandbox logs [0-9a-f]{8} --lines <n>$/m);
  expect(screen).toMatch(/^claude \S+ is at work\.$/m);
  expect(screen).not.toMatch(/^step 100$/m);
  await scene.open("end");
  await terminal.waitForScreen(/: completed after/);
});
