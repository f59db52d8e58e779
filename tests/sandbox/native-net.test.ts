// What a native sandbox reaches: what it was allowed, and not a byte of it else. The listeners are real.

import { expect, test } from "bun:test";
import { capture, type Sandbox } from "../../src/features/providers/provider.ts";
import { nativeScene } from "./native-scene.ts";

interface Listener extends Disposable {
  port: number;
  bytes: number;
  connections: number;
}

/** Answers every request with its own name, and counts what comes. */
function listener(name: string, hostname = "127.0.0.1"): Listener {
  const body = `HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\nConnection: close\r\n\r\n${name}`;
  const counted = { bytes: 0, connections: 0 };
  const server = Bun.listen({
    hostname,
    port: 0,
    socket: {
      open: () => {
        counted.connections += 1;
      },
      data: (socket, data) => {
        counted.bytes += data.length;
        socket.end(body);
      },
    },
  });
  return {
    port: server.port,
    get bytes() {
      return counted.bytes;
    },
    get connections() {
      return counted.connections;
    },
    [Symbol.dispose]: () => server.stop(true),
  };
}

const ASK = `const url = process.argv[1];
const asked = fetch(url, { signal: AbortSignal.timeout(5000) });
asked.then(async (answer) => console.log(answer.status, await answer.text()), (error) => console.log("no", error.code ?? error.name));`;

/** By the Bun that runs these tests: what is asked goes to the proxy that the environment names, if it names one. */
async function asked(sandbox: Sandbox, url: string, env: Record<string, string> = {}): Promise<string> {
  const { stdout, stderr } = await capture(sandbox, { argv: ["bun", "-e", ASK, url], env });
  return (stdout + stderr).trim();
}

test("a server on this machine's loopback is reached when it is allowed, and only on that port", async () => {
  using allowed = listener("allowed");
  using other = listener("other");
  await using scene = await nativeScene();
  const sandbox = await scene.make({ hosts: [`127.0.0.1:${allowed.port}`] });
  expect(await asked(sandbox, `http://127.0.0.1:${allowed.port}/`)).toBe("200 allowed");
  expect(allowed.bytes).toBeGreaterThan(0);
  expect(await asked(sandbox, `http://127.0.0.1:${other.port}/`)).not.toContain("200");
  expect(await asked(sandbox, `http://localhost:${other.port}/`)).not.toContain("200");
  expect(other).toMatchObject({ bytes: 0, connections: 0 });
});

test("a name is reached when it is allowed; a name that leads to this machine is none", async () => {
  using local = listener("local");
  await using scene = await nativeScene();
  const sandbox = await scene.make({ hosts: [`localhost:${local.port}`, "*.invalid"] });
  expect(await asked(sandbox, `http://localhost:${local.port}/`)).toBe("200 local");
  const before = local.connections;
  // Not this name, though it is the same server.
  expect(await asked(sandbox, `http://127.0.0.1:${local.port}/`)).not.toContain("200");
  expect(
    await asked(sandbox, `http://${(await Bun.file("/etc/hostname").text()).trim()}:${local.port}/`),
  ).not.toContain("200");
  expect(local.connections).toBe(before);
});

test("no way past the proxy: no address, no name, no raw socket, no proxy of one's own", async () => {
  using hidden = listener("hidden", "0.0.0.0");
  await using scene = await nativeScene();
  const sandbox = await scene.make({ hosts: ["example.com"] });
  const direct = { HTTP_PROXY: "", http_proxy: "", HTTPS_PROXY: "", https_proxy: "", ALL_PROXY: "", all_proxy: "" };
  const own = Bun.spawn(["hostname", "-I"], { stdout: "pipe" });
  const [address = "127.0.0.1"] = (await own.stdout.text()).trim().split(" ");
  for (const host of ["127.0.0.1", "localhost", address || "127.0.0.1"]) {
    expect(await asked(sandbox, `http://${host}:${hidden.port}/`, direct)).not.toContain("200");
    expect(await asked(sandbox, `http://${host}:${hidden.port}/`)).not.toContain("200");
  }
  const script = `exec 2>&1; ip addr 2>/dev/null | grep -c inet.127; getent hosts example.com && echo resolved
    echo x | socat -T1 - "TCP:127.0.0.1:$1,connect-timeout=1" >/dev/null && echo connected
    echo x | socat -T1 - "UDP:$2:$1" >/dev/null; cat /proc/net/route | wc -l
    printf 'CONNECT 127.0.0.1:%s HTTP/1.1\\r\\n\\r\\n' "$1" | socat -T2 - TCP:127.0.0.1:3128 | head -1`;
  const { stdout } = await capture(sandbox, { argv: ["sh", "-c", script, "sh", String(hidden.port), address] });
  expect(stdout).not.toContain("resolved");
  expect(stdout).not.toContain("connected");
  expect(stdout).not.toContain("200");
  expect(hidden).toMatchObject({ bytes: 0, connections: 0 });
});

test("a server that a program starts inside is its own, and reached without the proxy", async () => {
  await using scene = await nativeScene();
  const sandbox = await scene.make();
  const script = `const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("mine") });
    console.log(await (await fetch("http://127.0.0.1:" + server.port)).text()); process.exit(0)`;
  expect(await capture(sandbox, { argv: ["bun", "-e", script] })).toMatchObject({ stdout: "mine\n" });
});
