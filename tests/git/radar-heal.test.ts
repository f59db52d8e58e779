// The radar where what it keeps of its own was damaged.

import { expect, test } from "bun:test";
import { chmodSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RadarAnswer } from "../../src/features/radar/answers.ts";
import { dropDamaged } from "../../src/features/radar/heal.ts";
import { objectsOf } from "../../src/features/radar/objects.ts";
import { operations } from "../../src/features/radar/operations.ts";
import { runGit } from "../support/repo.ts";
import { type AtWork, type TwoSessions, twoSessions } from "../support/two-sessions.ts";

const [radarOperation] = operations;

async function radar({ world }: TwoSessions, input = {}): Promise<RadarAnswer> {
  return radarOperation?.run(world, input);
}

function write({ known }: AtWork, text: string): void {
  writeFileSync(join(known.worktree_path, "text.txt"), text);
}

const gitDirOf = (scene: TwoSessions) => join(scene.repo.path, ".git");

function objectsIn(scene: TwoSessions): string[] {
  const { own } = objectsOf(scene.world, gitDirOf(scene));
  const all = readdirSync(own, { recursive: true, encoding: "utf8" });
  return all.filter((name) => /^..\/[0-9a-f]{38}$/.test(name)).map((name) => join(own, name));
}

const DAMAGE: Readonly<Record<string, (file: string) => void>> = {
  "is empty": (file) => truncateSync(file, 0),
  "ends too soon": (file) => truncateSync(file, readFileSync(file).length - 5),
  "holds something else": (file) => writeFileSync(file, Bun.deflateSync(Buffer.from("blob 1\0x"))),
};

for (const [how, damage] of Object.entries(DAMAGE)) {
  for (const which of ["one object", "every object"]) {
    test(`${which} that ${how} is found, and the answer is whole all the same`, async () => {
      await using scene = await twoSessions();
      write(scene.one, "of one\n");
      write(scene.two, "of two\n");
      const before = await radar(scene);
      const objects = objectsIn(scene);
      for (const file of which === "one object" ? objects.slice(0, 1) : objects) {
        chmodSync(file, 0o600);
        damage(file);
      }
      // Another verdict is wanted, of which one side stands as it was.
      write(scene.one, "of one, changed\n");
      const after = await radar(scene);
      expect(after.pairs).toEqual(before.pairs);
      expect(after.sessions.map(({ error }) => error)).toEqual([null, null]);
      write(scene.two, "of two, changed\n");
      expect((await radar(scene)).pairs).toEqual(before.pairs);
    });
  }
}

test("a damaged object is found in the background, for those who only read", async () => {
  await using scene = await twoSessions();
  write(scene.one, "of one\n");
  await radar(scene);
  const gitDir = gitDirOf(scene);
  expect(dropDamaged(scene.world, gitDir)).toBe(false);
  const [file = ""] = objectsIn(scene);
  chmodSync(file, 0o600);
  writeFileSync(file, "");
  await radar(scene, { unattended: true, repo: scene.repo.path });
  expect(readFileSync(file).length).toBeGreaterThan(0);
  expect(dropDamaged(scene.world, gitDir)).toBe(false);
});

test("what could not be told for another reason drops nothing", async () => {
  await using scene = await twoSessions();
  write(scene.one, "of one\n");
  await radar(scene);
  const { own } = objectsOf(scene.world, gitDirOf(scene));
  const before = objectsIn(scene);
  writeFileSync(join(gitDirOf(scene), "shallow"), `${await scene.repo.git("rev-parse", "HEAD")}\n`);
  writeFileSync(join(scene.two.known.worktree_path, ".git"), "no git directory\n");
  expect((await radar(scene)).pairs).toMatchObject([{ verdict: "unknown" }]);
  expect([existsSync(own), objectsIn(scene)]).toEqual([true, before]);
});

test("a checkout whose index is damaged says so in plain words, without our own paths", async () => {
  await using scene = await twoSessions();
  write(scene.one, "of one\n");
  await scene.repo.git("config", "filter.own.clean", "cat");
  const cwd = scene.two.known.worktree_path;
  const index = (await runGit(["rev-parse", "--git-path", "index"], { cwd, env: scene.place.env() })).trim();
  for (const junk of ["junk", readFileSync(index).subarray(0, 60), readFileSync(index).subarray(0, -1)]) {
    writeFileSync(index, junk);
    const { sessions, pairs } = await radar(scene);
    expect(sessions[1]?.error).toStartWith(`Git cannot read ${index}: `);
    expect(sessions[1]?.error).not.toContain(scene.world.paths.radar);
    expect(pairs).toMatchObject([{ verdict: "unknown", why: 'session "two" could not be seen' }]);
  }
  // By a setting of git's its sum may be left out.
  await runGit(["-c", "index.skipHash=true", "read-tree", "HEAD"], { cwd, env: scene.place.env() });
  writeFileSync(index, Buffer.concat([readFileSync(index).subarray(0, -20), Buffer.alloc(20)]));
  expect((await radar(scene)).sessions[1]?.error).toBeNull();
});
