// Whether a port is free, asked of the real kernel.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { isPortFree } from "../../src/proc/port.ts";

const SOURCE = JSON.stringify(join(import.meta.dir, "../../src/proc/port.ts"));

describe("a port", () => {
  test.each(["127.0.0.1", "0.0.0.0", "::1", "::"])("that a server on %s has is not free", (hostname) => {
    using server = Bun.listen({ hostname, port: 0, socket: { data: () => {} } });
    expect(isPortFree(server.port)).toBe(false);
    expect(isPortFree(server.port)).toBe(false);
  });

  test("that nobody has is free, and is left so", () => {
    const port = Array.from({ length: 100 }, (_, i) => 29_000 + i).find(isPortFree) ?? 0;
    using server = Bun.listen({ hostname: "::", port, socket: { data: () => {} } });
    expect(server.port).toBe(port);
  });

  test("is free where nothing has the address ::1, and taken when a server has it", async () => {
    const code = `
      import { isPortFree } from ${SOURCE};
      const before = isPortFree(29000);
      Bun.listen({ hostname: "0.0.0.0", port: 29000, socket: { data: () => {} } });
      process.stdout.write(JSON.stringify([before, isPortFree(29000)]), () => process.exit());`;
    // A new network namespace: its loopback is down and has no address of IPv6.
    const args = ["--user", "--map-root-user", "--net", process.execPath, "-e", code];
    const child = Bun.spawn(["unshare", ...args], { stdout: "pipe", stderr: "inherit" });
    expect(await child.stdout.text()).toBe("[true,false]");
  });
});
