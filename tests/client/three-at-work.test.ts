// Three real clients in a repository of some thousand files, each with edits that it has not committed: what the radar
// shows of them, and whom a squash merge on the remote reaches.

import { expect, test } from "bun:test";
import { v } from "../../src/core/shape.ts";
import { pcc, pccJson } from "../support/cli.ts";
import { bash, PRINT, resultOf, stage } from "../support/client.ts";
import { HOOKS, install } from "../support/client-hooks.ts";
import { fileName, runGit } from "../support/repo.ts";
import { gate } from "../support/servers/messages.ts";

const FILES = 4_000;
const LINES = 40;
const [FIRST, SECOND] = [fileName(1234), fileName(2345)];

/** What the issue allows for merging all pairs, for twenty sessions. */
const COLD_MS = 2_000;

const RADAR = v.object({
  sessions: v.array(v.object({ sessionId: v.string(), name: v.string(), branch: v.string() })),
  pairs: v.array(
    v.object({ a: v.string(), b: v.string(), verdict: v.string(), files: v.array(v.object({ path: v.string() })) }),
  ),
  timing: v.object({ snapshotMs: v.number(), mergeMs: v.number(), merged: v.number() }),
});

function edit(file: string, line: number, text: string): string {
  return `sed -i '${line}s/.*/${text}/' ${file}`;
}

function commit(message: string): string {
  return `git add --all && git commit --quiet -m '${message}'`;
}

test("three clients, of which two conflict and two change the same file; a squash merge reaches whom it concerns", async () => {
  const [asked, edited] = [gate(), gate()];
  const [taking, taken] = [gate(), gate()];
  const [pushing, pushed] = [gate(), gate()];
  const rules = [
    {
      prompt: "stay behind",
      turns: [
        { gate: asked, blocks: [bash(`${edit(FIRST, 10, "behind")} && ${edit(SECOND, 35, "behind")}`)] },
        { gate: edited, blocks: [bash("true")] },
        bash("true"),
        "Done.",
      ],
    },
    {
      prompt: "follow along",
      turns: [
        bash(edit(FIRST, 10, "following")),
        { gate: taking, blocks: [bash("git pull --quiet --ff-only")] },
        { gate: taken, blocks: [bash("true")] },
        "Done.",
      ],
    },
    {
      prompt: "land it",
      turns: [
        bash(edit(SECOND, 5, "landing")),
        {
          gate: pushing,
          blocks: [bash(`${commit("One")} && echo text > new.txt && ${commit("Two")} && git push --quiet origin HEAD`)],
        },
        { gate: pushed, blocks: [bash("true")] },
        "Done.",
      ],
    },
  ];
  await using on = await stage({ rules, repo: { files: FILES, lines: LINES } });
  await install(on, ...HOOKS);
  const { place, repo } = on;
  const far = place.at("origin.git");
  await repo.git("clone", "--quiet", "--bare", repo.path, far);
  await repo.git("remote", "add", "origin", far);
  await repo.git("fetch", "--quiet", "origin");
  await repo.git("branch", "--quiet", "--set-upstream-to=origin/main", "main");

  // The first one has the main checkout, where `main` itself can be pulled.
  const following = on.start(["claude-parallel", "--name", "following", "-p", "follow along", ...PRINT]);
  await taking.reached;
  const behind = on.start(["claude-parallel", "--name", "behind", "-p", "stay behind", ...PRINT]);
  const landing = on.start(["claude-parallel", "--name", "landing", "-p", "land it", ...PRINT]);
  asked.open();
  await Promise.all([edited.reached, pushing.reached]);

  const scan = async () => v.parse(RADAR, await pccJson(place, ["conflicts", "radar"], { cwd: repo.path }));
  const radar = await scan();
  const nameOf = new Map(radar.sessions.map(({ sessionId, name }) => [sessionId, name]));
  const matrix = radar.pairs.map(({ a, b, verdict, files }) => {
    const pair = [a, b].map((id) => nameOf.get(id)).sort();
    return [...pair, verdict, ...files.map(({ path }) => path)].join(" ");
  });
  expect(matrix.sort()).toEqual([
    `behind following conflict ${FIRST}`,
    `behind landing same-files ${SECOND}`,
    "following landing clean",
  ]);
  expect(radar.timing.mergeMs).toBeLessThan(COLD_MS);
  expect((await scan()).timing.merged).toBe(0);

  pushing.open();
  await pushed.reached;
  const own = radar.sessions.find(({ name }) => name === "landing");
  const branch = own?.branch ?? "";
  await repo.git("clone", "--quiet", "--no-checkout", far, place.at("colleague"));
  const colleague = (...words: string[]) => runGit(words, { cwd: place.at("colleague"), env: place.env() });
  await colleague("reset", "--quiet");
  await colleague("read-tree", `origin/${branch}`);
  await colleague("commit", "--quiet", "-m", "Land it (#1)");
  await colleague("push", "--quiet", "origin", "main", `:${branch}`);
  const landed = await colleague("rev-parse", "HEAD");

  taking.open();
  await taken.reached;
  const { exit, stderr } = await pcc(place, ["watch", "merges", "--once"], { cwd: repo.path });
  expect([exit, stderr]).toEqual([0, ""]);
  for (const one of [edited, taken, pushed]) one.open();
  for (const client of [following, behind, landing]) resultOf(await client.exited);

  // Pulled by then, so it stands in the `main` of here.
  const told = RegExp.escape(
    `branch "${branch}" was squashed into "main" as ${landed.slice(0, 7)} by "Test Committer"`,
  );
  const heard = async (prompt: string): Promise<string[]> => {
    const { text } = await on.model.request(prompt, 3);
    return [...text.matchAll(RegExp(`^- (.*)${told}`, "gm"))].map(([, start = ""]) => start);
  };
  expect([await heard("stay behind"), await heard("land it"), await heard("follow along")]).toEqual([
    [""],
    ["your "],
    [],
  ]);
});
