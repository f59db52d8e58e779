// The real Claude Code in a native sandbox, against a scripted model that listens on this machine's loopback.

import { expect, test } from "bun:test";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { CURRENT, clientCommand } from "../../scripts/dev/clients.ts";
import { capture } from "../../src/features/providers/provider.ts";
import { downloaded } from "../sandbox/conformance.ts";
import { nativeScene } from "../sandbox/native-scene.ts";
import { startModel } from "../support/servers/messages.ts";

const PROMPT = "Write the file and try the shell.";

test("it reaches the model, writes what a project may have, and its shell stands in the workspace", async () => {
  await using scene = await nativeScene();
  await symlink(clientCommand(CURRENT)[0], scene.place.at("programs", "claude"));
  const workspace = (id: string) => scene.place.at("home", ".parallel-cc", "native", id, "work");
  const turns: { tool: string; input: object }[] = [];
  await using model = startModel([{ prompt: PROMPT, turns }]);
  const sandbox = await scene.make({ hosts: [new URL(model.url).host] });
  const file = join(workspace(sandbox.id), ".mcp.json");
  turns.push({ tool: "Write", input: { file_path: file, content: "{}\n" } });
  turns.push({ tool: "Bash", input: { command: 'pwd; echo "$TMPDIR"; cat /root/.bashrc 2>&1 | head -c 200' } });
  const env = {
    ANTHROPIC_API_KEY: "sk-ant-of-tests-00000000000000000000000000",
    ANTHROPIC_BASE_URL: model.url,
    DISABLE_AUTOUPDATER: "1",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  };
  const argv = ["claude", "-p", "--output-format", "json", "--dangerously-skip-permissions"] as const;
  const ran = await capture(sandbox, { argv: [...argv], input: PROMPT, env, timeoutMs: 50_000 });
  expect(ran).toMatchObject({ exit: 0 });
  expect(JSON.parse(ran.stdout)).toMatchObject({ is_error: false, result: "Done." });
  expect(await downloaded(sandbox, file)).toBe("{}\n");
  const [, , shell] = model.asked;
  expect(shell?.results[0]?.text).toStartWith(`${workspace(sandbox.id)}\n`);
  expect(shell?.results[0]?.text).toContain("No such file or directory");
});
