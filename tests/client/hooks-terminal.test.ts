// claude as it is, in a terminal, after the hooks are installed: what status shows of it, and that one session stays one.

import { expect, test } from "bun:test";
import { CLIENTS, OLDER } from "../../scripts/dev/clients.ts";
import { bash, PRINT, QUESTION, resultOf, stage } from "../support/client.ts";
import { HOOKS, install, shown, waitForNobody, waitForShown } from "../support/client-hooks.ts";
import { gate } from "../support/servers/messages.ts";

const SKIPPING = "--dangerously-skip-permissions";

test.each(CLIENTS)("%s is idle at its prompt, working on it, idle again, and no more after /exit", async (version) => {
  const working = gate();
  await using on = await stage({
    version,
    rules: [{ prompt: "say hello", turns: [{ gate: working, blocks: ["Hello."] }] }],
  });
  await install(on, ...HOOKS);
  const screen = await on.open(["claude", SKIPPING]);
  await waitForShown(on, "a session at its prompt", ([one]) => one?.activity === "idle");
  await screen.tell("say hello");
  await working.reached;
  expect(await shown(on)).toMatchObject([{ isAlive: true, activity: "working", worktreePath: on.repo.path }]);
  working.open();
  await screen.waitForScreen(/Hello\./);
  await waitForShown(on, "a session that is idle again", ([one]) => one?.activity === "idle");
  expect(await screen.exit()).toBe(0);
  await waitForNobody(on);
});

test.each(CLIENTS)("%s with a question on the screen is waiting, and for what is shown", async (version) => {
  const rules = [{ prompt: "make the file", turns: [bash("touch made.txt"), "It is made."] }];
  await using on = await stage({ version, rules });
  await install(on, ...HOOKS);
  const screen = await on.open(["claude", "--permission-mode", version === OLDER ? "default" : "manual"]);
  await screen.tell("make the file");
  await screen.waitForScreen(QUESTION);
  const isWaiting = ({ activity }: { activity: string }) => activity === "waiting";
  const [waiting] = await waitForShown(on, "a session that waits", (all) => all.some(isWaiting));
  expect(waiting?.waitingFor).toBe("approval of Bash");
  await screen.agree();
  await screen.waitForScreen(/It is made\./);
  const [idle] = await waitForShown(on, "a session that waits no more", (all) => !all.some(isWaiting));
  expect(idle).toMatchObject({ sessionId: waiting?.sessionId, waitingFor: null });
  expect(await screen.exit()).toBe(0);
});

test("a turn that is stopped with Esc leaves the session idle, though no event tells of it", async () => {
  const working = gate();
  await using on = await stage({ rules: [{ prompt: "say hello", turns: [{ gate: working, blocks: ["Hello."] }] }] });
  await install(on, ...HOOKS);
  const screen = await on.open(["claude", SKIPPING]);
  await screen.tell("say hello");
  await working.reached;
  await waitForShown(on, "a session at work", ([one]) => one?.activity === "working");
  await screen.press("Escape");
  await waitForShown(on, "a session that is idle", ([one]) => one?.activity === "idle");
  working.open();
});

test("a command that was approved and still runs is waited for no more", async () => {
  const rules = [
    { prompt: "make the file", turns: [bash("touch made.txt; until [ -e go ]; do sleep 0.1; done"), "Done so."] },
  ];
  await using on = await stage({ rules });
  await install(on, ...HOOKS);
  const screen = await on.open(["claude", "--permission-mode", "manual"]);
  await screen.tell("make the file");
  await screen.waitForScreen(QUESTION);
  await waitForShown(on, "a session that waits", ([one]) => one?.activity === "waiting");
  await screen.agree();
  await waitForShown(on, "a session at work", ([one]) => one?.activity === "working" && one.waitingFor === null);
  await Bun.write(`${on.repo.path}/go`, "");
  await screen.waitForScreen(/Done so\./);
});

test("a question that is left with Esc is waited for no more", async () => {
  const rules = [{ prompt: "make the file", turns: [bash("touch made.txt"), "It is made."] }];
  await using on = await stage({ rules });
  await install(on, ...HOOKS);
  const screen = await on.open(["claude", "--permission-mode", "manual"]);
  await screen.tell("make the file");
  await screen.waitForScreen(QUESTION);
  await waitForShown(on, "a session that waits", ([one]) => one?.activity === "waiting");
  await screen.press("Escape");
  await waitForShown(on, "a session that is idle", ([one]) => one?.activity === "idle" && one.waitingFor === null);
});

