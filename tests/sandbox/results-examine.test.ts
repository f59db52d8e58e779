// What a person should know of a result before it is used is found, and nothing else.

import { describe, expect, test } from "bun:test";
import { type ExamineInput, examine, type Findings } from "../../src/features/results/results.ts";
import { makeRun, type Run } from "./results-scene.ts";

const FILES = {
  "a.txt": "a\n",
  "package.json": '{"name":"x","scripts":{"test":"bun test","build":"make"}}\n',
  ".github/workflows/ci.yml": "on: push\n",
  "old-key.txt": "before\n",
};

// Put together here: a key that stands in a file as a whole would be found wherever this file is looked at.
const GITHUB = `ghp_${"aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY1zA2"}`;
const NAMED = "flat-key-0123456789";
const VALUE = "p4ssw+rd/of?the=run&x";

async function examined(run: Run, script: string, input: Partial<ExamineInput> = {}): Promise<Findings> {
  const variables = {
    GITHUB,
    VALUE,
    NAMED,
    BASE64: btoa(`x${VALUE}yz`),
    BASE64_0: btoa(VALUE),
    URL: encodeURIComponent(VALUE),
  };
  await run.claude(script, variables);
  return examine(run.world, {
    ...{ repository: run.repo.path, store: run.store, sent: run.sent.commit, gathered: await run.gather() },
    secrets: [
      { name: "MODEL_KEY", value: VALUE },
      { name: "FLAT_KEY", value: NAMED },
      { name: "SHORT", value: "a" },
    ],
    ...input,
  });
}

const NOTHING: Findings = { runsOnHost: [], secrets: [], escaping: [], impossible: [] };

test("of ordinary work there is nothing to tell", async () => {
  await using run = await makeRun({ files: FILES });
  const script = `echo more >>a.txt; echo node_modules >.gitignore; mkdir src; echo x >src/claude.ts; echo all: >Makefile; ln -s ../a.txt src/link
    sed 's/"x"/"y"/' package.json >p; mv p package.json; git add .; git commit -qm work; rm .github/workflows/ci.yml; ls`;
  expect(await examined(run, script)).toEqual(NOTHING);
});

test("what this machine runs by itself is pointed out, with the scripts that are others", async () => {
  await using run = await makeRun({ files: FILES });
  const script = `mkdir -p .claude .husky .vscode sub; echo '{}' >.claude/settings.json; echo '{}' >.mcp.json; echo x >.husky/pre-commit; echo '{}' >.vscode/tasks.json
    echo x >.envrc; echo '* text' >sub/.gitattributes; echo x >>.github/workflows/ci.yml; echo broken >sub/package.json
    echo '{"scripts":{"test":"evil","postinstall":"evil","build":"make"}}' >package.json; git add .; git commit -qm all`;
  const { runsOnHost } = await examined(run, script);
  expect(runsOnHost.map(({ path, what }) => `${path}: ${what}`)).toEqual([
    ".claude/settings.json: settings, hooks, commands or skills of Claude Code",
    ".envrc: what a shell loads on entering",
    ".github/workflows/ci.yml: continuous integration",
    ".husky/pre-commit: hooks of git",
    ".mcp.json: servers that agents start",
    ".vscode/tasks.json: tasks or settings of an editor",
    "package.json: scripts: test, postinstall",
    "sub/.gitattributes: settings of git",
    "sub/package.json: scripts, but it cannot be read",
  ]);
});

