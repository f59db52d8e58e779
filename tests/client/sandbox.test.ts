// A plan in three phases, carried out by the real Claude Code in a native sandbox as its user asks for it.

import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { type Answer, ends, type RunScene, runScene } from "../sandbox/run-scene.ts";
import { bash } from "../support/client.ts";
import type { Block } from "../support/servers/messages.ts";
import { type ClientScene, call, clientScene } from "./sandbox-scene.ts";

const PLAN = `# Add greetings

## Phase 1: The words
- [ ] greetings.txt holds a greeting a line

## Phase 2: The program
- [ ] greet.sh says the first of them

## Phase 3: The manual
- [ ] README.md tells how to use it
`;
const TASKS = [
  "greetings.txt holds a greeting a line",
  "greet.sh says the first of them",
  "README.md tells how to use it",
];

const SCRIPT = `
grep -q '^# Add greetings' "$TMPDIR/prompt" || exit 1
tick() { sed -i.old "$1s/\\[ \\]/[x]/" PLAN.md && rm PLAN.md.old; }
printf 'hello\\nhallo\\n' >greetings.txt
tick 4
git add -A && git commit -qm 'Phase 1: the words'
printf '#!/bin/sh\\nhead -n 1 greetings.txt\\n' >greet.sh
chmod +x greet.sh
tick 7
git add -A && git commit -qm 'Phase 2: the program'
echo 'Run ./greet.sh to be greeted.' >README.md
tick 10
${ends("All three phases are done.")}`;

type Inside = ClientScene["inside"];

function tick(inside: Inside, phase: number): Block {
  const task = TASKS[phase - 1];
  return call("Edit", () => ({
    ...{ file_path: inside("PLAN.md"), old_string: `- [ ] ${task}`, new_string: `- [x] ${task}` },
  }));
}

function phases(inside: Inside): (Block | { blocks: Block[] })[] {
  const write = (path: string, content: string) => call("Write", () => ({ file_path: inside(path), content }));
  return [
    { blocks: ["I read the plan.", call("Read", () => ({ file_path: inside("PLAN.md") }))] },
    write("greetings.txt", "hello\nhallo\n"),
    tick(inside, 1),
    bash("git add -A && git commit -qm 'Phase 1: the words'"),
    write("greet.sh", "#!/bin/sh\nhead -n 1 greetings.txt\n"),
    bash('chmod +x greet.sh && test "$(./greet.sh)" = hello'),
    tick(inside, 2),
    bash("git add -A && git commit -qm 'Phase 2: the program'"),
    write("README.md", "Run ./greet.sh to be greeted.\n"),
    tick(inside, 3),
    "All three phases are done.",
  ];
}

const RULES = (inside: Inside) => [{ prompt: "# Add greetings", turns: phases(inside) }];

async function planned({ repo }: RunScene): Promise<void> {
  await writeFile(`${repo.path}/PLAN.md`, PLAN);
  await repo.git("add", "PLAN.md");
  await repo.git("commit", "-qm", "Plan");
}

/** What either claude leaves behind: two commits, and a third phase that was not committed. */
async function expectCarriedOut(scene: RunScene, answer: Answer): Promise<void> {
  expect(answer).toMatchObject({ success: true, status: "COMPLETED", exitCode: 0, error: null, filesChanged: 4 });
  const { branch, worktreePath } = answer;
  expect(branch).toMatch(/^native\/add-greetings-\d{4}-\d\d-\d\d-\d\d-\d\d$/);
  const log = await scene.repo.git("log", "--format=%s", `main..${branch}`);
  expect(log.split("\n")).toEqual(["Native execution: Add greetings", "Phase 2: the program", "Phase 1: the words"]);
  const ticked = await scene.repo.git("show", `${branch}:PLAN.md`);
  expect(`${ticked}\n`).toBe(PLAN.replaceAll("[ ]", "[x]"));
  expect(await scene.repo.git("ls-tree", `${branch}`, "greet.sh")).toStartWith("100755 ");
  expect(await scene.repo.git("-C", `${worktreePath}`, "status", "--porcelain")).toBe("");
  // The checkout that it was asked for from.
  expect(await scene.repo.git("status", "--porcelain")).toBe("");
  expect(await scene.repo.git("rev-list", "--count", "main")).toBe("2");
}

test("the real client carries out a plan of three phases, and its commits are on the branch", async () => {
  await using scene = await clientScene({ rules: RULES, repo: { files: 2000 } });
  await planned(scene);
  const answer = await scene.sandbox("run", "--prompt-file", "PLAN.md", "--branch", "auto");
  await expectCarriedOut(scene, answer);
  expect(scene.model.asked[0]?.text).toContain("What follows is a plan.");
  const { stdout: state } = await scene.pcc(["sandbox", "status", "--json"]);
  const { view, cost } = JSON.parse(state);
  expect(view).toMatchObject({ turns: 11, login: "in", filesTouched: 4, ticks: 3, endsInQuestion: false });
  expect(cost.model).toBeGreaterThan(0);
  const { stdout: logs } = await scene.pcc(["sandbox", "logs", "--lines", "1000"]);
  expect(logs).toContain("Sent 2001 files");
  expect(logs).toContain("* Bash git add -A && git commit -qm 'Phase 1: the words'");
  expect(logs).toContain("All three phases are done.");
});

test("a scripted claude carries it out just so", async () => {
  await using scene = await runScene({ sh: SCRIPT, repo: { files: 2000 } });
  await planned(scene);
  await expectCarriedOut(scene, await scene.sandbox("run", "--prompt-file", "PLAN.md", "--branch", "auto"));
});