test.each(CLIENTS)("/clear of %s begins another conversation in the same session", async (version) => {
  const [before, after] = [gate(), gate()];
  const rules = [
    { prompt: "be before", turns: [{ gate: before, blocks: ["One."] }] },
    { prompt: "be after", turns: [{ gate: after, blocks: ["Two."] }] },
  ];
  await using on = await stage({ version, rules });
  await install(on, ...HOOKS);
  const screen = await on.open(["claude", SKIPPING]);
  await screen.tell("be before");
  await before.reached;
  const [first] = await shown(on);
  before.open();
  await screen.waitForScreen(/One\./);
  await waitForShown(on, "the end of the turn", ([one]) => one?.activity === "idle");
  await screen.tell("/clear");
  await screen.tell("be after");
  await after.reached;
  expect(await shown(on)).toMatchObject([{ sessionId: first?.sessionId, isAlive: true, activity: "working" }]);
  expect((await on.model.request("be after", 0)).text).not.toContain("be before");
  after.open();
  await screen.waitForScreen(/Two\./);
  expect(await screen.exit()).toBe(0);
  await waitForNobody(on);
});

test.each(CLIENTS)("--resume of %s takes a conversation up in one session", async (version) => {
  const working = gate();
  const rules = [
    { prompt: "be before", turns: ["One."] },
    { prompt: "be after", turns: [{ gate: working, blocks: ["Two."] }] },
  ];
  await using on = await stage({ version, rules });
  await install(on, ...HOOKS);
  const { session_id: conversation } = resultOf(await on.run(["claude", "-p", "be before", ...PRINT]));
  await waitForNobody(on);
  const screen = await on.open(["claude", SKIPPING, "--resume", conversation]);
  await screen.tell("be after");
  await working.reached;
  expect(await shown(on)).toMatchObject([{ isAlive: true, activity: "working" }]);
  expect((await on.model.request("be after", 0)).text).toContain("be before");
  working.open();
  await screen.waitForScreen(/Two\./);
  expect(await screen.exit()).toBe(0);
  await waitForNobody(on);
});

test("/resume goes back to an earlier conversation in the same session", async () => {
  const rules = [
    { prompt: "be before", turns: ["One."] },
    { prompt: "be between", turns: ["Two."] },
    { prompt: "be after", turns: ["Three."] },
  ];
  await using on = await stage({ rules });
  await install(on, ...HOOKS);
  const screen = await on.open(["claude", SKIPPING]);
  await screen.tell("be before");
  await screen.waitForScreen(/One\./);
  const [first] = await waitForShown(on, "the end of the turn", ([one]) => one?.activity === "idle");
  await screen.tell("/clear");
  await screen.tell("be between");
  await screen.waitForScreen(/Two\./);
  await waitForShown(on, "the end of the turn", ([one]) => one?.activity === "idle");
  const { session: conversation } = await on.model.request("be before", 0);
  await screen.tell(`/resume ${conversation}`);
  await screen.waitForScreen(/One\./);
  await screen.tell("be after");
  await screen.waitForScreen(/Three\./);
  const { session, text } = await on.model.request("be after", 0);
  expect([session, text.includes("be between")]).toEqual([conversation, false]);
  expect((await on.model.request("be between", 0)).session).not.toBe(conversation);
  expect(await shown(on)).toMatchObject([{ sessionId: first?.sessionId, isAlive: true }]);
  expect(await screen.exit()).toBe(0);
});

test("claude-parallel and the hooks make one session, which shows what claude does", async () => {
  await using on = await stage({ rules: [{ prompt: "say hello", turns: ["Hello."] }] });
  await install(on, ...HOOKS);
  const screen = await on.open(["claude-parallel", "--name", "wrapped", SKIPPING]);
  await screen.tell("say hello");
  await screen.waitForScreen(/Hello\./);
  const idle = await waitForShown(on, "the end of the turn", ([one]) => one?.activity === "idle");
  expect(idle).toMatchObject([{ name: "wrapped", isAlive: true }]);
  expect(await screen.exit()).toBe(0);
  expect(await shown(on)).toEqual([]);
});

test("a closed window ends the session", async () => {
  await using on = await stage({ rules: [] });
  await install(on, ...HOOKS);
  const screen = await on.open(["claude", SKIPPING]);
  await waitForShown(on, "a session", ({ length }) => length === 1);
  await screen.close();
  await waitForNobody(on);
});

test("who starts claude beside another one is told on the screen that they share the checkout", async () => {
  const working = gate();
  await using on = await stage({ rules: [{ prompt: "be the first", turns: [{ gate: working, blocks: ["Done."] }] }] });
  await install(on, ...HOOKS);
  const first = on.start(["claude", "-p", "be the first", ...PRINT]);
  await working.reached;
  const screen = await on.open(["claude", SKIPPING]);
  await screen.waitForScreen(/this checkout is shared with session [0-9a-f]{8}/);
  expect(await screen.exit()).toBe(0);
  working.open();
  resultOf(await first.exited);
});

test("the status line tells of the sessions", async () => {
  await using on = await stage({ rules: [] });
  await install(on, ...HOOKS, "--statusline");
  const screen = await on.open(["claude", SKIPPING]);
  await screen.waitForScreen(/parallel-cc: 1 session · main checkout/);
  expect(await screen.exit()).toBe(0);
});