describe("a secret is found", () => {
  const places: Record<string, { script: string; found: Findings["secrets"] }> = {
    "in a file": { script: 'echo "key=$VALUE" >>a.txt', found: [{ name: "MODEL_KEY", where: "a.txt" }] },
    "in base64, wherever it began": {
      script: 'echo "$BASE64" >1.txt; echo "$BASE64_0" >2.txt',
      found: [
        { name: "MODEL_KEY", where: "1.txt" },
        { name: "MODEL_KEY", where: "2.txt" },
      ],
    },
    "in a URL": { script: 'echo "https://x?k=$URL" >u.txt', found: [{ name: "MODEL_KEY", where: "u.txt" }] },
    "in a commit that was undone": {
      script: 'echo "$VALUE" >>a.txt; git commit -qam 1; git checkout -q HEAD~1 a.txt; git commit -qam 2',
      found: [{ name: "MODEL_KEY", where: "a.txt" }],
    },
    "on another branch": {
      script: 'git checkout -qb b; echo "$VALUE" >b.txt; git add .; git commit -qm b; git checkout -q work',
      found: [{ name: "MODEL_KEY", where: "b.txt" }],
    },
    "in the words of a commit": {
      script: 'git commit -q --allow-empty -m "with $VALUE"',
      found: [{ name: "MODEL_KEY", where: expect.stringMatching(/^commit [0-9a-f]{40}$/) }],
    },
    "by its form": { script: 'echo "$GITHUB" >>a.txt', found: [{ name: "a GitHub token", where: "a.txt" }] },
    "in the name of a file, also of one that was there": {
      script: 'cp a.txt "$NAMED.txt"; git add .; git commit -qm 1; git rm -q "$NAMED.txt"; git commit -qm 2',
      found: [{ name: "FLAT_KEY", where: "the name [the value of FLAT_KEY].txt" }],
    },
    "in the name of a directory": {
      script: 'mkdir -p "sub/$NAMED"; echo x >"sub/$NAMED/$GITHUB"; echo "$VALUE" >"sub/$NAMED/v"',
      found: [
        { name: "FLAT_KEY", where: "the name sub/[the value of FLAT_KEY]" },
        { name: "MODEL_KEY", where: "sub/[the value of FLAT_KEY]/v" },
      ],
    },
    "in the name of a branch": {
      script: 'git branch "x/$NAMED"',
      found: [{ name: "FLAT_KEY", where: "the name of a branch or tag" }],
    },
    "far into a large file": {
      script:
        'head -c 3000000 /dev/zero | tr "\\0" x >big; printf "%s" "$VALUE" >>big; head -c 1000000 /dev/zero >>big',
      found: [{ name: "MODEL_KEY", where: "big" }],
    },
  };
  test.each(Object.entries(places))("%s", async (_, { script, found }) => {
    await using run = await makeRun({ files: FILES });
    expect((await examined(run, script)).secrets).toEqual(found);
  });
});

test("a secret that was sent is no news, a new one beside it is", async () => {
  await using run = await makeRun({ files: { ...FILES, "known.txt": `key ${VALUE}\n` } });
  expect((await examined(run, "echo more >>known.txt")).secrets).toEqual([]);
  expect((await examined(run, 'echo "and $VALUE" >>known.txt')).secrets).toEqual([
    { name: "MODEL_KEY", where: "known.txt" },
  ]);
});

test("a name with a secret that was sent is no news, and what else is told of a new one has no value in it", async () => {
  await using run = await makeRun({ files: { ...FILES, [`d/${NAMED}`]: "x\n" } });
  expect((await examined(run, `echo more >>d/${NAMED}; echo y >d/y`)).secrets).toEqual([]);
  const found = await examined(run, 'ln -s "/$NAMED" "$NAMED-link"; mkdir "$NAMED-d"; echo x >"$NAMED-d/.envrc"');
  expect(found.secrets).toHaveLength(3);
  expect(found.escaping).toHaveLength(1);
  expect(found.runsOnHost).toHaveLength(1);
  expect(JSON.stringify(found)).not.toContain(NAMED);
});

test("links that lead out of the project, or may, are told", async () => {
  await using run = await makeRun({ files: FILES });
  const script = `mkdir -p d/e; ln -s /etc/passwd abs; ln -s ../x up; ln -s ../a.txt d/fine; ln -s ../../x d/out; ln -s e/../../../x d/mixed; ln -s .git/hooks git; ln -s missing dangling`;
  const { escaping } = await examined(run, script);
  expect(escaping.map(({ path }) => path)).toEqual(["abs", "d/mixed", "d/out", "git", "up"]);
  expect(escaping[0]?.target).toBe("/etc/passwd");
});

test("names that are one file on a disk without case are told where the repository stands on such a disk", async () => {
  await using run = await makeRun({ files: FILES });
  const script = "echo 1 >A.TXT; printf 1 >\"$(printf 'gr\\303\\274n')\"; printf 2 >\"$(printf 'gru\\314\\210n')\"";
  expect((await examined(run, script)).impossible).toEqual([]);
  await run.repo.git("config", "core.ignoreCase", "true");
  const { impossible } = await examined(run, "true");
  expect(impossible.map(({ path }) => path.normalize("NFC"))).toEqual(["a.txt", "gr\u00fcn"]);
});
