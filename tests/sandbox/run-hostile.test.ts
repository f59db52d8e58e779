// A claude that means harm, or goes wrong: whatever it prints, leaves or breaks inside, the run ends, tells what there
// was, and nothing of it acts on this machine.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { ends, runScene } from "./run-scene.ts";

const RUN = '"$HOME/../run"';

describe("a claude that", () => {
  test.concurrent("puts hooks, settings and links into the tree: nothing runs, nothing leaves the worktree", async () => {
    const sh = `mkdir -p .husky .githooks && printf '#!/bin/sh\\ntouch /tmp/pwned-by-hook\\n' >.husky/pre-commit
chmod +x .husky/pre-commit && cp .husky/pre-commit .githooks/post-checkout
git config core.hooksPath .githooks
printf '#!/bin/sh\\ntouch ../pwned\\n' >.git/hooks/post-commit && chmod +x .git/hooks/post-commit
printf '* filter=evil\\n' >.gitattributes && git config filter.evil.smudge 'touch pwned'
ln -s ../../outside out && ln -s /etc/passwd passwd && git add -A && git -c core.hooksPath=/dev/null commit -qm Links
${ends("Done.")}`;
    await using scene = await runScene({ sh });
    const answer = await scene.sandbox("run", "--prompt", "Do it", "--branch", "feature/links");
    expect(answer).toMatchObject({ status: "COMPLETED", success: true });
    expect(answer.runsOnHost.map(({ path }) => path)).toContain(".husky/pre-commit");
    expect(answer.escaping.map(({ path }) => path).sort()).toEqual(["out", "passwd"]);
    expect([existsSync("/tmp/pwned-by-hook"), existsSync(`${answer.worktreePath}/pwned`)]).toEqual([false, false]);
    expect(await scene.repo.git("config", "--list")).not.toContain("evil");
    expect(existsSync(`${scene.repo.path}/.git/hooks/post-commit`)).toBe(false);
  });

  test.concurrent("prints what a terminal acts on: none of it reaches one", async () => {
    const evil = "\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e";
    const message = { id: "msg_1", role: "assistant", content: [{ type: "text", text: `Hello${evil}` }], usage: {} };
    const lines = [{ type: "assistant", message }]
      .map((one) => `cat <<'LINE'\n${JSON.stringify(one)}\nLINE\n`)
      .join("");
    const odd = `printf x >"$(printf 'a\\033[31mb\\nc\\302\\233')" && git add -A && git commit -qm "$(printf 'Sub\\033[2Jject')"
printf '\\033[31mraw\\n'\nprintf '\\033[31mraw\\n' >&2\n`;
    await using scene = await runScene({ sh: `${lines}${odd}${ends(`All${evil}?`)}` });
    const shown = [await scene.pcc(["sandbox", "run", "--prompt", `Do${evil} it`, "--name", "odd"])];
    for (const verb of ["status", "list", "logs", "attach"]) shown.push(await scene.pcc(["sandbox", verb]));
    shown.push(await scene.pcc(["sandbox", "logs", "--follow"]), await scene.pcc(["sandbox", "list", "--json"]));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
    const raw = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/;
    for (const { stdout, stderr } of shown) expect([raw.exec(stdout), raw.exec(stderr)]).toEqual([null, null]);
    expect(shown[0]?.exit).toBe(0);
  });

  for (const [what, sh] of [
    ["deletes .git", "rm -rf .git"],
    ["puts a link in the place of .git", "rm -rf .git; ln -s /etc .git"],
    ["makes .git a file that names another place", "rm -rf .git; echo 'gitdir: /etc' >.git"],
  ] as const) {
    test.concurrent(`${what} loses its history and keeps its files`, async () => {
      await using scene = await runScene({ sh: `echo one >one.txt\n${sh}\n${ends("Done.")}` });
      const answer = await scene.sandbox("run", "--prompt", "Do it");
      expect(answer).toMatchObject({ status: "COMPLETED", success: true, filesChanged: 1 });
      expect(await scene.read(`${answer.worktreePath}/one.txt`)).toBe("one\n");
    });
  }

  test.concurrent("fills what the run keeps in the sandbox with rubbish is believed nothing, and comes home", async () => {
    const sh = `echo one >one.txt\ncd ${RUN} && for f in started beat pid stop; do head -c 5000 /dev/urandom >$f; done
head -c 200000 /dev/urandom | tr '\\n' x >>output.jsonl; echo >>output.jsonl\nrm -rf home; ln -s /etc home\n${ends("Done.")}`;
    await using scene = await runScene({ sh });
    const answer = await scene.sandbox("run", "--prompt", "Do it");
    expect(scene.row(answer.sessionId).step).toBe("ended");
    expect(answer.filesChanged).toBe(1);
  });

  test.concurrent("says that it has ended and works on is ended, and what it had done is home", async () => {
    const sh = `echo one >one.txt\n${ends("Done.")}echo "0 1893456000 itself" >${RUN}/exit\nsleep 1000\n`;
    await using scene = await runScene({ sh });
    const answer = await scene.sandbox("run", "--prompt", "Do it");
    expect(answer).toMatchObject({ filesChanged: 1 });
    expect(await scene.sandboxes()).toEqual([]);
  });

  test.concurrent("leaves programs behind that write on: they end before its work comes home", async () => {
    const loop = "while :; do date +%N >>grows.txt; sleep 0.01; done";
    const sh = `(setsid sh -c '${loop}' >/dev/null 2>&1 &)\nnohup sh -c '${loop}' >/dev/null 2>&1 &
env -i PATH="$PATH" setsid sh -c '${loop}' >/dev/null 2>&1 &
sleep 0.1\n${ends("Done.")}`;
    await using scene = await runScene({ sh });
    const answer = await scene.sandbox("run", "--prompt", "Do it");
    expect(answer).toMatchObject({ status: "COMPLETED", success: true, filesChanged: 1 });
    const left = Bun.spawnSync(["pgrep", "-f", scene.place.path]).stdout.toString();
    expect(left).toBe("");
  });

  test.concurrent("makes very many files, and names that differ in case alone, gets them home", async () => {
    const sh = `mkdir many && cd many && seq 1 3000 | xargs touch && cd .. && echo a >Case.txt && echo b >case.txt
git add -A && git commit -qm Many\n${ends("Done.")}`;
    await using scene = await runScene({ sh });
    const answer = await scene.sandbox("run", "--prompt", "Do it");
    expect(answer).toMatchObject({ success: true, filesChanged: 3002 });
    expect([
      await scene.read(`${answer.worktreePath}/Case.txt`),
      await scene.read(`${answer.worktreePath}/case.txt`),
    ]).toEqual(["a\n", "b\n"]);
  });
});

