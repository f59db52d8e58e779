// `watch merges` of the compiled program: once, again and again, by many at once, and stopped by a signal.

import { expect, test } from "bun:test";
import { chmodSync, mkdirSync } from "node:fs";
import { PROGRAM, pcc, pccJson } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { type Sleeper, sleeper, waitFor } from "../support/processes.ts";
import { makeRepo, type Repo, runGit } from "../support/repo.ts";
import { type Registered, registered } from "../support/sessions.ts";

interface Scene extends AsyncDisposable {
  place: Place;
  repo: Repo;
  /** In the main checkout, and two in worktrees. */
  sessions: readonly [Registered, Registered, Registered];
  processes: readonly Sleeper[];
  /** Commits on the branch of the second session, and merges that here; answers the commit. */
  land(): Promise<string>;
}

async function makeScene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  const processes = [stack.use(sleeper()), stack.use(sleeper()), stack.use(sleeper())] as const;
  const start = (at: 0 | 1 | 2, name: string) => registered(place, processes[at], { cwd: repo.path }, "--name", name);
  const sessions = [await start(0, "one"), await start(1, "two"), await start(2, "three")] as const;
  const { worktreePath: cwd, branch } = sessions[1];
  let landed = 0;
  const owned = stack.move();
  return {
    ...{ place, repo, sessions, processes },
    land: async () => {
      await Bun.write(`${cwd}/new-${landed++}.txt`, "text\n");
      await runGit(["add", "--all"], { cwd, env: place.env() });
      await runGit(["commit", "--quiet", "-m", "Add it"], { cwd, env: place.env() });
      await repo.git("merge", "--quiet", "--no-ff", "-m", "Merge it", branch ?? "");
      return repo.git("rev-parse", "HEAD");
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** News of merges that are in anybody's inbox. */
async function news({ place, sessions }: Scene): Promise<string[]> {
  const told = await Promise.all(
    sessions.map(async ({ sessionId, worktreePath: cwd }) => {
      const answer = await pccJson(place, ["messages", "--session-id", sessionId], { cwd });
      return Object(answer).messages.map(({ message }: { message: string }) => message);
    }),
  );
  return told.flat().filter((message: string) => message.includes(" was merged into "));
}

test("once: what has landed, and how many were told of it; the old spelling says so, too", async () => {
  await using scene = await makeScene();
  const { place, repo, sessions } = scene;
  const landed = await scene.land();
  const ran = await pcc(place, ["watch-merges", "--once", "--json"], { cwd: repo.path });
  expect([ran.exit, ran.stderr.trim()]).toEqual([
    0,
    'Warning: "watch-merges" is an old spelling; type "parallel-cc watch merges" instead.',
  ]);
  expect(JSON.parse(ran.stdout)).toEqual({
    newMerges: [
      {
        ...{ id: expect.any(String), repoPath: repo.path, branchName: sessions[1].branch, targetBranch: "main" },
        ...{ sourceCommit: expect.any(String), targetCommit: landed, method: "merged", mergedBy: "Test Committer" },
        ...{ mergedAt: "2030-01-01T00:00:00.000Z", detectedAt: expect.any(String), notificationSent: true },
      },
    ],
    ...{ notificationsSent: 2, subscriptionsChecked: 0, errors: [] },
  });
  expect(Object(await pccJson(place, ["merge-status"], { cwd: repo.path }))).toMatchObject({
    total: 1,
    events: [{ branchName: sessions[1].branch }],
  });
  const again = await pcc(place, ["watch", "merges", "--once"], { cwd: place.path });
  expect(again).toMatchObject({ exit: 0, stdout: "No new merge was seen.\n", stderr: "" });
});

test("many at once see it once and tell it once", async () => {
  await using scene = await makeScene();
  const { place, repo } = scene;
  await scene.land();
  const words = ["watch", "merges", "--once", "--repo", repo.path];
  const looks = Array.from({ length: 4 }, () => pccJson(place, words));
  const background = Array.from({ length: 4 }, () => pcc(place, [...words, "--unattended"]));
  const found = (await Promise.all(looks)).flatMap((answer) => Object(answer).newMerges);
  for (const { exit, stdout, stderr } of await Promise.all(background)) {
    expect({ exit, stdout, stderr }).toEqual({ exit: 0, stdout: "", stderr: "" });
  }
  expect(found.length).toBeLessThanOrEqual(1);
  expect(await news(scene)).toHaveLength(2);
  expect(Object(await pccJson(place, ["merge", "status"], { cwd: repo.path })).total).toBe(1);
});

test("again and again: a document for each look that found something, until a signal", async () => {
  await using scene = await makeScene();
  const { place, repo, sessions } = scene;
  const child = Bun.spawn([PROGRAM, "watch", "merges", "--interval", "5", "--json"], {
    ...{ cwd: repo.path, env: place.env(), stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  });
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const next = async () => JSON.parse((await reader.read()).value ?? "null");
  expect(await next()).toEqual({ newMerges: [], notificationsSent: 0, subscriptionsChecked: 0, errors: [] });
  await scene.land();
  expect(await next()).toMatchObject({ newMerges: [{ branchName: sessions[1].branch }], notificationsSent: 2 });
  child.kill("SIGINT");
  expect([await child.exited, await child.stderr.text(), await next()]).toEqual([130, "", null]);
});

test("a signal in the middle of a look lets it end, and be told", async () => {
  await using scene = await makeScene();
  const { place, repo } = scene;
  await scene.land();
  // A git that waits at the first thing a look asks of it.
  const folder = place.at("slow");
  mkdirSync(folder);
  const [reached, open] = [place.at("reached"), place.at("open")];
  const real = Bun.which("git") ?? "git";
  const script = `#!/bin/sh\ncase "$1" in for-each-ref) : > '${reached}'; until [ -e '${open}' ]; do sleep 0.05; done;; esac\nexec '${real}' "$@"\n`;
  await Bun.write(`${folder}/git`, script);
  chmodSync(`${folder}/git`, 0o755);
  const child = Bun.spawn([PROGRAM, "watch", "merges", "--json"], {
    ...{ cwd: repo.path, env: place.env({ path: [folder] }), stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  });
  await waitFor(() => Bun.file(reached).exists(), "the look");
  child.kill("SIGTERM");
  await Bun.write(open, "");
  const [stdout, exit] = [await child.stdout.text(), await child.exited];
  expect([exit, JSON.parse(stdout).newMerges.length]).toEqual([143, 1]);
  expect(await news(scene)).toHaveLength(2);
});

test("an interval of less than five seconds is refused", async () => {
  await using place = await makePlace();
  const { exit, stdout, stderr } = await pcc(place, ["watch", "merges", "--interval", "4"]);
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
  expect(stderr).toContain("--interval");
});

test("outside of any repository it looks at those in which sessions are at work", async () => {
  await using scene = await makeScene();
  await scene.land();
  const answer = await pccJson(scene.place, ["watch", "merges", "--once"], { cwd: scene.place.home });
  expect(Object(answer).newMerges).toHaveLength(1);
});
