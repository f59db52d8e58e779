// What the real Claude Code in a sandbox has of its user and of the project: a login that can make no other, and the
// project's own words, commands, skills, hooks and MCP servers, without ours.

import { expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { bash } from "../support/client.ts";
import { type ClientScene, clientScene } from "./sandbox-scene.ts";

const TOKEN = "sk-ant-oat01-of-tests-0123456789";
const REFRESH = "sk-ant-ort01-of-tests-9876543210";

test("oauth logs in with CLAUDE_CODE_OAUTH_TOKEN, and the key that is set beside it stays here", async () => {
  const turns = [bash('echo "key: [$ANTHROPIC_API_KEY]"'), "Done."];
  await using scene = await clientScene({
    rules: () => [{ prompt: "Look", turns }],
    env: { CLAUDE_CODE_OAUTH_TOKEN: TOKEN },
  });
  const answer = await scene.sandbox("run", "--prompt", "Look", "--auth-method", "oauth");
  expect(answer).toMatchObject({ success: true });
  const [first, second] = scene.model.asked;
  expect(first?.login).toBe(`Bearer ${TOKEN}`);
  expect(second?.results[0]?.text).toContain("key: []");
});

test("oauth logs in with this machine's login, without what renews it, and leaves no copy", async () => {
  const turns = [bash('cat "$HOME/.claude/.credentials.json"; ls -l "$HOME/.claude/.credentials.json"'), "Done."];
  await using scene = await clientScene({ rules: () => [{ prompt: "Look", turns }] });
  const expiresAt = Date.parse("2099-01-01T00:00:00Z");
  const login = { accessToken: TOKEN, refreshToken: REFRESH, expiresAt, scopes: ["user:inference"] };
  const file = scene.place.at("home", ".claude", ".credentials.json");
  await put(file, JSON.stringify({ claudeAiOauth: login }));
  const answer = await scene.sandbox("run", "--prompt", "Look", "--auth-method", "oauth");
  expect(answer).toMatchObject({ success: true });
  const [first, second] = scene.model.asked;
  expect(first?.login).toBe(`Bearer ${TOKEN}`);
  const seen = second?.results[0]?.text;
  expect(seen).toContain(TOKEN);
  expect(seen).toContain("-rw-------");
  expect(seen).not.toContain(REFRESH);
  const found = Bun.spawnSync(["grep", "-rlF", "-e", TOKEN, scene.place.path]);
  expect(found.stdout.toString()).toBe(`${file}\n`);
});

/** A server of MCP in sh: it greets, and knows nothing else. */
const SERVER = `#!/bin/sh
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\\([0-9]*\\).*/\\1/p')
  [ -n "$id" ] || continue
  case $line in
  *'"method":"initialize"'*)
    info='"capabilities":{"tools":{}},"serverInfo":{"name":"greeter","version":"1"}'
    said="\\"result\\":{\\"protocolVersion\\":\\"2025-06-18\\",$info}" ;;
  *'"method":"tools/list"'*)
    : >"$TMPDIR/listed"
    said='"result":{"tools":[{"name":"greet","description":"Greets","inputSchema":{"type":"object"}}]}' ;;
  *'"method":"tools/call"'*) said='"result":{"content":[{"type":"text","text":"Moin from inside"}]}' ;;
  *) said='"error":{"code":-32601,"message":"no such method"}' ;;
  esac
  printf '{"jsonrpc":"2.0","id":%s,%s}\\n' "$id" "$said"
done
`;
const OURS = { command: "parallel-cc", args: ["mcp", "serve"] };
const SETTINGS = {
  enableAllProjectMcpServers: true,
  hooks: {
    PreToolUse: [
      { matcher: "Bash", hooks: [{ type: "command", command: "echo seen >>hooked.txt" }] },
      { matcher: "Bash", hooks: [{ type: "command", command: "parallel-cc hook PreToolUse" }] },
    ],
  },
};

async function project({ repo }: ClientScene): Promise<void> {
  const files = {
    ".gitignore": "CLAUDE.md\n",
    "CLAUDE.md": "In this project a greeting is always Moin.\n",
    "server.sh": SERVER,
    ".mcp.json": JSON.stringify({ mcpServers: { greeter: { command: "sh", args: ["server.sh"] }, ours: OURS } }),
    ".claude/settings.json": JSON.stringify(SETTINGS),
    ".claude/skills/greeting/SKILL.md":
      "---\nname: greeting\ndescription: How we greet in this house\n---\nSay Moin.\n",
    ".claude/commands/hello.md": "---\ndescription: Says hello to all of us\n---\nSay hello.\n",
  };
  for (const [path, text] of Object.entries(files)) await put(`${repo.path}/${path}`, text);
  await repo.git("add", "-A");
  await repo.git("commit", "-qm", "A project for claude");
}

test("the project's words, skills, commands, hooks and MCP servers are there; our own are not", async () => {
  // The client asks its servers for their tools while it begins already.
  const look = bash('until [ -e "$TMPDIR/listed" ]; do sleep 0.05; done; cat .mcp.json .claude/settings.json');
  const turns = [look, { tool: "mcp__greeter__greet", input: {} }, "Done."];
  await using scene = await clientScene({ rules: () => [{ prompt: "Greet", turns }] });
  await project(scene);
  const answer = await scene.sandbox("run", "--prompt", "Greet");
  expect(answer).toMatchObject({ success: true, filesChanged: 1 });
  const [first, second, third] = scene.model.asked;
  expect(first?.text).toContain("In this project a greeting is always Moin.");
  expect(first?.text).toContain("How we greet in this house");
  expect(first?.text).toContain("Says hello to all of us");
  expect(second?.results[0]?.text).toContain("echo seen");
  expect(second?.results[0]?.text).not.toContain("parallel-cc");
  expect(third?.results[0]?.text).toContain("Moin from inside");
  expect(await scene.read(`${answer.worktreePath}/hooked.txt`)).toBe("seen\n");
  // What was taken out for the sandbox stands here as it stood.
  const status = await scene.repo.git("-C", `${answer.worktreePath}`, "status", "--porcelain");
  expect(status).toBe("?? hooked.txt");
});

async function put(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