describe("a claude that goes wrong", () => {
  const cases = [
    ["prints no result", "echo half >half.txt\nexit 0\n", "claude.failed"],
    [
      "exits 1 and says why on its standard error",
      "echo half >half.txt\necho 'no such model' >&2\nexit 1\n",
      "claude.failed",
    ],
    ["is killed for its memory", "echo half >half.txt\nkill -KILL $$\n", "claude.killed"],
  ] as const;
  for (const [what, sh, code] of cases) {
    test.concurrent(`${what}: that is told, and what it had done is home`, async () => {
      await using scene = await runScene({ sh });
      const answer = await scene.sandbox("run", "--prompt", "Do it");
      expect(answer).toMatchObject({ status: "FAILED", success: false, filesChanged: 1, error: { code } });
      expect(await scene.read(`${answer.worktreePath}/half.txt`)).toBe("half\n");
    });
  }

  test.concurrent("is too old, or no claude: told before anything is sent, and nothing is left", async () => {
    await using scene = await runScene({ sh: ends("Done.") });
    const old = scene.place.at("old");
    await scene.repo.git("init", "--quiet", old);
    await writeFile(`${old}/claude`, "#!/bin/sh\necho '1.0.3 (Claude Code)'\n", { mode: 0o755 });
    const ran = await scene.pcc(["sandbox", "run", "--prompt", "Do it", "--json"], { path: [old] });
    expect(ran.stdout).toContain("claude.too-old");
    expect(ran.exit).toBe(1);
    await rm(`${old}/claude`);
    const none = await scene.pcc(["sandbox", "run", "--prompt", "Do it", "--json"], { path: [] });
    expect(none.stdout).toContain("There is no claude on PATH");
    expect(await scene.sandboxes()).toEqual([]);
    expect((await scene.repo.git("worktree", "list")).split("\n")).toHaveLength(1);
  });
});
