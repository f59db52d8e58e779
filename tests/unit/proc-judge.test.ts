// The decision without a machine: restarts, other hosts, unreadable places; and what ps, sysctl and /proc print.

import { describe, expect, test } from "bun:test";
import { parseBootId, parseCommands, parseList } from "../../src/proc/darwin.ts";
import { type Evidence, judge, type ProcessIdentity } from "../../src/proc/judge.ts";
import { parseStat, startedAt } from "../../src/proc/linux.ts";
import type { Sight } from "../../src/proc/platform.ts";

const MACHINE = "pid:[4026531836]";
const CONTAINER = "pid:[4026532177]";
const identity: ProcessIdentity = { pid: 42, startTime: "100", bootId: "boot-1", pidNamespace: MACHINE, host: "desk" };
const here = { bootId: "boot-1", pidNamespace: MACHINE, host: "desk" };
const started = new Date("2030-01-01T12:00:00Z");
const running: Sight = { state: "running", startTime: "100", parent: 1, name: "claude", startedAt: () => started };
const absent: Sight = { state: "absent" };

function stateOf(change: {
  identity?: Partial<ProcessIdentity>;
  here?: Partial<Evidence["here"]>;
  sight?: Sight;
  notAfter?: Date;
}): string {
  return judge({
    identity: { ...identity, ...change.identity },
    here: { ...here, ...change.here },
    sight: change.sight ?? absent,
    notAfter: change.notAfter,
  }).state;
}

describe("in the same place", () => {
  test("seen with its start time it is alive, with another or not at all it is dead", () => {
    expect(stateOf({ sight: running })).toBe("alive");
    expect(stateOf({ sight: { ...running, startTime: "101" } })).toBe("dead");
    expect(stateOf({ sight: absent })).toBe("dead");
    expect(stateOf({ sight: { state: "ended", why: "a zombie" } })).toBe("dead");
  });

  test("hidden it is unknown", () => {
    expect(stateOf({ sight: { state: "hidden", why: "hidepid" } })).toBe("unknown");
    expect(stateOf({ identity: { startTime: null }, sight: { state: "hidden", why: "hidepid" } })).toBe("unknown");
  });
});

describe("elsewhere", () => {
  test("another host is unknown", () => {
    expect(stateOf({ identity: { host: "other", bootId: "boot-0" } })).toBe("unknown");
    expect(stateOf({ identity: { host: "other", startTime: null, bootId: null, pidNamespace: null } })).toBe("unknown");
  });

  test("another name of the host in the same boot is the same host", () => {
    expect(stateOf({ identity: { host: "other" }, sight: running })).toBe("alive");
    expect(stateOf({ identity: { host: "other", startTime: "99" }, sight: running })).toBe("dead");
  });

  test("another pid namespace of the same boot is unknown", () => {
    expect(stateOf({ identity: { pidNamespace: CONTAINER } })).toBe("unknown");
    expect(stateOf({ here: { pidNamespace: CONTAINER } })).toBe("unknown");
    expect(stateOf({ here: { pidNamespace: null } })).toBe("unknown");
  });

  test("what was not recorded cannot be compared", () => {
    expect(stateOf({ identity: { bootId: null } })).toBe("unknown");
    expect(stateOf({ identity: { pidNamespace: null } })).toBe("unknown");
    expect(stateOf({ identity: { bootId: null, pidNamespace: null, host: null }, sight: running })).toBe("unknown");
  });
});

describe("after a restart", () => {
  test("all processes of the machine are dead, even if one looks the same", () => {
    expect(stateOf({ here: { bootId: "boot-2" } })).toBe("dead");
    expect(stateOf({ here: { bootId: "boot-2" }, sight: running })).toBe("dead");
  });

  test("so they are where there are no pid namespaces", () => {
    expect(stateOf({ identity: { pidNamespace: null }, here: { pidNamespace: null, bootId: "boot-2" } })).toBe("dead");
  });

  test("a container may have a twin of its name on another machine", () => {
    const other = { bootId: "boot-2", pidNamespace: CONTAINER };
    expect(stateOf({ identity: { pidNamespace: CONTAINER }, here: other })).toBe("unknown");
    expect(stateOf({ here: other })).toBe("unknown");
    expect(stateOf({ identity: { pidNamespace: CONTAINER }, here: { bootId: "boot-2" } })).toBe("unknown");
  });

  test("a host name that every machine has, or none, proves no restart", () => {
    for (const host of ["localhost", "localhost.localdomain", ""]) {
      expect(stateOf({ identity: { host }, here: { host, bootId: "boot-2" } })).toBe("unknown");
    }
    expect(stateOf({ identity: { host: null }, here: { bootId: "boot-2" } })).toBe("unknown");
  });

  test("an unreadable boot is no other boot", () => {
    expect(stateOf({ here: { bootId: null } })).toBe("unknown");
  });
});

describe("without boot ids on either side", () => {
  const bootless = { identity: { bootId: null, pidNamespace: null }, here: { bootId: null, pidNamespace: null } };

  test("the host alone makes the place", () => {
    expect(stateOf({ ...bootless, sight: running })).toBe("alive");
    expect(stateOf({ ...bootless, sight: absent })).toBe("dead");
  });
});

