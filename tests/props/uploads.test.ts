// Whatever stands in a checkout, the sandbox's first commit is the one that was worked out here: trees of odd names,
// contents that git would convert, programs, links and empty files, twice over so that a later tree meets an earlier one.

import { test } from "bun:test";
import { mkdtemp, readFile, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import { planUpload, sendUpload } from "../../src/features/uploads/uploads.ts";
import { makeScene, write } from "../sandbox/uploads-scene.ts";
import { plainSandbox } from "../support/plain-sandbox.ts";
import { forAll, gen } from "../support/random.ts";

const part = gen.pick(
  "a",
  "A",
  "é",
  "e\u0301",
  "-x",
  " b ",
  "c\nd",
  '"q"',
  "*",
  ":(x)",
  ".hidden",
  "x".repeat(200),
  "%n",
  "\\t",
);
const content = gen.pick("", "text\n", "a\r\nb\n", "$Id$\n", "\u0000\u0001", "x".repeat(70_000), "<<<<<<< x\n");
const file = gen.record({
  folder: gen.list(part, 2),
  name: part,
  content,
  kind: gen.pick("plain", "plain", "run", "link"),
});
const trees = gen.list(file, 12);

test("every tree arrives as it stands", async () => {
  await using scene = await makeScene({ files: { ".gitattributes": "* text=auto ident eol=crlf\n" } });
  await forAll(
    "uploads",
    trees,
    async (files) => {
      const top = await mkdtemp(scene.place.at("tree-"));
      await scene.repo.git("worktree", "add", "--quiet", "--detach", join(top, "run"));
      const worktree = join(top, "run");
      const taken = new Set<string>();
      for (const { folder, name, content: text, kind } of files) {
        const path = [...folder.map((one) => `${one}.d`), `${name}.f`].join("/");
        if (taken.has(path)) continue;
        taken.add(path);
        await write(worktree, {
          [path]: kind === "plain" ? text : kind === "run" ? { run: text } : { link: `${name}.f/..` },
        });
      }
      const sandbox = await plainSandbox({ ...scene.place, at: (...parts) => join(top, ...parts) });
      const plan = await planUpload(scene.world, { ...scene.planInput, worktree, store: join(top, "store/store.git") });
      const arrived = await sendUpload(scene.world, sandbox, plan, { compression: "none" });
      if (arrived !== plan || plan.files !== taken.size + 1)
        throw new Error(`${plan.files} of ${taken.size + 1} arrived`);
      for (const path of taken) {
        const [here, there] = [join(worktree, path), join(sandbox.places.workspace, path)];
        const read = (at: string) => readlink(at).catch(() => readFile(at, "latin1"));
        if ((await read(here)) !== (await read(there))) throw new Error(`${path} is another file there`);
      }
      await scene.repo.git("worktree", "remove", "--force", worktree);
      await rm(top, { recursive: true });
    },
    { runs: Number(process.env["PROPERTY_RUNS"] ?? 30), shrinks: 50 },
  );
});
