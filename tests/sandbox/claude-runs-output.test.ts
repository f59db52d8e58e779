// What claude prints in a sandbox, as it is followed: all of it, once, soon, and at a memory that does not grow with it.

import { describe, expect, test } from "bun:test";
import { Failure } from "../../src/core/failure.ts";
import { addLine, follow, makeLines, newView } from "../../src/features/claude-runs/claude-runs.ts";
import type { Exec } from "../../src/features/providers/providers.ts";
import { scene } from "./claude-scene.ts";

const EACH_BYTES = 10_000_000;

/** What is still in use: how much of the rest the engine keeps for later is not ours to say. */
function heldBytes(): number {
  Bun.gc(true);
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

describe("what claude prints", () => {
  test("is read on from any byte", async () => {
    await using staged = await scene({ sh: "printf 'one\\ntwo\\nthree'" });
    await staged.launch();
    await staged.ended();
    for (const from of [0, 1, 4, 12, 13]) expect(await staged.printed(from)).toBe("one\ntwo\nthree".slice(from));
  });

  test("is seen within half a second of being written", async () => {
    await using staged = await scene({ sh: "wait_at gate; echo now; wait_at end" });
    await staged.launch();
    await staged.reached("gate");
    const chunks = follow(staged.world, staged.sandbox, { from: 0 });
    const first = chunks.next();
    await staged.open("gate");
    await staged.reached("end");
    const written = performance.now();
    expect(Buffer.from((await first).value ?? []).toString()).toBe("now\n");
    expect(performance.now() - written).toBeLessThan(500);
    await staged.open("end");
    expect((await chunks.next()).done).toBe(true);
  });

  test("comes once, however often the connection breaks", async () => {
    await using staged = await scene({ sh: "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done" });
    await staged.launch();
    let broken = 0;
    const flaky = {
      ...staged.sandbox,
      exec: (command: Parameters<typeof staged.sandbox.exec>[0]) => {
        const execution = staged.sandbox.exec(command);
        let left = 1000;
        const cut = new TransformStream<Uint8Array, Uint8Array>({
          transform: (chunk, controller) => {
            if (left >= chunk.length || broken >= 3) {
              left -= chunk.length;
              controller.enqueue(chunk);
              return;
            }
            controller.enqueue(chunk.subarray(0, left));
            broken += 1;
            controller.error(new Error("the connection is gone"));
          },
        });
        return { ...execution, stdout: execution.stdout.pipeThrough(cut) };
      },
    };
    const world = { sleep: async () => {} };
    const printed = Buffer.concat(await Array.fromAsync(follow(world, flaky, { from: 0 }))).toString();
    expect(broken).toBe(3);
    expect(printed).toBe(Array.from({ length: 3000 }, (_, i) => `line ${i}\n`).join(""));
  });

  test("may be 200 MB, of which next to nothing is held", async () => {
    const line = JSON.stringify({
      type: "assistant",
      message: { id: "m", content: [{ type: "text", text: "x".repeat(900) }] },
    });
    await using staged = await scene({ sh: `yes '${line}' | head -c 200000000; echo; echo '${line}'; wait_at gate` });
    await staged.launch();
    const before = heldBytes();
    const lines = makeLines();
    let view = newView();
    let bytes = 0;
    let most = 0;
    await staged.open("gate");
    for await (const chunk of follow(staged.world, staged.sandbox, { from: 0 })) {
      const isDue = Math.floor((bytes + chunk.length) / EACH_BYTES) > Math.floor(bytes / EACH_BYTES);
      bytes += chunk.length;
      for (const one of lines.push(chunk)) view = addLine(view, one, new Date(0));
      if (isDue) most = Math.max(most, heldBytes() - before);
    }
    expect(bytes).toBe(200_000_000 + 1 + line.length + 1);
    expect(view.lines).toBe(Math.ceil(200_000_000 / (line.length + 1)) + 1);
    expect(most).toBeLessThan(20 * 1024 * 1024);
  });

  test("is waited for while the sandbox is out of reach, as long as it takes", async () => {
    await using staged = await scene({ sh: "echo one" });
    await staged.launch();
    await staged.ended();
    let tries = 0;
    const away = {
      ...staged.sandbox,
      exec: (command: Exec) => {
        tries += 1;
        if (tries > 30) return staged.sandbox.exec(command);
        return { stdout: new Blob().stream(), ended: Promise.reject(new Error("no route")), stop: async () => {} };
      },
      inspect: async () => {
        throw new Failure({ code: "provider.unreachable", message: "There is no route to it." });
      },
    };
    const waits: number[] = [];
    const sleep = async (ms: number) => void waits.push(ms);
    const chunks = await Array.fromAsync(follow({ sleep }, away, { from: 0 }));
    expect(Buffer.concat(chunks).toString()).toBe("one\n");
    expect(waits).toHaveLength(30);
    expect(Math.max(...waits)).toBe(5000);
  });

  test("is not taken without an end", async () => {
    const size = 8 * 1024 ** 3;
    await using staged = await scene({ sh: `truncate -s ${size + 10} "$HOME/../run/output.jsonl"` });
    await staged.launch();
    await staged.ended();
    const chunks = follow(staged.world, staged.sandbox, { from: size - 1 });
    const end = await Array.fromAsync(chunks).catch((thrown: unknown) => thrown);
    expect(end).toMatchObject({ code: "claude.too-much-output" });
  });

  test("is told to its end of a sandbox in which nothing runs any more", async () => {
    await using staged = await scene({ sh: "echo one; echo two" });
    await staged.launch();
    await staged.ended();
    const stopped = {
      ...staged.sandbox,
      exec: () => ({ stdout: new Blob().stream(), ended: Promise.reject(new Error("stopped")), stop: async () => {} }),
      inspect: async () => ({ ...(await staged.sandbox.inspect()), state: "stopped" as const }),
    };
    const chunks = await Array.fromAsync(follow(staged.world, stopped, { from: 2 }));
    expect(Buffer.concat(chunks).toString()).toBe("e\ntwo\n");
  });

  test("ends with the sandbox", async () => {
    await using staged = await scene({ sh: "echo one; wait_at gate" });
    await staged.launch();
    const chunks = follow(staged.world, staged.sandbox, { from: 0 });
    await chunks.next();
    await staged.sandbox.destroy();
    const end = await Array.fromAsync(chunks).catch((thrown: unknown) => thrown);
    expect(end).toMatchObject({ code: "sandbox.gone" });
  });

  test("is read no more when its reader is told to stop", async () => {
    await using staged = await scene({ sh: "echo one; wait_at gate" });
    await staged.launch();
    const stop = new AbortController();
    const chunks = follow(staged.world, staged.sandbox, { from: 0, signal: stop.signal });
    await chunks.next();
    stop.abort();
    expect(await chunks.next().catch((thrown: unknown) => thrown)).toMatchObject({ code: "proc.cancelled" });
  });

  test("is no link that claude has put in its place", async () => {
    await using staged = await scene({ sh: 'ln -sf /dev/zero "$HOME/../run/output.jsonl"; wait_at gate' });
    await staged.launch();
    await staged.reached("gate");
    const world = { sleep: async () => {} };
    const end = await Array.fromAsync(follow(world, staged.sandbox, { from: 0 })).catch((thrown: unknown) => thrown);
    expect(end).toMatchObject({ code: "claude.no-output" });
  });
});
