// The stand-in for a provider's sandbox keeps the contract as far as what runs on top can tell.

import { describe, expect, test } from "bun:test";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { capture } from "../../src/features/providers/provider.ts";
import { makePlace } from "../support/place.ts";
import { plainSandbox } from "../support/plain-sandbox.ts";
import { waitFor } from "../support/processes.ts";

describe("a plain sandbox", () => {
  test("runs a program in its workspace, with its own home and none of this machine's variables", async () => {
    await using place = await makePlace();
    await using sandbox = await plainSandbox(place);
    const script = "pwd; echo $HOME; env | grep -c GIT_; cat; echo oh >&2; exit 3";
    const ended = await capture(sandbox, { argv: ["sh", "-c", script], input: "given\n", env: { A: "b" } });
    expect(ended).toMatchObject({
      exit: 3,
      stderr: "oh\n",
      stdout: `${sandbox.places.workspace}\n${sandbox.places.home}\n0\ngiven\n`,
    });
  });

  test("takes a tar, and gives a file back", async () => {
    await using place = await makePlace();
    await using sandbox = await plainSandbox(place);
    await mkdir(place.at("from"));
    await writeFile(place.at("from", "run.sh"), "#!/bin/sh\n", { mode: 0o755 });
    for (const compression of ["none", "gzip"] as const) {
      const tar = Bun.spawn(["tar", compression === "gzip" ? "-czf" : "-cf", "-", "-C", place.at("from"), "."], {
        stdout: "pipe",
      });
      await sandbox.upload({ tar: tar.stdout, compression, into: sandbox.places.workspace });
      const file = await sandbox.download(join(sandbox.places.workspace, "run.sh"));
      expect(await new Response(file).text()).toBe("#!/bin/sh\n");
    }
    const { stdout } = await capture(sandbox, { argv: ["sh", "-c", "test -x run.sh && echo yes"] });
    expect(stdout).toBe("yes\n");
  });

  test("what it starts goes on, and ends with it; then it is gone", async () => {
    await using place = await makePlace();
    const sandbox = await plainSandbox(place);
    const script = 'echo "$A" >../run/began; exec sleep 1000';
    await sandbox.start({ argv: ["sh", "-c", script], env: { A: "b" } });
    const began = join(sandbox.places.run, "began");
    await waitFor(() => readFile(began, "utf8").catch(() => undefined), "the program to begin");
    const again = await plainSandbox(place);
    expect(await again.running()).toHaveLength(1);
    await again.destroy();
    await waitFor(async () => (await sandbox.running()).length === 0, "the program to end");
    expect((await sandbox.inspect()).state).toBe("gone");
    await expect(capture(sandbox, { argv: ["true"] })).rejects.toMatchObject({ code: "sandbox.gone" });
  });

  test("a program that is not there, and one that is stopped, are told", async () => {
    await using place = await makePlace();
    await using sandbox = await plainSandbox(place);
    await expect(capture(sandbox, { argv: ["no-such-program"] })).rejects.toMatchObject({ code: "sandbox.exec" });
    await expect(capture(sandbox, { argv: ["sleep", "1000"], timeoutMs: 20 })).rejects.toMatchObject({
      code: "proc.timeout",
    });
  });
});
