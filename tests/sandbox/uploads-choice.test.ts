// What of a project is sent and what stays here: git's own rules, the project's, claude's files, credentials, submodules.

import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { chmod, mkdir, readFile, rm, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { checkIncludes, type UploadPlan } from "../../src/features/uploads/uploads.ts";
import { makeScene, namesIn, planOfNobody, type Scene, write } from "./uploads-scene.ts";

function sentIn(plan: UploadPlan): string[] {
  return plan.sent.map(({ path }) => path).sort();
}

function heldIn(plan: UploadPlan): Record<string, string> {
  return Object.fromEntries(plan.held.map(({ path, reason }) => [path, reason]));
}

const KEY = `-----BEGIN PRIVATE KEY-----\n${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj".repeat(2)}\n`;

describe("git's rules", () => {
  test("nested ignore files, negations and tracked files that are ignored: as git has it", async () => {
    await using scene = await makeScene({
      files: {
        ".gitignore": "secrets/\n/.venv/\n/local.db\n*.log\n!keep.log\nbuild/\n",
        "pkg/.gitignore": "private.txt\n",
        "src/build/tracked.ts": "tracked though ignored\n",
        "src/a.ts": "a\n",
      },
    });
    await write(scene.worktree, {
      ...{ "secrets/prod.json": "{}", ".venv/x": "x", "local.db": "x", "a.log": "x", "pkg/private.txt": "x" },
      ...{ "keep.log": "kept\n", "pkg/new.ts": "new\n", "src/build/other.ts": "ignored\n" },
    });
    const plan = await scene.up();
    const expected = [
      ...[".gitignore", "keep.log", "pkg/.gitignore", "pkg/new.ts", "src/a.ts", "src/build/tracked.ts"],
    ];
    expect(sentIn(plan)).toEqual(expected);
    expect((await namesIn(scene)).sort()).toEqual(expected);
    expect(plan.sent.find(({ path }) => path === "keep.log")?.why).toBe("untracked");
    expect(plan.extras).toEqual([]);
  });

  test("what was deleted here is not there, and a link in a directory's place is sent as a link", async () => {
    await using scene = await makeScene({ files: { "a.txt": "a\n", "dir/inner.txt": "inner\n", "dir/b": "b\n" } });
    await mkdir(scene.place.at("outside"));
    await write(scene.place.at("outside"), { "inner.txt": "of nobody's business\n" });
    await rm(join(scene.worktree, "a.txt"));
    await rm(join(scene.worktree, "dir"), { recursive: true });
    await symlink(scene.place.at("outside"), join(scene.worktree, "dir"));
    const plan = await scene.up();
    expect(sentIn(plan)).toEqual(["dir"]);
    expect(plan.parts.flatMap(({ paths }) => paths)).toEqual(["dir"]);
    const listed = await scene.gitAt(scene.sandbox.places.workspace, "ls-tree", "-r", "work");
    expect(listed).toMatch(/^120000 blob \w+\tdir$/);
  });

  test("nothing named like git's own directory goes", async () => {
    await using scene = await makeScene();
    await write(scene.worktree, { ".GIT/hooks/post-checkout": "x", "a/git~1/config": "x", "a/.git./x": "x" });
    await write(scene.worktree, { ".g\u200cit/config": "x", ".github/x.yml": "fine\n", "nested/.git/config": "" });
    const plan = await scene.up();
    expect(sentIn(plan)).toEqual([".github/x.yml", "file-0.txt"]);
    expect(new Set(plan.held.map(({ reason }) => reason))).toEqual(new Set(["git-name"]));
    expect(plan.held).toHaveLength(4);
  });
});

describe("the project's own rules", () => {
  test(".sandboxignore and .e2bignore keep files here that git tracks, and never send one", async () => {
    await using scene = await makeScene({
      files: {
        ".gitignore": "ignored.txt\n",
        ".sandboxignore": "# big ones\nassets/\n*.bin\n!small.bin\n!ignored.txt\n",
        ".e2bignore": "/top-only.md\n",
        ...{ "assets/deep/a.png": "a", "x/assets/b": "b", "big.bin": "x", "small.bin": "x" },
        ...{ "top-only.md": "x", "docs/top-only.md": "x", "caf\u00e9.bin": "x" },
      },
    });
    await write(scene.worktree, { "ignored.txt": "x" });
    const plan = await scene.up();
    expect(sentIn(plan)).toEqual([".e2bignore", ".gitignore", ".sandboxignore", "docs/top-only.md", "small.bin"]);
    expect(heldIn(plan)).toEqual({
      ...{ "assets/deep/a.png": "ignore-file", "x/assets/b": "ignore-file", "big.bin": "ignore-file" },
      ...{ "top-only.md": "ignore-file", "caf\u00e9.bin": "ignore-file" },
    });
    expect(plan.held.find(({ path }) => path === "big.bin")?.rule).toBe(".sandboxignore:3 *.bin");
    expect(plan.held.find(({ path }) => path === "big.bin")?.sizeBytes).toBe(1);
    expect(sentIn(await scene.plan({ include: ["assets"] }))).toContain("assets/deep/a.png");
  });

  test("they need not be committed, and what its user has written in them counts before what is committed", async () => {
    await using scene = await makeScene({ files: { "a.bin": "x", "b.txt": "x", ".e2bignore": "b.txt\n" } });
    await write(scene.repo.path, { ".sandboxignore": "*.bin\n" });
    expect(heldIn(await scene.up())).toEqual({ "a.bin": "ignore-file", "b.txt": "ignore-file" });
    await write(scene.repo.path, { ".e2bignore": "nothing\n" });
    await write(scene.worktree, { ".sandboxignore": "b.txt\n" });
    expect(heldIn(await scene.plan())).toEqual({ "a.bin": "ignore-file" });
  });
});

test("rules that keep nothing here keep nothing here", async () => {
  await using scene = await makeScene({ files: { ".sandboxignore": "*.bin\n", "a.txt": "a\n" } });
  expect(await scene.up()).toMatchObject({ files: 2, held: [] });
});

describe("claude's files", () => {
  const OURS = {
    hooks: {
      PreToolUse: [
        { matcher: "Edit", hooks: [{ type: "command", command: "/home/x/.local/bin/parallel-cc hook PreToolUse" }] },
        { hooks: [{ type: "command", command: "npx prettier --check ." }] },
      ],
    },
    statusLine: { type: "command", command: "parallel-cc statusline" },
    permissions: { allow: ["Bash(ls)"] },
  };

  test("they go though git ignores them, from the run's checkout or else from the caller's", async () => {
    await using scene = await makeScene({
      files: { ".gitignore": "CLAUDE*.md\n.claude/\n.apm/\n", "CLAUDE.md": "tracked\n" },
    });
    await write(scene.repo.path, {
      ...{
        "CLAUDE.md": "changed where nobody asked for it\n",
        "CLAUDE.local.md": "local\n",
        "other.txt": "uncommitted\n",
      },
      ...{
        ".claude/skills/a/SKILL.md": "skill\n",
        ".claude/agents/b.md": "caller's\n",
        ".claude/settings.local.json": "{}",
      },
      ...{ ".claude/todos/x": "x", ".apm/Memory/log.md": "memory\n", "sub/CLAUDE.md": "ignored elsewhere\n" },
    });
    await write(scene.worktree, { ".claude/agents/b.md": "the run's\n" });
    const plan = await scene.up();
    const claude = [".apm/Memory/log.md", ".claude/agents/b.md", ".claude/skills/a/SKILL.md", "CLAUDE.local.md"];
    expect(sentIn(plan)).toEqual([
      ".apm/Memory/log.md",
      ...claude.slice(1, 3),
      ".gitignore",
      "CLAUDE.local.md",
      "CLAUDE.md",
    ]);
    expect(plan.extras.toSorted()).toEqual(claude);
    const { workspace } = scene.sandbox.places;
    expect(await readFile(join(workspace, "CLAUDE.md"), "utf8")).toBe("tracked\n");
    expect(await readFile(join(workspace, ".claude/agents/b.md"), "utf8")).toBe("the run's\n");
  });

  test("settings that are no JSON go as they stand", async () => {
    await using scene = await makeScene({
      files: { ".claude/settings.json": "{ parallel-cc hook Stop", ".mcp.json": "" },
    });
    expect(await scene.up()).toMatchObject({ files: 2, altered: [] });
  });

  test("a skill that is a repository of its own goes as plain files", async () => {
    await using scene = await makeScene();
    for (const top of [scene.worktree, scene.repo.path]) {
      const skill = join(top, `.claude/skills/${top === scene.worktree ? "here" : "there"}`);
      await write(skill, { "SKILL.md": "skill\n" });
      await scene.gitAt(skill, "init", "--quiet");
      await scene.gitAt(skill, "add", "--all");
      await scene.gitAt(skill, "commit", "--quiet", "--message=Skill");
    }
    const plan = await scene.up();
    expect(plan.held).toEqual([]);
    expect(sentIn(plan)).toEqual([".claude/skills/here/SKILL.md", ".claude/skills/there/SKILL.md", "file-0.txt"]);
  });

  test("what calls parallel-cc is taken out of settings and servers, the rest stays as it is written", async () => {
    const mcp = {
      mcpServers: { "parallel-cc": { command: "parallel-cc", args: ["mcp", "serve"] }, db: { command: "dbx" } },
    };
    await using scene = await makeScene({
      files: {
        ".claude/settings.json": `${JSON.stringify(OURS, null, 2)}\n`,
        "docs/.mcp.json": JSON.stringify(mcp),
        ".mcp.json": JSON.stringify(mcp),
      },
    });
    const plan = await scene.up();
    expect(plan.altered).toEqual([".claude/settings.json", ".mcp.json"]);
    const { workspace } = scene.sandbox.places;
    const settings = await readFile(join(workspace, ".claude/settings.json"), "utf8");
    const { statusLine: _, ...rest } = OURS;
    expect(JSON.parse(settings)).toEqual({ ...rest, hooks: { PreToolUse: OURS.hooks.PreToolUse.slice(1) } });
    expect(await readFile(join(workspace, ".mcp.json"), "utf8")).toBe('{"mcpServers":{"db":{"command":"dbx"}}}');
    expect(await readFile(join(workspace, "docs/.mcp.json"), "utf8")).toContain("parallel-cc");
    expect(await readFile(join(scene.worktree, ".mcp.json"), "utf8")).toContain("parallel-cc");
  });
});

describe("credentials", () => {
  test("they stay here by name and by content, tracked or not, and are named", async () => {
    await using scene = await makeScene({
      files: {
        ...{ ".env": "A=1\n", ".env.example": "A=\n", "conf/prod.key": KEY, "docs/how-to.md": `paste:\n${KEY}` },
        ...{ "ca.pem": "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n", ".npmrc": "save-exact=true\n" },
      },
    });
    const padding = "x".repeat(262_144 - 40);
    await write(scene.worktree, { "new.txt": "npm_aK3mZ9qLw7RtB2xVn8YcD4hJf6GsP5uEoT1i\n", "late.txt": padding + KEY });
    const plan = await scene.up();
    expect(sentIn(plan)).toEqual([".env.example", ".npmrc", "ca.pem"]);
    expect(heldIn(plan)).toEqual({
      ...{ ".env": "credential-name", "conf/prod.key": "credential-name" },
      ...{ "docs/how-to.md": "credential-content", "new.txt": "credential-content", "late.txt": "credential-content" },
    });
    expect(plan.held.find(({ path }) => path === "new.txt")).toMatchObject({ rule: "an npm token", sizeBytes: 41 });
  });

  test("they are found beside bytes that are no text, and in UTF-16", async () => {
    await using scene = await makeScene();
    const wide = Buffer.from(`\ufeff${KEY.repeat(3)}`, "utf16le");
    await write(scene.worktree, {
      "a.bin": "\0\x01\0ghp_aK3mZ9qLw7RtB2xVn8YcD4hJf6GsP5uEoT1i\0\0",
      "key.txt": wide,
      "big-endian.txt": Buffer.from(wide).swap16(),
      "unmarked.txt": Buffer.concat([wide.subarray(2), Buffer.alloc(300_000)]),
      "chinese.txt": Buffer.from("\ufeff\u4f60\u597d, hello\n", "utf16le"),
    });
    const plan = await scene.up();
    expect(sentIn(plan)).toEqual(["chinese.txt", "file-0.txt"]);
    expect(plan.held.map(({ rule }) => rule).toSorted()).toEqual(["a GitHub token", ...Array(3).fill("a private key")]);
  });

  test("an .envrc that gives away a secret stays here, one that sets up goes", async () => {
    await using scene = await makeScene({
      files: { ".envrc": "use flake\n", "a/.envrc": "export API_KEY=t4kQ9wZr7\n" },
    });
    const plan = await scene.up();
    expect(sentIn(plan)).toEqual([".envrc"]);
    expect(plan.held).toMatchObject([{ path: "a/.envrc", reason: "credential-name", rule: ".envrc" }]);
  });

  test("the values of the run's own keys stay here, however they are written, and stand in no plan", async () => {
    const value = `odd "value" of\n\u00e9${"long".repeat(3000)}`;
    await using scene = await makeScene();
    const padding = "x".repeat(262_144 - 40);
    await write(scene.worktree, {
      ...{
        plain: `${padding}${value}\n`,
        "a.json": JSON.stringify({ value }),
        url: `?key=${encodeURIComponent(value)}`,
      },
      ...{ wide: Buffer.from(`\ufeffA=some-key\n`, "utf16le"), short: "1234567\n", asked: "some-key\n" },
    });
    const secrets = [
      ...[
        { name: "LONG_PASSWORD", value },
        { name: "KEY", value: "some-key\n" },
      ],
      ...[
        { name: "API_TOKEN", value: "1234567" },
        { name: "EMPTY", value: "" },
      ],
    ];
    const plan = await scene.plan({ secrets, include: ["asked"], caller: scene.worktree });
    expect(sentIn(plan)).toEqual(["asked", "file-0.txt", "short"]);
    expect(Object.values(heldIn(plan))).toEqual(Array(4).fill("credential-content"));
    expect(plan.held.find(({ path }) => path === "wide")?.rule).toBe("the value of KEY");
    expect(JSON.stringify(plan)).not.toContain("longlong");
    expect(JSON.stringify(plan)).not.toContain("some-key");
  });

  test("--include sends one, from where the caller stands when the run has none", async () => {
    await using scene = await makeScene({ files: { ".gitignore": ".env\nprivate/\n", "conf/prod.key": KEY } });
    await write(scene.repo.path, { ".env": "A=1\n", "private/deep/x.txt": "x\n", "private/.git/config": "no\n" });
    const plan = await scene.up({ include: [".env", join(scene.repo.path, "private"), "conf/prod.key"] });
    expect(sentIn(plan)).toEqual([".env", ".gitignore", "conf/prod.key", "private/deep/x.txt"]);
    expect(plan.held).toEqual([]);
    expect(plan.extras.toSorted()).toEqual([".env", "private/deep/x.txt"]);
  });

  test.each(["../outside", "/etc/passwd", "nothing-there"])("--include %s is refused", async (path) => {
    await using scene = await makeScene();
    expect(scene.plan({ include: [path] })).rejects.toMatchObject({ code: "usage.include", kind: "usage" });
  });
});

test("what --include names wrongly is said before anything is made, all of it at once", async () => {
  await using scene = await makeScene({ files: { "a.txt": "a\n", "deep/b.txt": "b\n", link: { link: "/etc" } } });
  const { path } = scene.repo;
  await mkdir(join(path, "empty"));
  expect(() => checkIncludes(path, ["a.txt", "deep", join(path, "deep/b.txt"), ".", "link"])).not.toThrow();
  expect(() => checkIncludes(path, ["a.txt", "../x", "b.txt", "/etc/passwd", "link/passwd"])).toThrow(
    `../x, /etc/passwd are outside of ${path}. There is no b.txt, link/passwd in ${path}.`,
  );
  expect(() => checkIncludes(path, ["..", "a.txt"])).toThrow(`.. is outside of ${path}.`);
  expect(() => checkIncludes(path, ["a.txt/x", "empty", "c"])).toThrow(`There is no a.txt/x, empty, c in ${path}.`);
});

describe("submodules", () => {
  async function withSubmodule(): Promise<Scene & { inner: string }> {
    const scene = await makeScene({ files: { "a.txt": "a\n" } });
    const inner = scene.place.at("inner");
    await mkdir(inner);
    await scene.gitAt(inner, "init", "--quiet", "--initial-branch=main");
    await write(inner, { "lib/code.c": "int a;\n", run: { run: "#!/bin/sh\n" } });
    await scene.gitAt(inner, "add", "--all");
    await scene.gitAt(inner, "commit", "--quiet", "--message=Inner");
    await scene.repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "vendor/inner");
    await scene.repo.git("commit", "--quiet", "--message=With a submodule");
    await scene.gitAt(scene.worktree, "checkout", "--quiet", "--detach", "main");
    return { ...scene, inner };
  }

  test("one that stands in the caller's checkout at the recorded commit goes as plain files", async () => {
    await using scene = await withSubmodule();
    const plan = await scene.up({ base: await scene.repo.git("rev-parse", "HEAD") });
    expect(sentIn(plan)).toEqual([".gitmodules", "a.txt", "vendor/inner/lib/code.c", "vendor/inner/run"]);
    expect(plan.submodules).toEqual([{ path: "vendor/inner", isSent: true }]);
    expect(plan.extras).toEqual([]);
    expect((await namesIn(scene)).sort()).toEqual(sentIn(plan));
  });

  test("one within another goes with it, or is said", async () => {
    await using scene = await withSubmodule();
    const outer = join(scene.repo.path, "vendor/inner");
    const deep = scene.place.at("deep");
    await mkdir(deep);
    await scene.gitAt(deep, "init", "--quiet", "--initial-branch=main");
    await write(deep, { "deep.c": "int c;\n" });
    await scene.gitAt(deep, "add", "--all");
    await scene.gitAt(deep, "commit", "--quiet", "--message=Deep");
    for (const name of ["here", "gone"]) {
      await scene.gitAt(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", deep, name);
    }
    await scene.gitAt(outer, "commit", "--quiet", "--message=Deeper");
    await scene.repo.git("commit", "--quiet", "--all", "--message=Deeper");
    await rm(join(outer, "gone"), { recursive: true });
    await scene.gitAt(scene.worktree, "checkout", "--quiet", "--detach", "main");
    const plan = await scene.up();
    expect(sentIn(plan)).toContain("vendor/inner/here/deep.c");
    expect(plan.submodules.toSorted((one, other) => one.path.localeCompare(other.path))).toEqual([
      { path: "vendor/inner", isSent: true },
      { path: "vendor/inner/gone", isSent: false },
      { path: "vendor/inner/here", isSent: true },
    ]);
    expect(heldIn(plan)).toEqual({ "vendor/inner/gone": "submodule" });
  });

  test("one that stands nowhere, or elsewhere, is said", async () => {
    await using scene = await withSubmodule();
    await write(join(scene.repo.path, "vendor/inner"), { "more.c": "int b;\n" });
    await scene.gitAt(join(scene.repo.path, "vendor/inner"), "add", "--all");
    await scene.gitAt(join(scene.repo.path, "vendor/inner"), "commit", "--quiet", "--message=Beyond");
    const plan = await scene.up();
    expect(sentIn(plan)).toEqual([".gitmodules", "a.txt"]);
    expect(plan.submodules).toEqual([{ path: "vendor/inner", isSent: false }]);
    expect(heldIn(plan)).toEqual({ "vendor/inner": "submodule" });
  });

  test("a repository of its own that nobody recorded stays here and is said", async () => {
    await using scene = await makeScene();
    const inner = join(scene.worktree, "inner");
    await mkdir(inner);
    await scene.gitAt(inner, "init", "--quiet");
    await write(inner, { "a.txt": "a\n" });
    await scene.gitAt(inner, "add", "--all");
    await scene.gitAt(inner, "commit", "--quiet", "--message=Inner");
    const plan = await scene.up();
    expect(heldIn(plan)).toEqual({ inner: "nested-repository" });
  });
});

describe("what is no ordinary file", () => {
  test("pipes and sockets are held and never opened", async () => {
    await using scene = await makeScene({ files: { "a.txt": "a\n", "b.txt": "b\n" } });
    await rm(join(scene.worktree, "a.txt"));
    await Bun.$`mkfifo ${join(scene.worktree, "a.txt")}`.quiet();
    mkdirSync(join(scene.worktree, "odd"));
    const server = createServer();
    await new Promise<void>((done) => server.listen(join(scene.worktree, "odd/socket"), done));
    const plan = await scene.up({ caller: scene.worktree, include: ["odd"] });
    server.close();
    expect(heldIn(plan)).toEqual({ "a.txt": "special", "odd/socket": "special" });
    expect(sentIn(plan)).toEqual(["b.txt"]);
  });

  test("links lead nowhere: what they point to is not read", async () => {
    await using scene = await makeScene({ files: { passwd: { link: "/etc/passwd" }, up: { link: "../../outside" } } });
    writeFileSync(scene.place.at("outside"), KEY);
    await symlink("/dev/zero", join(scene.worktree, "CLAUDE.md"));
    const plan = await scene.up();
    expect(sentIn(plan)).toEqual(["CLAUDE.md", "passwd", "up"]);
    expect(plan.bytes).toBe("/dev/zero/etc/passwd../../outside".length);
    expect(plan.warnings).toEqual([
      "3 links lead out of the project, and nothing stands there in a sandbox: passwd, up, CLAUDE.md.",
    ]);
  });

  test("what its user may not read is held", async () => {
    await using scene = await makeScene({ files: { "a.txt": "a\n", "b.txt": "b\n", "deep/c.txt": "c\n" } });
    await chmod(join(scene.worktree, "a.txt"), 0o000);
    await chmod(join(scene.worktree, "deep"), 0o000);
    const plan = await planOfNobody(scene);
    expect(heldIn(plan)).toEqual({ "a.txt": "unreadable", "deep/c.txt": "unreadable" });
    expect(sentIn(plan)).toEqual(["b.txt"]);
  });
});
