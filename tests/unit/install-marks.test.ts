// Which entries are ours to replace and take out: those that run one of our commands, and nothing else.

import { describe, expect, test } from "bun:test";
import {
  exactWords,
  HOOKS,
  hooksOf,
  SERVER,
  STATUS_LINE,
  serverOf,
  statusLineOf,
} from "../../src/features/install/marks.ts";

const hook = (command: string) => HOOKS.is({ type: "command", command });
const server = (command: string, ...args: string[]) => SERVER.is({ command, args });

describe("a hook", () => {
  test.each([
    "parallel-cc hook Stop",
    "  parallel-cc  hook\tSessionStart ",
    "/home/me/.local/bin/parallel-cc hook Stop",
    "'/home/it'\\''s me/parallel-cc' hook Stop",
    '"/home/my programs/parallel-cc" hook Stop',
    "~/bin/parallel-cc hook PostToolBatch",
    "$HOME/bin/parallel-cc hook Stop",
    '"$HOME/my bin/parallel-cc" hook Stop',
    "/h\u00e9/\u6f22/parallel-cc hook Stop",
    "~/.local/bin/parallel-cc-heartbeat.sh",
    "/opt/x/parallel-cc-heartbeat.sh",
    "parallel-cc-heartbeat.sh",
    "node /src/parallel-cc/dist/cli.js heartbeat",
  ])("of ours: %s", (command) => expect(hook(command)).toBe(true));

  test.each([
    "parallel-cc hook Stop && notify",
    "parallel-cc hook Stop; notify",
    "parallel-cc hook Stop\nnotify",
    "parallel-cc hook Stop > log",
    "parallel-cc hook Stop &",
    "parallel-cc hook $EVENT",
    "parallel-cc hook `event`",
    "parallel-cc hook 'Stop",
    "parallel-cc hook Stop --verbose",
    "parallel-cc hook stop",
    "parallel-cc hook",
    "parallel-cc status",
    "FOO=1 parallel-cc hook Stop",
    "exec parallel-cc hook Stop",
    "sh parallel-cc-heartbeat.sh",
    "./parallel-cc hook Stop",
    "../bin/parallel-cc-heartbeat.sh",
    "/home/me/parallel-cc/notify.sh hook Stop",
    "my-parallel-cc hook Stop",
    "~/.local/bin/parallel-cc-heartbeat.sh --loud",
    "node /src/mine/dist/cli.js heartbeat",
    "echo parallel-cc hook Stop",
    "",
  ])("of its user's: %j", (command) => expect(hook(command)).toBe(false));

  test("is a command, and nothing else of that name", () => {
    expect(HOOKS.is({ type: "http", command: "parallel-cc hook Stop" })).toBe(false);
    for (const odd of [undefined, null, 1, "parallel-cc hook Stop", [], { type: "command", command: 1 }]) {
      expect(HOOKS.is(odd)).toBe(false);
    }
  });
});

describe("a server", () => {
  test.each([
    [["parallel-cc", "mcp", "serve"]],
    [["parallel-cc", "mcp-serve"]],
    [["/home/my programs/parallel-cc", "mcp", "serve"]],
    [["node", "/src/parallel-cc/dist/cli.js", "mcp-serve"]],
  ])("of ours: %j", ([command = "", ...args]) => expect(server(command, ...args)).toBe(true));

  test.each([
    [["parallel-cc", "mcp", "serve", "--debug"]],
    [["parallel-cc"]],
    [["npx", "parallel-cc", "mcp-serve"]],
    [["parallel-cc-heartbeat.sh", "mcp", "serve"]],
    [["bin/parallel-cc", "mcp", "serve"]],
    [["node", "/src/other/dist/cli.js", "mcp-serve"]],
  ])("of its user's: %j", ([command = "", ...args]) => expect(server(command, ...args)).toBe(false));

  test("is one on standard streams", () => {
    expect(SERVER.is({ type: "stdio", command: "parallel-cc", args: ["mcp", "serve"], env: {} })).toBe(true);
    expect(SERVER.is({ type: "http", command: "parallel-cc", args: ["mcp", "serve"] })).toBe(false);
    expect(SERVER.is({ url: "http://localhost" })).toBe(false);
  });
});

test.each(["parallel-cc", "/home/me/parallel-cc", "/it's my \u6f22 $HOME;/`x`/parallel-cc"])(
  "what is entered for %s is known again",
  (program) => {
    for (const addition of hooksOf(program, [{ event: "Stop", since: "1.0.0", timeoutSeconds: 5 }])) {
      const group = "append" in addition ? addition.append : undefined;
      expect(JSON.stringify(group)).toContain('"timeout":5');
      expect([group].flatMap((one) => Object(one).hooks).every(HOOKS.is)).toBe(true);
    }
    const [line, mcp] = [statusLineOf(program), serverOf(program)];
    expect("set" in line && STATUS_LINE.is(line.set)).toBe(true);
    expect("set" in mcp && SERVER.is(mcp.set)).toBe(true);
  },
);

test.each([
  ["a b", ["a", "b"]],
  ["'a b'c\"d e\" \\'f", ["a bcd e", "'f"]],
  ["''", [""]],
  ["a|b", undefined],
  ["a  ", ["a"]],
  ["a*", undefined],
  ['"a$b"', undefined],
  ["~user/x", undefined],
])("%s is these words: %j", (command, words) => expect(exactWords(command)).toEqual(words));
