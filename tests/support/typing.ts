// An interactive shell in a pseudo-terminal, with our completions in its profile, and keys pressed in it. What a line has
// become is told by running it: parallel-cc and claude-parallel are functions there that write their words down. Gone
// when the test ends.

import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PROGRAM } from "./cli.ts";
import type { Place } from "./place.ts";
import { waitFor } from "./processes.ts";
import { SCRIPT, whereIs } from "./wrapper.ts";

export const COMPLETING = ["bash", "zsh", "fish"] as const;
export type Completing = (typeof COMPLETING)[number];

export const TAB = "\t";

export interface Typing extends AsyncDisposable {
  /** The words that the program is called with when Enter is pressed behind these keys. */
  words(keys: string): Promise<string[]>;
  /** What is shown when these keys are pressed, at least until the sign is; the line is thrown away. */
  shown(keys: string, sign?: string): Promise<string>;
}

export interface TypingInput {
  shell: Completing;
  cwd: string;
  /** Lines of the profile, before and behind our own. */
  before?: string;
  after?: string;
  /** In the place of the line that loads our completions. */
  completions?: string;
  /** Folders searched first for programs. */
  path?: readonly string[];
}

/** Ctrl-X 9: says that all keys before were handled, and empties the line. */
const DONE = "\x189";
const [END_OF_WORD, END_OF_CALL] = ["\0", "\x1e"];

interface Profile {
  words: string[];
  file: string;
  /** Typed first. */
  first?: string;
  completions: string;
  recorder(calls: string): string;
}

const POSIX_RECORDER = (calls: string): string =>
  ["parallel-cc", "claude-parallel"]
    .map((name) => `function ${name} { printf '%s\\0' "$@" >>'${calls}'; printf '\\036' >>'${calls}'; }\n`)
    .join("");

const PROFILES: Record<Completing, Profile> = {
  bash: {
    words: ["--norc", "--noprofile", "-i"],
    file: ".bashrc",
    // With --rcfile it would read the machine's file first.
    first: ". ~/.bashrc",
    completions: 'eval "$(parallel-cc completions bash)"',
    recorder: (calls) => `${POSIX_RECORDER(calls)}
keys_done() { printf '\\036' >>'${calls}.done'; READLINE_LINE=; READLINE_POINT=0; }
bind -x '"\\C-x9": keys_done'
bind 'set enable-bracketed-paste off'
bind 'set page-completions off'
`,
  },
  zsh: {
    words: ["-o", "no_global_rcs", "-i"],
    file: ".zshrc",
    completions: 'autoload -Uz compinit && compinit -u -D\neval "$(parallel-cc completions zsh)"',
    recorder: (calls) => `${POSIX_RECORDER(calls)}
keys_done() { printf '\\036' >>'${calls}.done'; BUFFER=; }
zle -N keys_done
bindkey '^X9' keys_done
LISTMAX=1000
`,
  },
  fish: {
    words: ["-i"],
    file: ".config/fish/config.fish",
    completions: "parallel-cc completions fish | source",
    recorder: (calls) => `
for name in parallel-cc claude-parallel
    function $name
        printf '%s\\0' $argv >>'${calls}'
        printf '\\036' >>'${calls}'
    end
end
set -g fish_greeting
set -g fish_autosuggestion_enabled 0
function keys_done
    printf '\\036' >>'${calls}.done'
    commandline ''
end
bind \\cx9 keys_done
`,
  },
};

export async function openTyping(place: Place, input: TypingInput): Promise<Typing> {
  const { shell, cwd, before = "", after = "", path = [] } = input;
  const profile = PROFILES[shell];
  const calls = place.at(`calls-in-${shell}`);
  const folder = place.at(`programs-of-${shell}`);
  await mkdir(folder);
  await symlink(PROGRAM, join(folder, "parallel-cc"));
  await symlink(SCRIPT, join(folder, "claude-parallel"));
  await mkdir(join(place.home, ".config/fish"), { recursive: true });
  const lines = [before, input.completions ?? profile.completions, profile.recorder(calls), after];
  await writeFile(join(place.home, profile.file), `${lines.join("\n")}\n`);
  for (const file of [calls, `${calls}.done`]) await writeFile(file, "");
  let output = "";
  const decoder = new TextDecoder();
  const child = Bun.spawn([whereIs(shell), ...profile.words], {
    cwd,
    env: place.env({ path: [...path, folder], extra: { TERM: "xterm", LC_ALL: "C.UTF-8", PS1: "ready> " } }),
    terminal: {
      cols: 120,
      rows: 50,
      data: (_, bytes) => {
        output += decoder.decode(bytes, { stream: true });
      },
    },
  });
  const recorded = async (file: string): Promise<string[]> =>
    (await Bun.file(file).text()).split(END_OF_CALL).slice(0, -1);
  const press = async (keys: string, file: string): Promise<string> => {
    const already = (await recorded(file)).length;
    child.terminal?.write(keys);
    await waitFor(async () => (await recorded(file)).length > already, "the shell").catch((cause: unknown) => {
      throw new Error(`${shell} went astray after ${JSON.stringify(keys)}: ${JSON.stringify(output)}`, { cause });
    });
    return (await recorded(file)).at(-1) ?? "";
  };
  if (profile.first !== undefined) child.terminal?.write(`${profile.first}\r`);
  // It reads its profile first; keys wait until then.
  await press(DONE, `${calls}.done`);
  return {
    async words(keys) {
      return (await press(`${keys}\r`, calls)).split(END_OF_WORD).slice(0, -1);
    },
    async shown(keys, sign = "") {
      output = "";
      child.terminal?.write(keys);
      // A shell that has more keys to read may show nothing of those before.
      await waitFor(() => output.includes(sign), `${sign} in ${shell}`).catch((cause: unknown) => {
        throw new Error(`${shell} shows ${JSON.stringify(output)}`, { cause });
      });
      await press(DONE, `${calls}.done`);
      return output;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
      child.terminal?.close();
    },
  };
}
