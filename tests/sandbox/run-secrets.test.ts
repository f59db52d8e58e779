// Secrets planted wherever a run may meet one, and looked for wherever it writes: each is where it must be, and nowhere
// else.

import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runGit } from "../support/repo.ts";
import { ends, KEY, type RunScene, runScene, says } from "./run-scene.ts";

const VALUE = "value-of-a-variable-71f3";
const OTHER = "value-from-the-shell-88a1";
const REMOTE = "remote-token-5512ab34cd";
const IGNORED = "ignored-password-0a9b8c7d";
const NESTED = "nested-env-password-11aa22bb";
const PROMPT = "ghp_plantedInThePrompt0123456789abcd";
const ALL = [KEY, VALUE, OTHER, REMOTE, IGNORED, NESTED, PROMPT];

/** Files below directories that hold one of the texts, as bytes. */
function holding(directories: readonly string[], texts: readonly string[]): string[] {
  const files = directories.flatMap((directory) =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => join(one.parentPath, one.name)),
  );
  return files.flatMap((file) => {
    const bytes = readFileSync(file);
    return texts.filter((text) => bytes.includes(text)).map((text) => `${text} ${file}`);
  });
}

/** All objects of a repository, unpacked. */
async function objectsOf(scene: RunScene, gitDir: string): Promise<string> {
  return runGit(["cat-file", "--batch-all-objects", "--batch"], {
    cwd: gitDir,
    env: { ...scene.place.env(), GIT_DIR: gitDir },
  });
}

function commandLines(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, "utf8")];
      } catch {
        return [];
      }
    });
}

async function plant(scene: RunScene): Promise<void> {
  const { repo } = scene;
  await writeFile(`${repo.path}/.gitignore`, "*.local\n.env\n");
  await repo.git("add", ".");
  await repo.git("commit", "--quiet", "-m", "Ignore");
  await repo.git("remote", "add", "origin", `https://user:${REMOTE}@git.invalid/x.git`);
  await writeFile(`${repo.path}/settings.local`, `password=${IGNORED}\n`);
  await mkdir(`${repo.path}/folder-0`, { recursive: true });
  await writeFile(`${repo.path}/folder-0/.env`, `DB_PASSWORD=${NESTED}\n`);
}

test.concurrent("what was planted is found only where it must be, while it runs and afterwards", async () => {
  const sh = `${says("At work.")}printenv | grep -c -e '${KEY}' -e '${VALUE}' -e '${OTHER}' >seen.txt
grep -rlF -e '${REMOTE}' -e '${IGNORED}' -e '${NESTED}' . "$HOME" 2>/dev/null | wc -l >inside.txt
printf '{"type":"system","note":"%s %s %s"}\\n' "$ANTHROPIC_API_KEY" "$WORD" "$OTHER"
git add -A && git commit -qm Work\nat work\n${ends("Done.")}`;
  await using scene = await runScene({ sh });
  await plant(scene);
  await using running = scene.start(
    ["sandbox", "run", "--prompt", `Use ${PROMPT} to log in`, "--env", "OTHER", "--env", `WORD=${VALUE}`, "--json"],
    { env: { OTHER } },
  );
  await scene.reached("work");
  // The user's own call alone has what was typed.
  const lines = commandLines().filter((line) => !line.includes("\0sandbox\0run\0"));
  expect(lines.filter((line) => ALL.some((text) => line.includes(text)))).toEqual([]);
  const [sandbox] = await scene.sandboxes();
  const inside = `${scene.place.home}/.parallel-cc/native/${sandbox}`;
  const isOurs = (line: string) => !/\/(prompt|output\.jsonl)$/.test(line);
  // What stands in the sandbox is the prompt and what claude printed, and with the claude of this test itself what it looks for.
  expect(holding([`${inside}/work`, `${inside}/home`, `${inside}/desk`], ALL).filter(isOurs)).toEqual([]);
  await scene.open("work");
  const { stdout, stderr, exit } = await running.exited;
  expect(exit).toBe(0);
  const answer = JSON.parse(stdout);
  expect(await scene.read(`${answer.worktreePath}/seen.txt`)).toBe("3\n");
  expect((await scene.read(`${answer.worktreePath}/inside.txt`)).trim()).toBe("0");
  const shown = [stdout, stderr];
  for (const verb of ["list", "status", "logs"]) {
    const ran = await scene.pcc(["sandbox", verb, "--json"]);
    shown.push(ran.stdout, ran.stderr);
  }
  expect(ALL.filter((text) => shown.some((one) => one.includes(text)))).toEqual([]);
  const id = answer.sessionId;
  const { place, repo } = scene;
  const planted = new Set([
    `${IGNORED} ${repo.path}/settings.local`,
    `${NESTED} ${repo.path}/folder-0/.env`,
    `${REMOTE} ${repo.path}/.git/config`,
  ]);
  const found = holding([place.home, repo.path, answer.worktreePath], ALL).filter((one) => !planted.has(one));
  expect(found).toEqual([]);
  const objects = await objectsOf(scene, `${place.home}/.parallel-cc/sandboxes/${id}/store.git`);
  const own = await objectsOf(scene, `${repo.path}/.git`);
  expect(ALL.filter((text) => objects.includes(text) || own.includes(text))).toEqual([]);
  expect(scene.row(id).title).toContain("[redacted]");
});

test.concurrent("a secret that claude commits holds the result back, also in a message and in what it takes away again", async () => {
  for (const sh of [
    `git commit -q --allow-empty -m "$WORD"`,
    `echo "$ANTHROPIC_API_KEY" >k && git add k && git commit -qm k && git rm -q k && git commit -qm gone`,
  ]) {
    await using scene = await runScene({ sh: `${sh}\n${ends("Done.")}` });
    const answer = await scene.sandbox("run", "--prompt", "Do it", "--env", `WORD=${VALUE}`);
    expect(answer).toMatchObject({ success: false, resultRef: null });
    expect(answer.heldBack).toMatch(/ANTHROPIC_API_KEY|WORD/);
    expect(ALL.filter((text) => JSON.stringify(answer).includes(text))).toEqual([]);
    const own = await objectsOf(scene, `${scene.repo.path}/.git`);
    expect(ALL.filter((text) => own.includes(text))).toEqual([]);
    const take = ["sandbox", "download", "--output", scene.place.at("taken"), "--json"];
    expect(JSON.parse((await scene.pcc(take)).stdout).error.code).toBe("sandbox.held-back");
    expect((await scene.pcc([...take, "--with-keys"])).exit).toBe(0);
    expect(ALL.filter((text) => own.includes(text))).toEqual([]);
  }
});

test.concurrent("what a run has so far is not given out where nobody can tell whether a key is in it", async () => {
  await using scene = await runScene({ sh: `echo "$WORD" >word.txt\nat work\n${ends("Done.")}` });
  const id = await scene.begin("--prompt", "Do it", "--env", `WORD=${VALUE}`);
  await scene.reached("work");
  const take = ["sandbox", "download", id, "--json"];
  const blind = await scene.pcc(take);
  expect(JSON.parse(blind.stdout).error.code).toBe("sandbox.keys-missing");
  const keyless = await scene.pcc(take, { env: { WORD: VALUE, ANTHROPIC_API_KEY: undefined } });
  expect(JSON.parse(keyless.stdout).error.code).toBe("sandbox.keys-missing");
  const seeing = await scene.pcc(take, { env: { WORD: VALUE } });
  expect(JSON.parse(seeing.stdout).error.code).toBe("sandbox.held-back");
  expect(await scene.repo.git("for-each-ref", "refs/parallel-cc/sandbox")).toBe("");
});
