// Commands that run another one: what follows them is what counts. Where an option of theirs makes them something else,
// nothing is known. Pure.

import { readOptions } from "./options.ts";
import { type Value, wordOf } from "./values.ts";

export interface Wrapped {
  /** The command with its words; the first is its name. */
  words: Value[];
  /** Set for it alone. */
  variables: Map<string, string | undefined>;
  /** Where it runs, when not where the wrapper does; undefined within: not known. */
  directory?: { path: string | undefined };
  /** It gets nothing of what its shell has in its environment. */
  isBare: boolean;
}

interface Wrapper {
  /** Options with a word of their own: letters, and long names. */
  takes?: readonly string[];
  /** With these it does something else, or in another place. */
  stops?: readonly string[];
  /** Words of its own before the command. */
  skips?: number;
  /** `NAME=value` may stand before the command. */
  isSetting?: boolean;
  directory?: readonly string[];
  /** They take a variable, or all of them, from its environment. */
  unsets?: readonly string[];
  bares?: readonly string[];
  /** As another user: with that one's home. */
  isOfAnother?: boolean;
  /** It adds words that nobody knows; the option with which it puts them in the place of a text. */
  adds?: string;
  /** An option before a text for a shell, in the place of the command. */
  texts?: string;
}

const USER = ["u", "g", "p", "C", "r", "t", "T", "U", "user", "group", "prompt", "close-from", "role", "type"];

const WRAPPERS: Readonly<Record<string, Wrapper>> = Object.assign(Object.create(null), {
  env: {
    takes: ["u", "unset", "C", "chdir"],
    stops: ["S", "split-string", "help", "version"],
    isSetting: true,
    directory: ["C", "chdir"],
    unsets: ["u", "unset"],
    bares: ["i", "ignore-environment", ""],
  },
  sudo: {
    takes: [...USER, "D", "chdir", "command-timeout", "other-user"],
    stops: ["i", "s", "e", "l", "v", "K", "h", "R", "V", "login", "shell", "edit", "list", "chroot", "host", "help"],
    isSetting: true,
    isOfAnother: true,
    directory: ["D", "chdir"],
  },
  doas: { takes: ["u", "C"], stops: ["s", "L"], isOfAnother: true },
  command: { stops: ["v", "V"] },
  builtin: {},
  exec: { takes: ["a"] },
  nohup: {},
  setsid: {},
  time: { takes: ["f", "o", "format", "output"] },
  nice: { takes: ["n", "adjustment"] },
  ionice: { takes: ["c", "n", "class", "classdata"], stops: ["p", "P", "u", "pid"] },
  timeout: { takes: ["k", "s", "kill-after", "signal"], skips: 1 },
  flock: { takes: ["w", "E", "timeout", "wait", "conflict-exit-code"], skips: 1, stops: ["u", "unlock"], texts: "c" },
  busybox: {},
  stdbuf: { takes: ["i", "o", "e", "input", "output", "error"] },
  caffeinate: { takes: ["t", "w"] },
  coproc: {},
  strace: { takes: [..."abeEIoOPsSuUX"], stops: ["p"] },
  xargs: {
    takes: ["n", "P", "I", "L", "d", "E", "s", "a", "max-args", "max-procs", "max-lines", "delimiter", "arg-file"],
    adds: "I",
  },
} satisfies Record<string, Wrapper>);

export function isWrapper(name: string): boolean {
  return WRAPPERS[name] !== undefined;
}

/** Undefined where it runs nothing that is known. */
export function unwrapped(name: string, given: readonly Value[]): Wrapped | undefined {
  const wrapper = WRAPPERS[name];
  const options = readOptions(given, { takes: wrapper?.takes ?? [], isBeforeCommand: true });
  if (wrapper === undefined || wrapper.stops?.some((stop) => options.count(stop) > 0) === true) return undefined;
  const words = [...options.words];
  const variables = new Map<string, string | undefined>(wrapper.isOfAnother === true ? [["HOME", undefined]] : []);
  for (const name of wrapper.unsets?.flatMap((option) => options.values(option)) ?? [])
    variables.set(wordOf(name) ?? "", undefined);
  for (let [first] = words; wrapper.isSetting === true && first !== undefined; [first] = words) {
    const text = first.kind === "unknown" ? first.begins : wordOf(first);
    const [all, variable, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(text ?? "") ?? [];
    if (all === undefined) break;
    variables.set(variable ?? "", first.kind === "text" ? value : undefined);
    words.shift();
  }
  words.splice(0, wrapper.skips ?? 0);
  if (wrapper.texts !== undefined && wordOf(words[0]) === `-${wrapper.texts}`)
    words.unshift({ kind: "text", text: "sh" });
  if (words.length === 0) return undefined;
  const placed = wrapper.directory?.flatMap((option) => options.value(option) ?? []).at(0);
  return {
    words: wrapper.adds === undefined ? words : withAdded(words, options.value(wrapper.adds)),
    variables,
    isBare: wrapper.bares !== undefined && options.has(...wrapper.bares),
    ...(placed !== undefined && { directory: { path: placed.kind === "text" ? placed.text : undefined } }),
  };
}

function withAdded(words: readonly Value[], replaced: Value | undefined): Value[] {
  if (replaced === undefined) return [...words, { kind: "unknown" }];
  const mark = replaced.kind === "text" ? replaced.text : "";
  return words.map((one) => (one.kind === "text" && !one.text.includes(mark) ? one : { kind: "unknown" }));
}

const SHELLS = new Set(["sh", "bash", "dash", "zsh", "ksh", "ash"]);

/** What a shell is told to run: the text behind `-c`, its standard input, or a file (undefined). */
export function scriptOfShell(name: string, args: readonly Value[]): Value | "input" | undefined {
  if (!SHELLS.has(name)) return undefined;
  let isCommand = false;
  for (let at = 0; at < args.length; at++) {
    const one = args[at];
    if (one?.kind !== "text") return isCommand ? one : undefined;
    if (one.text === "--rcfile" || one.text === "--init-file") at++;
    else if (/^[-+][A-Za-z]+$/.test(one.text)) {
      isCommand ||= one.text.includes("c");
      if (/o/i.test(one.text)) at++;
    } else if (!/^--/.test(one.text)) return isCommand ? one : undefined;
  }
  return isCommand ? undefined : "input";
}
