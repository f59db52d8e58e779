// Whether a TCP port is free: the kernel is asked by listening there for an instant, which takes about 0.1 ms and is
// synchronous, so that it fits into a transaction.
//
// All four addresses are tried. On Linux a listener anywhere also stands in the way of "::" alone; macOS lets a server
// on every address and another on one of them have the same port (SO_REUSEADDR, which Bun sets as all dev servers do),
// so there only the same address tells. A server on one outer address alone is not seen on macOS.

const IPV4 = ["127.0.0.1", "0.0.0.0"] as const;
const IPV6 = ["::1", "::"] as const;

/** False too for a port that this user may not have. */
export function isPortFree(port: number): boolean {
  if (IPV4.some((hostname) => !canListen(hostname, port).can)) return false;
  // Where there is no IPv6 nobody listens on it; Bun tells this by various codes, or none (1.4.4).
  return IPV6.every((hostname) => canListen(hostname, port).code !== "EADDRINUSE");
}

function canListen(hostname: string, port: number): { can: boolean; code: unknown } {
  try {
    // `exclusive` matters on Windows alone, where a port in use can be had a second time without it.
    Bun.listen({ hostname, port, exclusive: true, socket: { data: () => {} } }).stop(true);
    return { can: true, code: undefined };
  } catch (thrown) {
    return { can: false, code: thrown instanceof Error && "code" in thrown ? thrown.code : undefined };
  }
}
