// `merge check` of a branch that lies 5,000 commits of the target's own line behind, squashed among them: judged anew,
// and again with nothing changed.

import { rm } from "node:fs/promises";
import type { Place } from "../support/place.ts";
import { makeRepo, runGit } from "../support/repo.ts";
import type { Figure } from "./figure.ts";
import { inMemory } from "./memory.ts";
import { emptyCommand, pccCommand } from "./spawn.ts";

const BEHIND = 5000;
const FILES = 500;

export const landedCold: Figure = {
  name: "landed-5000-cold",
  unit: "git log of as many",
  measures: "ms",
  // Half a second where the unit takes 25 ms.
  bound: { ratio: 20 },
  rounds: 10,
  async prepare(disk, stack, clock) {
    const place = await inMemory(disk, stack);
    const path = await squashedLongAgo(place);
    const ours = pccCommand(place, ["merge", "check", "work", "--json"], path);
    const command = ["git", "log", "--oneline", "--raw", "--no-merges", "work..main", "--", "file-0.txt"];
    return {
      async ours() {
        await rm(`${place.home}/.parallel-cc`, { recursive: true, force: true });
        return clock(ours);
      },
      unit: () => clock({ ...ours, command }),
    };
  },
};

export const landedAgain: Figure = {
  name: "landed-5000-again",
  unit: "empty binary",
  measures: "ms",
  bound: { ratio: 6 },
  rounds: 40,
  async prepare(disk, stack, clock) {
    const place = await inMemory(disk, stack);
    const ours = pccCommand(place, ["merge", "check", "work", "--json"], await squashedLongAgo(place));
    clock(ours);
    return { ours: () => clock(ours), unit: () => clock(emptyCommand(ours)) };
  },
};

/** Three commits on `work`, squashed on `main` after 2,500 of its 5,000 commits, of which one in ten touches its files. */
export async function squashedLongAgo(place: Place): Promise<string> {
  const { path } = await makeRepo(place, { files: FILES });
  const stream: string[] = [];
  const commit = (branch: string, file: string, text: string, from?: string) => {
    stream.push(`commit refs/heads/${branch}`, "committer A <a@example.com> 1893456000 +0000", "data 1", "x");
    if (from !== undefined) stream.push(`from ${from}`);
    stream.push(`M 100644 inline ${file}`, `data ${Buffer.byteLength(text)}`, text);
  };
  const lines = (changed: Readonly<Record<number, string>>) =>
    Array.from({ length: 60 }, (_, index) => `${changed[index] ?? `line ${index}`}\n`).join("");
  commit("main", "file-0.txt", lines({}), "refs/heads/main^0");
  commit("work", "file-0.txt", lines({ 30: "a" }), "refs/heads/main");
  commit("work", "file-0.txt", lines({ 30: "a", 32: "b" }));
  commit("work", "file-0.txt", lines({ 30: "a", 32: "b", 34: "c" }));
  for (let number = 0; number < BEHIND; number++) {
    const own = number < BEHIND / 2 ? {} : { 30: "a", 32: "b", 34: "c" };
    if (number === BEHIND / 2) commit("main", "file-0.txt", lines({ ...own, 0: `at ${number - 10}` }));
    else if (number % 10 === 0) commit("main", "file-0.txt", lines({ ...own, 0: `at ${number}` }));
    else commit("main", `folder-${number % 5}/file-${(number % (FILES - 1)) + 1}.txt`, `at ${number}\n`);
  }
  await runGit(["fast-import", "--quiet", "--force"], {
    cwd: path,
    env: place.env(),
    input: `${stream.join("\n")}\ndone\n`,
  });
  await runGit(["reset", "--quiet", "--hard", "main"], { cwd: path, env: place.env() });
  return path;
}
