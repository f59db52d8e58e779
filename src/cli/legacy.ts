// Spellings of earlier releases: they keep working and say once what to type instead.

const LEGACY: Readonly<Record<string, readonly string[]>> = Object.assign(Object.create(null), {
  "mcp-serve": ["mcp", "serve"],
  "watch-merges": ["watch", "merges"],
  "merge-status": ["merge", "status"],
  "sandbox-run": ["sandbox", "run"],
  "sandbox-run-multi": ["sandbox", "run", "--multi"],
  "sandbox-logs": ["sandbox", "logs"],
  "sandbox-download": ["sandbox", "download"],
  "sandbox-kill": ["sandbox", "kill"],
  "sandbox-list": ["sandbox", "list"],
  "sandbox-status": ["sandbox", "status"],
  "budget-status": ["budget", "status"],
});

const OLD_FLAG = "--install-hooks";

export interface Modern {
  words: readonly string[];
  /** The old spelling and what it stands for, when an old one was typed. */
  instead?: { old: string; now: string };
}

export function modernise(words: readonly string[]): Modern {
  const [first, ...rest] = words;
  if (first === "install" && rest.includes(OLD_FLAG)) {
    const now = words.map((word) => (word === OLD_FLAG ? "--hooks" : word));
    return { words: now, instead: { old: `install ${OLD_FLAG}`, now: "install --hooks" } };
  }
  const replacement = first === undefined ? undefined : LEGACY[first];
  if (first === undefined || replacement === undefined) return { words };
  return { words: [...replacement, ...rest], instead: { old: first, now: replacement.join(" ") } };
}