describe("a row of an earlier release", () => {
  const row = { identity: { startTime: null, bootId: null, pidNamespace: null, host: null } };

  test("is dead when its pid is nobody's", () => {
    expect(stateOf({ ...row, sight: absent })).toBe("dead");
  });

  test("is dead when its pid started clearly after the row, unknown within two seconds", () => {
    const before = (ms: number) => new Date(started.getTime() - ms);
    expect(stateOf({ ...row, sight: running, notAfter: before(2001) })).toBe("dead");
    expect(stateOf({ ...row, sight: running, notAfter: before(2000) })).toBe("unknown");
    expect(stateOf({ ...row, sight: running, notAfter: before(-5000) })).toBe("unknown");
    expect(stateOf({ ...row, sight: running })).toBe("unknown");
    expect(stateOf({ ...row, sight: { ...running, startedAt: () => undefined }, notAfter: before(1e9) })).toBe(
      "unknown",
    );
  });
});

test("what is no process id is dead", () => {
  for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 31]) expect(stateOf({ identity: { pid } })).toBe("dead");
});

describe("/proc/<pid>/stat", () => {
  const rest = "1 42 42 0 -1 4194560 987 0 3 0 0 0 0 0 20 0 7 0 122941 1000 50 18446744073709551615 0";

  test("is read from behind the last parenthesis of the name", () => {
    const expected = { state: "S", parent: 1, threads: 7, startTime: "122941", terminal: 0 };
    for (const name of ["sh", "a) R (b", ") Z 1 2 3 (", "two\nlines", "((("]) {
      expect(parseStat(`42 (${name}) S ${rest}\n`)).toEqual({ ...expected, name });
    }
  });

  test("cut short is not understood", () => {
    expect(parseStat("")).toBeUndefined();
    expect(parseStat("42 (sh) S 1 42")).toBeUndefined();
  });

  test("tells a start up to a second too early, never too late", () => {
    const now = { epochMs: Date.parse("2030-01-01T00:00:10Z"), upSeconds: 100 };
    expect(startedAt("9500", now)).toEqual(new Date("2030-01-01T00:00:04Z"));
  });
});

describe("macOS", () => {
  // ps -o pid=,lstart=,stat=,ppid=,ucomm= -p 1,501,702,88123 with LC_ALL=C
  const LIST = [
    "    1 Wed Jun  5 09:12:44 2024     Ss       0 launchd         ",
    "  501 Sat Jun 15 21:03:07 2024     S+     487 zsh",
    "  702 Sat Jun 15 21:03:09 2024     Z+     501",
    "88123 Mon Dec 30 00:00:00 2024     R<s      1 Google Chrome",
    "",
  ].join("\n");

  test("ps tells start, parent and what has ended", () => {
    const sights = parseList(LIST);
    expect([...sights.keys()]).toEqual([1, 501, 702, 88123]);
    expect(sights.get(501)).toMatchObject({
      state: "running",
      startTime: "Sat Jun 15 21:03:07 2024",
      parent: 487,
      name: "zsh",
    });
    expect(sights.get(1)).toMatchObject({ startTime: "Wed Jun 5 09:12:44 2024", parent: 0 });
    expect(sights.get(702)?.state).toBe("ended");
  });

  test("its start is a moment in UTC", () => {
    const sight = parseList(LIST).get(88123);
    expect(sight?.state === "running" ? sight.startedAt() : undefined).toEqual(new Date("2024-12-30T00:00:00Z"));
  });

  test("what ps does not say in this form is not seen", () => {
    expect(parseList("ps: illegal option -- o\nusage: ps [-AaCcEefhjlMmrSTvwXx]\n").size).toBe(0);
    expect(parseList("  501 sam. 15 juin 21:03:07 2024     S+     487\n").size).toBe(0);
  });

  test("commands are searched for the text alone", () => {
    // ps -axww -o pid=,command=
    const output = [
      "    1 /sbin/launchd",
      "  501 -zsh",
      " 9001 git worktree add --no-track -b parallel-1 /Users/ann/app-worktrees/parallel-1 HEAD",
      "19002 git worktree add --no-track -b parallel-2 /Users/ann/my app-worktrees/parallel-2 HEAD",
    ].join("\n");
    expect(parseCommands(output, "/Users/ann/my app-worktrees/parallel-2")).toEqual([19002]);
    expect(parseCommands(output, "worktree add")).toEqual([9001, 19002]);
    expect(parseCommands(output, "19002")).toEqual([]);
  });

  test("the boot id is a UUID or nothing", () => {
    expect(parseBootId("8C9E3A0B-6D1F-4E55-9B52-0F2B1C7D8E9A\n")).toBe("8C9E3A0B-6D1F-4E55-9B52-0F2B1C7D8E9A");
    expect(parseBootId("")).toBeNull();
    expect(parseBootId("sysctl: unknown oid 'kern.bootsessionuuid'")).toBeNull();
  });
});
