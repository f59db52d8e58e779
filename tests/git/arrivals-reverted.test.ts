// A merge that is taken back later: who was told of the one is told of the other, and only where it is certain.

import { describe, expect, test } from "bun:test";
import { list } from "../../src/features/messages/inbox.ts";
import { makeScene, type Scene, type Worker, withRemote } from "./arrivals-scene.ts";
import { numbered } from "./landed-scene.ts";

const TEN = numbered({ 10: "ten" });
const TWENTY = numbered({ 10: "ten", 20: "twenty" });

async function reverts({ world }: Scene, { session }: Worker): Promise<string[]> {
  const { messages } = list(await world.db(), session.id, 100);
  return messages.flatMap(({ message }) => (message.includes("reverted") ? [message] : []));
}

interface Told {
  scene: Scene;
  main: Worker;
  author: Worker;
  behind: Worker;
  landed: string;
}

/** Two commits landed, and everybody was told of it but who works on `main` itself. */
async function told(scene: Scene, land: (branch: string) => Promise<string>): Promise<Told> {
  const [main, author, behind] = [await scene.start("one"), await scene.start("two"), await scene.start("three")];
  await author.commit("f.txt", TEN);
  await author.commit("f.txt", TWENTY);
  const landed = await land(author.branch);
  await scene.poll();
  expect([(await scene.news(author)).length, (await scene.news(behind)).length]).toEqual([1, 1]);
  return { scene, main, author, behind, landed };
}

describe("a revert is told once, to who was told of the merge:", () => {
  test.each([
    ["merged", "main", ["-m", "1"]],
    ["squashed", "main", []],
  ] as const)("%s", async (how, place, words) => {
    await using scene = await makeScene();
    const on = await told(scene, how === "merged" ? scene.main.merge : scene.main.squash);
    await scene.main.commit("other.txt", "meanwhile\n");
    await scene.main.git("revert", "--no-edit", ...words, on.landed);
    const by = await scene.main.head();
    await scene.start("late");
    const looks = [await scene.poll(), await scene.poll()];
    const sentence =
      `branch "${on.author.branch}", which had landed in "${place}" as ${on.landed.slice(0, 7)}, was reverted there as ` +
      `${by.slice(0, 7)} by "Test Committer".`;
    expect(await reverts(scene, on.author)).toEqual([`your ${sentence}`]);
    expect(await reverts(scene, on.behind)).toEqual([sentence]);
    expect(await reverts(scene, on.main)).toEqual([]);
    expect(looks.map((one) => one.notificationsSent)).toEqual([2, 0]);
  });

  test("of one commit, on the remote, and not again when it is pulled", async () => {
    await using scene = await makeScene();
    const colleague = await withRemote(scene);
    const [, author] = [await scene.start("one"), await scene.start("two")];
    await author.commit("f.txt", TEN);
    await author.git("push", "--quiet", "origin", author.branch);
    await colleague.git("fetch", "--quiet");
    const landed = await colleague.squash(`origin/${author.branch}`);
    await colleague.git("push", "--quiet", "origin", "main");
    await scene.poll();
    await colleague.git("revert", "--no-edit", landed);
    await colleague.git("push", "--quiet", "origin", "main");
    await scene.poll();
    await scene.main.git("pull", "--quiet", "--ff-only");
    await scene.poll();
    expect(await reverts(scene, author)).toEqual([
      expect.stringMatching(/^your branch "parallel-two-\w+", which had landed in "origin\/main" as /),
    ]);
  });
});

describe("nothing is told of a commit that", () => {
  test.each([
    [
      "names it and changes something else, too",
      async ({ scene, landed }: Told) => {
        await scene.main.git("revert", "--no-commit", landed);
        await scene.main.write("other.txt", "and more\n");
        await scene.main.git("add", "--all");
        await scene.main.git("commit", "--quiet", "-m", `Revert it\n\nThis reverts commit ${landed}.`);
      },
    ],
    [
      "names it and takes back a part of it",
      async ({ scene, landed }: Told) => {
        await scene.main.commit("f.txt", TEN, `Revert it\n\nThis reverts commit ${landed}.`);
      },
    ],
    [
      "takes it back and names it in short",
      async ({ scene, landed }: Told) => {
        await scene.main.git("revert", "--no-commit", landed);
        await scene.main.git("commit", "--quiet", "-m", `Revert it\n\nThis reverts commit ${landed.slice(0, 12)}.`);
      },
    ],
    [
      "is itself taken back before anybody looks",
      async ({ scene, landed }: Told) => {
        await scene.main.git("revert", "--no-edit", landed);
        await scene.main.git("revert", "--no-edit", "HEAD");
      },
    ],
  ] as const)("%s", async (_, undo) => {
    await using scene = await makeScene();
    const on = await told(scene, scene.main.squash);
    await undo(on);
    await scene.poll();
    expect([await reverts(scene, on.author), await reverts(scene, on.behind)]).toEqual([[], []]);
  });

  test("takes back the last one of several that came as the same change", async () => {
    await using scene = await makeScene();
    const on = await told(scene, async (branch) => {
      await scene.main.commit("other.txt", "meanwhile\n");
      await scene.main.git("cherry-pick", `main..${branch}`);
      return scene.main.head();
    });
    await scene.main.git("revert", "--no-edit", on.landed);
    await scene.poll();
    expect([await reverts(scene, on.author), await reverts(scene, on.behind)]).toEqual([[], []]);
  });

  test("comes to a target whose former place git has thrown away", async () => {
    await using scene = await makeScene();
    await told(scene, scene.main.squash);
    const root = await scene.main.git("rev-list", "--max-parents=0", "HEAD");
    await scene.main.git("checkout", "--quiet", "-B", "main", root);
    await scene.main.commit("other.txt", "anew\n");
    await scene.main.git("reflog", "expire", "--expire=all", "--expire-unreachable=all", "--all");
    await scene.main.git("prune", "--expire=now");
    expect((await scene.poll()).errors).toEqual([]);
    expect((await scene.poll()).notificationsSent).toBe(0);
  });
});
