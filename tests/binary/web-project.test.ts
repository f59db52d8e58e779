// A web project, as a user has one: each further session comes up with its environment file, its dependencies and a port
// of its own, and nobody typed a word for it.

import { expect, test } from "bun:test";
import { mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pcc } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { waitFor } from "../support/processes.ts";
import { makeRepo, type Repo } from "../support/repo.ts";
import { makeWrapper } from "../support/wrapper.ts";

const FILES: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ name: "shop", dependencies: { greeter: "file:./packages/greeter" } }),
  "packages/greeter/package.json": JSON.stringify({ name: "greeter", version: "1.0.0", main: "index.js" }),
  "packages/greeter/index.js": "module.exports = (name) => 'Hello from ' + name;\n",
  "server.js": [
    'const greet = require("greeter");',
    'const fetch = () => new Response(greet(process.env.SHOP_NAME + " in " + process.cwd()));',
    "Bun.serve({ hostname: '127.0.0.1', port: process.env.PARALLEL_CC_PORT, fetch });",
    'console.log("up");',
  ].join("\n"),
  ".gitignore": "node_modules/\n.env\n",
  ".worktreeinclude": ".env\n",
  ".parallel-cc.json": JSON.stringify({ worktree: { ports: 1, postCreate: "bun install --frozen-lockfile" } }),
};

async function makeProject(place: Place): Promise<Repo> {
  const repo = await makeRepo(place);
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(repo.path, path)), { recursive: true });
    await Bun.write(join(repo.path, path), text);
  }
  await install(place, repo.path);
  await repo.git("add", "--all");
  await repo.git("commit", "--quiet", "-m", "A shop");
  await Bun.write(join(repo.path, ".env"), "SHOP_NAME=the shop\n");
  return repo;
}

async function install(place: Place, cwd: string): Promise<void> {
  const child = Bun.spawn([process.execPath, "install"], {
    cwd,
    env: place.env(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  if ((await child.exited) !== 0) throw new Error(await child.stderr.text());
}

/** What claude would do: start the project's server as its README says, and look at it. */
const CLAUDE = `
set -e
bun server.js > server.log 2>&1 &
until grep -q up server.log; do kill -0 $!; sleep 0.05; done
echo "$PARALLEL_CC_PORT" > "$ANSWERS/port-$1"
bun -e 'console.log(await (await fetch("http://127.0.0.1:" + process.env.PARALLEL_CC_PORT)).text())' > "$ANSWERS/text-$1"
touch "$ANSWERS/done-$1"
until test -e "$ANSWERS/go"; do sleep 0.05; done
kill $!
rm server.log
`;

test("comes up in three checkouts at once, each with its own port", async () => {
  await using place = await makePlace();
  const repo = await makeProject(place);
  await mkdir(place.at("answers"));
  expect(await pcc(place, ["config", "trust", "--yes"], { cwd: repo.path })).toMatchObject({ exit: 0 });
  const { start } = await makeWrapper(place, { shell: "dash", claude: { sh: CLAUDE } });
  await symlink(process.execPath, place.at("path", "bun"));
  const env = { ANSWERS: place.at("answers") };
  const answer = (name: string) => Bun.file(place.at("answers", name)).text();
  const running = [];
  for (const name of ["one", "two", "three"]) {
    running.push(start([name], { cwd: repo.path, env }));
    await waitFor(() => Bun.file(place.at("answers", `done-${name}`)).exists(), `the server of ${name}`);
  }
  const texts = await Promise.all(["one", "two", "three"].map((name) => answer(`text-${name}`)));
  expect(texts[0]).toBe(`Hello from the shop in ${repo.path}\n`);
  for (const text of texts.slice(1))
    expect(text).toStartWith(`Hello from the shop in ${repo.path}-worktrees/parallel-`);
  const ports = await Promise.all(["one", "two", "three"].map((name) => answer(`port-${name}`)));
  expect(new Set(ports).size).toBe(3);

  await Bun.write(place.at("answers", "go"), "");
  const ended = await Promise.all(running.map(({ exited }) => exited));
  expect(ended.map(({ exit }) => exit)).toEqual([0, 0, 0]);
  // Nothing in them is work: what came by itself goes with them.
  expect((await pcc(place, ["worktree", "list", "--json"], { cwd: repo.path })).stdout).not.toContain("-worktrees/");
  for (const { stderr } of ended.slice(1)) expect(stderr).toContain("Its worktree is removed");
});
