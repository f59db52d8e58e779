// A squash merge on the remote, as the models of two real clients hear of it: once, and only the one whose base lacks it.

import { expect, test } from "bun:test";
import { pccJson } from "../support/cli.ts";
import { bash, PRINT, resultOf, type Stage, stage } from "../support/client.ts";
import { HOOKS, install } from "../support/client-hooks.ts";
import { sleeper } from "../support/processes.ts";
import { runGit } from "../support/repo.ts";
import { gate } from "../support/servers/messages.ts";
import { registered } from "../support/sessions.ts";

const BEHIND = "stay where you are";
const FOLLOWING = "take in what is new";

function gitIn({ place }: Stage, cwd: string) {
  return (...words: string[]) => runGit(words, { cwd, env: place.env() });
}

test("a squash merge on the remote reaches the client that is behind as one piece of news, and no other", async () => {
  const [begun, placed, taken] = [gate(), gate(), gate()];
  const rules = [
    { prompt: BEHIND, turns: [{ gate: begun, blocks: [bash("true")] }, bash("true"), "Done."] },
    {
      prompt: FOLLOWING,
      turns: [
        { gate: placed, blocks: [bash("git fetch --quiet origin && git merge --quiet --ff-only origin/main")] },
        { gate: taken, blocks: [bash("true")] },
        "Done.",
      ],
    },
  ];
  await using on = await stage({ rules });
  await install(on, ...HOOKS);
  const { place, repo } = on;
  const far = place.at("origin.git");
  await repo.git("clone", "--quiet", "--bare", repo.path, far);
  await repo.git("remote", "add", "origin", far);
  await repo.git("fetch", "--quiet", "origin");
  await repo.git("branch", "--quiet", "--set-upstream-to=origin/main", "main");
  await repo.git("clone", "--quiet", far, place.at("colleague"));

  const behind = on.start(["claude-parallel", "--name", "behind", "-p", BEHIND, ...PRINT]);
  await begun.reached;
  const following = on.start(["claude-parallel", "--name", "following", "-p", FOLLOWING, ...PRINT]);
  await placed.reached;

  // Another session's branch, pushed, squashed by a colleague and deleted there.
  await using process = sleeper();
  const author = await registered(place, process, { cwd: repo.path }, "--name", "author");
  const [theirs, colleague] = [gitIn(on, author.worktreePath), gitIn(on, place.at("colleague"))];
  for (const name of ["one", "two"]) {
    await Bun.write(`${author.worktreePath}/${name}.txt`, "text\n");
    await theirs("add", "--all");
    await theirs("commit", "--quiet", "-m", `Add ${name}`);
  }
  const branch = author.branch ?? "";
  await theirs("push", "--quiet", "--set-upstream", "origin", branch);
  await colleague("fetch", "--quiet");
  await colleague("merge", "--quiet", "--squash", `origin/${branch}`);
  await colleague("commit", "--quiet", "-m", "Add both (#1)");
  await colleague("push", "--quiet", "origin", "main", `:${branch}`);
  const landed = await colleague("rev-parse", "HEAD");

  placed.open();
  await taken.reached;
  const looked = await pccJson(place, ["watch", "merges", "--once"], { cwd: repo.path });
  expect(Object(looked).errors).toEqual([]);
  begun.open();
  taken.open();
  for (const client of [behind, following]) resultOf(await client.exited);

  const told = `branch "${branch}" was squashed into "origin/main" as ${landed.slice(0, 7)}`;
  const heard = async (prompt: string, turn: number): Promise<number> => {
    return (await on.model.request(prompt, turn)).text.split(told).length - 1;
  };
  expect([await heard(BEHIND, 1), await heard(BEHIND, 2), await heard(FOLLOWING, 2)]).toEqual([1, 1, 0]);
  const { messages } = Object(await pccJson(place, ["messages", "--session-id", author.sessionId], { cwd: repo.path }));
  expect(messages.map(({ message }: { message: string }) => message)).toContainEqual(
    expect.stringContaining(`your ${told}`),
  );
  expect(Object(await pccJson(place, ["merge", "status"], { cwd: repo.path }))).toMatchObject({ total: 1 });
});
