// Ports, from the setting to what claude and the scripts in its checkout see.

import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { v } from "../../src/core/shape.ts";
import { parseAnswer, pcc, pccJson } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { sleeper, waitFor } from "../support/processes.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { makeWrapper, SHELLS, until } from "../support/wrapper.ts";

const REGISTERED = v.object({
  sessionId: v.string(),
  variables: v.array(v.object({ name: v.string(), value: v.string() })),
  warnings: v.array(v.string()),
});

async function makeScene(place: Place, settings: Record<string, string>): Promise<Repo> {
  const repo = await makeRepo(place);
  for (const [key, value] of Object.entries(settings)) await pcc(place, ["config", "set", key, value]);
  return repo;
}

function leases(place: Place): number {
  using db = new Database(place.at("home", ".parallel-cc", "coordinator.db"), { readonly: true });
  return db.query("SELECT port FROM port_leases").all().length;
}

const OURS = /^(PARALLEL_CC_(PORT.*|SLUG)|COMPOSE_PROJECT_NAME)$/;

function ours(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => OURS.test(name)));
}

test.each(SHELLS)("under %s claude gets ports of its own, and not those of a session around it", async (shell) => {
  await using place = await makePlace();
  const repo = await makeScene(place, { "worktree.ports": "2" });
  const go = place.at("go");
  const { start, programs } = await makeWrapper(place, { shell, claude: { sh: until(go) } });
  const outer = { PARALLEL_CC_PORT_3: "1", PARALLEL_CC_SLUG: "outer", COMPOSE_PROJECT_NAME: "shop-outer" };
  const running = [start(["one"], { cwd: repo.path, env: outer })];
  await waitFor(async () => (await programs.calls("claude")).length === 1, "the first claude");
  running.push(start(["two"], { cwd: repo.path, env: outer }));
  const [main, second] = await waitFor(async () => {
    const made = await programs.calls("claude");
    return made.length === 2 ? made : undefined;
  }, "the second claude");

  const names = ["PARALLEL_CC_PORT", "PARALLEL_CC_PORT_2", "PARALLEL_CC_SLUG"];
  expect(Object.keys(ours(main?.env ?? {})).toSorted()).toEqual(names);
  expect(Object.keys(ours(second?.env ?? {})).toSorted()).toEqual(["COMPOSE_PROJECT_NAME", ...names]);
  const lines = (await pcc(place, ["env"], { cwd: second?.cwd ?? "" })).stdout;
  for (const [name, value] of Object.entries(ours(second?.env ?? {}))) expect(lines).toContain(`${name}=${value}\n`);

  await Bun.write(go, "");
  for (const one of running) expect(await one.exited).toMatchObject({ exit: 0 });
  expect(leases(place)).toBe(0);
});

test("twenty registers at once get forty different ports", async () => {
  await using place = await makePlace();
  const repo = await makeScene(place, { "worktree.ports": "2", "worktree.portRange": "21100-21199" });
  await using stack = new AsyncDisposableStack();
  const owners = Array.from({ length: 20 }, () => stack.use(sleeper()));
  const registered = owners.map(async ({ pid }) => {
    return v.parse(REGISTERED, await pccJson(place, ["register", "--pid", String(pid)], { cwd: repo.path }));
  });
  const all = await Promise.all(registered);
  expect(all.flatMap(({ warnings }) => warnings)).toEqual([]);
  const ports = all.flatMap(({ variables }) => variables.filter(({ name }) => name.startsWith("PARALLEL_CC_PORT")));
  expect(ports).toHaveLength(40);
  expect(new Set(ports.map(({ value }) => value)).size).toBe(40);
  expect(leases(place)).toBe(40);
});

test("a range without enough ports is a warning, and the session starts all the same", async () => {
  await using place = await makePlace();
  const repo = await makeScene(place, { "worktree.ports": "2", "worktree.portRange": "21200-21200" });
  await using owner = sleeper();
  const ran = await pcc(place, ["register", "--pid", String(owner.pid), "--json"], { cwd: repo.path });
  expect(ran.exit).toBe(0);
  const { variables, warnings } = v.parse(REGISTERED, parseAnswer(ran));
  expect(variables.map(({ name }) => name)).toEqual(["PARALLEL_CC_SLUG"]);
  expect(warnings).toEqual([expect.stringContaining("worktree.portRange")]);
});

test("env fails where there is no session, and so does a shell that evals it", async () => {
  await using place = await makePlace();
  const repo = await makeScene(place, {});
  const ran = await pcc(place, ["env", "--shell"], { cwd: repo.path });
  expect(ran).toMatchObject({ exit: 1, stdout: "(exit 1)\n", stderr: expect.stringContaining("--session-id") });
});
