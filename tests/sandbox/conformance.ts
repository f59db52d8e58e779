// What every provider of sandboxes promises, tried on real ones. A provider's own file calls this with how its sandboxes
// are made; what only one of them promises stands in tests of its own.

import { describe, expect, test } from "bun:test";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../src/core/failure.ts";
import { capture, type Provider, type Sandbox, type SandboxSpec } from "../../src/features/providers/provider.ts";
import type { Place } from "../support/place.ts";
import { waitFor } from "../support/processes.ts";

export interface Maker {
  /** As the same user in another process would have it: nothing of an earlier one is remembered. */
  provider(): Provider;
  place: Place;
  /** A variable of this machine's environment, which nothing inside may know. */
  secret: string;
}

export const SPEC: SandboxSpec = {
  runId: "run-of-tests",
  minutes: 5,
  hosts: [],
  objects: [],
  limits: { memoryBytes: 2 * 1024 ** 3, processes: 500 },
  isWeak: false,
};

export function keepsItsPromises(name: string, make: () => Promise<Maker & AsyncDisposable>): void {
  const inOne = async (work: (sandbox: Sandbox, maker: Maker) => Promise<void>): Promise<void> => {
    await using maker = await make();
    const sandbox = await maker.provider().create(SPEC);
    try {
      await work(sandbox, maker);
    } finally {
      await sandbox.destroy();
    }
  };

  describe.concurrent(name, () => {
    test("a program gets its arguments, its directory and its variables, byte for byte", () =>
      inOne(async (sandbox) => {
        const argv = [
          "sh",
          "-c",
          'printf "%s|" "$@" "$ODD" "$PWD"',
          "name",
          "a b",
          "",
          'it\'s "$(odd)"\n\\n',
          "ä€",
        ] as const;
        const env = { ODD: "line\nline 'two' $HOME\\ " };
        const ran = await capture(sandbox, { argv: [...argv], env, cwd: sandbox.places.run });
        expect(ran.stdout).toBe(`${argv.slice(4).join("|")}|${env.ODD}|${sandbox.places.run}|`);
      }));

    test("it stands in the workspace, with a home and a temporary directory of its own, and can write in all four", () =>
      inOne(async (sandbox) => {
        const { workspace, home, temporary, run } = sandbox.places;
        const script = 'printf "%s\\n" "$PWD" "$HOME" "$TMPDIR"; for d; do echo x >"$d/file" || exit 1; done';
        const argv = ["sh", "-c", script, "sh", workspace, home, temporary, run] as const;
        const ran = await capture(sandbox, { argv: [...argv] });
        expect(ran).toMatchObject({ exit: 0, stdout: `${[workspace, home, temporary].join("\n")}\n` });
      }));

    test("nothing of this machine's environment is in it", () =>
      inOne(async (sandbox, { secret }) => {
        const { stdout } = await capture(sandbox, { argv: ["env"] });
        expect(stdout).toContain("PATH=");
        expect(stdout).not.toContain(secret);
      }));

    test("exit status and standard error are told, of the latter the last 64 KiB", () =>
      inOne(async (sandbox) => {
        const script = 'i=0; while [ $i -lt 9000 ]; do echo "line $i" >&2; i=$((i + 1)); done; exit 7';
        const { exit, stderr } = await capture(sandbox, { argv: ["sh", "-c", script] });
        expect(exit).toBe(7);
        expect(stderr.endsWith("line 8999\n")).toBe(true);
        expect(Buffer.byteLength(stderr)).toBeLessThanOrEqual(64 * 1024);
      }));

    test("input and output are bytes, and there may be a lot of them", () =>
      inOne(async (sandbox) => {
        const input = new Uint8Array(5 * 1024 * 1024).map((_, at) => (at * 7) % 256);
        const execution = sandbox.exec({ argv: ["cat"], input });
        const output = new Uint8Array(await new Response(execution.stdout).arrayBuffer());
        expect(Buffer.compare(output, input)).toBe(0);
        expect((await execution.ended).exit).toBe(0);
      }));

    test("without an input there is nothing to read", () =>
      inOne(async (sandbox) => {
        expect(await capture(sandbox, { argv: ["cat"] })).toMatchObject({ exit: 0, stdout: "" });
      }));

    test("output comes while the program runs", () =>
      inOne(async (sandbox) => {
        const execution = sandbox.exec({ argv: ["sh", "-c", "echo now; exec sleep 60"] });
        const first = await execution.stdout.getReader().read();
        expect(new TextDecoder().decode(first.value)).toBe("now\n");
        await execution.stop();
      }));

    test("output that nobody wants holds nobody up", () =>
      inOne(async (sandbox) => {
        const execution = sandbox.exec({ argv: ["sh", "-c", "head -c 3000000 /dev/zero; exit 3"] });
        await execution.stdout.cancel();
        expect((await execution.ended).exit).toBe(3);
      }));

    test("a program or a directory that is not there is no exit status", () =>
      inOne(async (sandbox) => {
        expect(await codeOf(capture(sandbox, { argv: ["no-such-program"] }))).toBe("sandbox.exec");
        expect(await codeOf(capture(sandbox, { argv: ["true"], cwd: "/no/such/directory" }))).toBe("sandbox.exec");
      }));

    test("one that takes too long is stopped, and one that is called off", () =>
      inOne(async (sandbox) => {
        expect(await codeOf(capture(sandbox, { argv: ["sleep", "60"], timeoutMs: 300 }))).toBe("proc.timeout");
        const calledOff = new AbortController();
        const running = sandbox.exec({ argv: ["sh", "-c", "echo up; exec sleep 60"], signal: calledOff.signal });
        await running.stdout.getReader().read();
        calledOff.abort();
        expect(await codeOf(running.ended)).toBe("proc.cancelled");
        expect(await codeOf(capture(sandbox, { argv: ["true"], signal: calledOff.signal }))).toBe("proc.cancelled");
      }));

    test("what a stopped program has started ends with it", () =>
      inOne(async (sandbox) => {
        const beats = join(sandbox.places.run, "beats");
        const script = '(trap "" TERM HUP; while :; do echo beat >>"$1"; sleep 0.05; done) & echo up; wait';
        const running = sandbox.exec({ argv: ["sh", "-c", script, "sh", beats] });
        await running.stdout.getReader().read();
        const size = async () => (await capture(sandbox, { argv: ["cat", beats] })).stdout.length;
        await waitFor(async () => (await size()) > 0, "it beats");
        await running.stop();
        // Whoever is killed may have been about to write.
        const after = await waitFor(async () => {
          const [one, two] = [await size(), await capture(sandbox, { argv: ["sleep", "0.3"] }).then(size)];
          return one === two && one;
        }, "it beats no more");
        expect(after).toBeGreaterThan(0);
      }));

    test("what is started goes on by itself, with its variables, and its output is nobody's", () =>
      inOne(async (sandbox) => {
        const file = join(sandbox.places.run, "said");
        const script = 'echo lost; echo lost >&2; cat; echo "$WORD $PWD" >"$1"; exec sleep 60';
        await sandbox.start({
          argv: ["sh", "-c", script, "sh", file],
          env: { WORD: "secret" },
          cwd: sandbox.places.home,
        });
        const said = await waitFor(() => downloaded(sandbox, file).catch(() => ""), "it has begun");
        expect(said).toBe(`secret ${sandbox.places.home}\n`);
        expect(await codeOf(sandbox.start({ argv: ["no-such-program"] }))).toBe("sandbox.exec");
      }));

    test("a tar is unpacked with its modes, its links and odd names", () =>
      inOne(async (sandbox, { place, provider }) => {
        const odd = "it's an\nodd ä name";
        await mkdir(place.at("sent", "folder"), { recursive: true });
        await writeFile(place.at("sent", "folder", odd), "content", { mode: 0o640 });
        await writeFile(place.at("sent", "tool"), "#!/bin/sh\necho ran\n", { mode: 0o755 });
        await symlink("/etc/passwd", place.at("sent", "outside"));
        await symlink("../../..", place.at("sent", "folder", "up"));
        const { compression } = provider().capabilities;
        await sandbox.upload({
          tar: tarOf(place.at("sent"), compression),
          compression,
          into: sandbox.places.workspace,
        });
        const script = 'stat -c "%a %F" "folder/$1" tool; ./tool; readlink outside folder/up; cat "folder/$1"';
        const ran = await capture(sandbox, { argv: ["sh", "-c", script, "sh", odd] });
        expect(ran.stdout).toBe("640 regular file\n755 regular file\nran\n/etc/passwd\n../../..\ncontent");
      }));

    test("what is no tar is refused", () =>
      inOne(async (sandbox) => {
        const tar = new Blob(["no tar at all ".repeat(1000)]).stream();
        const sent = sandbox.upload({ tar, compression: "none", into: sandbox.places.workspace });
        expect(await codeOf(sent)).toBe("sandbox.exec");
      }));

    test("a file comes back byte for byte, and one that is not there is told before its first byte", () =>
      inOne(async (sandbox) => {
        const file = join(sandbox.places.workspace, "it's a\nfile");
        const script = 'head -c 3000000 /dev/urandom >"$1"; : >"$1.empty"; cksum <"$1"';
        const made = await capture(sandbox, { argv: ["sh", "-c", script, "sh", file] });
        const bytes = await new Response(await sandbox.download(file)).bytes();
        const sum = Bun.spawn(["cksum"], { stdin: bytes, stdout: "pipe" });
        expect(await sum.stdout.text()).toBe(made.stdout);
        expect(await downloaded(sandbox, `${file}.empty`)).toBe("");
        expect(await codeOf(sandbox.download(`${file}.none`))).toBe("sandbox.exec");
        expect(await codeOf(sandbox.download(sandbox.places.workspace))).toBe("sandbox.exec");
      }));

    test("it is found by its id from another process, and listed with its run", () =>
      inOne(async (sandbox, maker) => {
        await capture(sandbox, { argv: ["sh", "-c", "echo here >mark"] });
        const listed = await maker.provider().all();
        expect(listed).toEqual([{ id: sandbox.id, runId: SPEC.runId, createdAt: expect.any(Date) }]);
        const again = await maker.provider().open(sandbox.id);
        expect(again?.places).toEqual(sandbox.places);
        expect((await capture(again ?? sandbox, { argv: ["cat", "mark"] })).stdout).toBe("here\n");
        expect(await maker.provider().open("nosuchsandbox")).toBeUndefined();
      }));

    test("it says how it stands and when it ends, and lives longer when asked to", () =>
      inOne(async (sandbox) => {
        const first = await sandbox.inspect();
        expect(first.state).toBe("running");
        await sandbox.extend(SPEC.minutes * 4);
        const second = await sandbox.inspect();
        const gained = (second.endsAt?.getTime() ?? 0) - (first.endsAt?.getTime() ?? 0);
        expect(Math.abs(gained - SPEC.minutes * 3 * 60_000)).toBeLessThan(60_000);
        expect(second.usage.diskBytes ?? 1).toBeGreaterThan(0);
        expect(await codeOf(sandbox.extend(-1))).toBe("provider.refused");
      }));

    test("what is destroyed is gone, also a second time", () =>
      inOne(async (sandbox, maker) => {
        await sandbox.start({ argv: ["sleep", "60"] });
        const script = "mkdir -p deep/er && touch deep/er/file && chmod 500 deep/er deep && ln -s / root";
        await capture(sandbox, { argv: ["sh", "-c", script] });
        await sandbox.destroy();
        expect(await maker.provider().all()).toEqual([]);
        expect(await maker.provider().open(sandbox.id)).toBeUndefined();
        expect((await sandbox.inspect()).state).toBe("gone");
        expect(await codeOf(capture(sandbox, { argv: ["true"] }))).toBe("sandbox.gone");
        expect(await codeOf(sandbox.start({ argv: ["true"] }))).toBe("sandbox.gone");
        await sandbox.destroy();
      }));

    test("a host that cannot be one is refused, and nothing is left", async () => {
      await using maker = await make();
      const made = maker.provider().create({ ...SPEC, hosts: ["http://example.com/path"] });
      expect(await codeOf(made)).toBe("provider.refused");
      expect(await maker.provider().all()).toEqual([]);
    });
  });
}

/** The code of the failure; undefined when there was none. */
export async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown.code;
    throw thrown;
  }
}

export async function downloaded(sandbox: Pick<Sandbox, "download">, file: string): Promise<string> {
  return new Response(await sandbox.download(file)).text();
}

export function tarOf(folder: string, compression: "none" | "gzip" = "none"): ReadableStream<Uint8Array> {
  const words = ["tar", "-c", ...(compression === "gzip" ? ["-z"] : []), "-C", folder, "."];
  return Bun.spawn(words, { stdout: "pipe" }).stdout;
}
