// Tab in real shells: what a completed line runs with, whatever the names in it hold, and what is shown meanwhile.

import { describe, expect, test } from "bun:test";
import { mkdir, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { PROGRAM } from "../support/cli.ts";
import { makePlace } from "../support/place.ts";
import { sleeper } from "../support/processes.ts";
import { makePrograms } from "../support/programs.ts";
import { makeRepo } from "../support/repo.ts";
import { registered } from "../support/sessions.ts";
import { COMPLETING, type Completing, openTyping, TAB, type TypingInput } from "../support/typing.ts";

async function makeScene(input: Omit<TypingInput, "cwd">) {
  const stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const repo = await makeRepo(place);
  await repo.git("branch", "feature/login");
  await mkdir(join(repo.path, "some dir/inner"), { recursive: true });
  await mkdir(join(place.home, "projects"));
  await Bun.write(join(repo.path, "some-file"), "");
  const register = async (cwd = repo.path, ...words: string[]) => {
    return registered(place, stack.use(sleeper()), { cwd }, ...words);
  };
  return {
    place,
    repo,
    register,
    /** A worktree of somebody else's making, in a directory of that name, with a session in it. */
    adopt: async (name: string) => {
      await repo.git("worktree", "add", "--quiet", "--detach", place.at("trees", name));
      await register(place.at("trees", name));
    },
    type: async (more: Partial<TypingInput> = {}) =>
      stack.use(await openTyping(place, { cwd: repo.path, ...input, ...more })),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Keys before the Tab, and the words then. */
const LINES: readonly (readonly [string, string])[] = [
  ["parallel-cc reg", "register"],
  ["parallel-cc --json stat", "--json status"],
  ["parallel-cc worktree rem", "worktree remove"],
  ["parallel-cc cleanup --ex", "cleanup --explain"],
  ["parallel-cc completions z", "completions zsh"],
  ["parallel-cc help remo", "help removal"],
  ["parallel-cc config set cleanup.au", "config set cleanup.auto"],
  ["parallel-cc config set cleanup.auto f", "config set cleanup.auto false"],
  ["parallel-cc register --base feat", "register --base feature/login"],
  ["parallel-cc register --base=feat", "register --base=feature/login"],
  ["parallel-cc register --base='feat", "register --base=feature/login"],
  ['parallel-cc register --base "feat', "register --base feature/login"],
  ["parallel-cc merge check fea", "merge check feature/login"],
  ["true && parallel-cc merge check fea", "merge check feature/login"],
  ["claude-parallel --unc", "--uncoordinated"],
  ["claude-parallel --base fea", "--base feature/login"],
  ["claude-parallel --base=fea", "--base=feature/login"],
];

/** Each begins with another character, so that one is enough to mean it. */
const ODD: readonly string[] = [
  "two words",
  "it's",
  'say "no"',
  "fin'",
  "a:b:c",
  "$(touch pwned)",
  "`touch pwned`",
  "\\back\\slash",
  "漢字 é",
  "🙂 x",
  // fish 3.6 takes even a quoted asterisk that is typed for a wildcard.
  "g*?[d]",
  "%s%n",
  "!history",
  "#hash",
  "~tilde",
  ";touch pwned",
  "{x,y}",
  "=equal",
  "@at",
  "<in",
  "&and",
];
const HIDDEN = ["red\x1b[31m", "new\nline"];

/** The first character of a name, as a person begins it without a quote and in each kind of one. */
function beginnings(name: string, shell: Completing): string[] {
  const first = [...name][0] ?? "";
  const escaped = (special: RegExp) => (special.test(first) ? `\\${first}` : first);
  const isFish = shell === "fish";
  return [
    escaped(/[^\w\u0080-\u{10ffff}]/u),
    `"${escaped(isFish ? /[$"\\]/ : /[$`"\\]/)}`,
    `'${escaped(isFish ? /[\\]/ : /(?!)/)}`,
  ];
}

describe.each([...COMPLETING])("%s", (shell) => {
  test("completes commands, flags and values", async () => {
    await using scene = await makeScene({ shell });
    const typing = await scene.type();
    for (const [keys, words] of LINES) expect(await typing.words(keys + TAB)).toEqual(words.split(" "));
  });

  test("offers a name that begins with a dash only where it is no flag", async () => {
    await using scene = await makeScene({ shell });
    await scene.repo.git("update-ref", "refs/heads/-x", "HEAD");
    const typing = await scene.type();
    expect(await typing.words(`parallel-cc register --base=-${TAB}`)).toEqual(["register", "--base=-x"]);
    expect(await typing.words(`parallel-cc merge check -- -${TAB}`)).toEqual(["merge", "check", "--", "-x"]);
  });

  test("completes directories where one is expected, and files for a redirection", async () => {
    await using scene = await makeScene({ shell });
    const typing = await scene.type();
    // It takes the slash away again when Enter comes right behind it.
    const slash = shell === "zsh" ? "" : "/";
    for (const [keys, words] of [
      ["status --repo so", ["status", "--repo", `some dir${slash}`]],
      ["status --repo=so", ["status", `--repo=some dir${slash}`]],
      [`status --repo so${TAB}in`, ["status", "--repo", `some dir/inner${slash}`]],
      ["undo --to ~/pro", ["undo", "--to", join(scene.place.home, `projects${slash}`)]],
      ["status >some-", ["status"]],
      ["status --repo some-", ["status", "--repo", "some-"]],
    ] as const) {
      expect(await typing.words(`parallel-cc ${keys}${TAB}`)).toEqual([...words]);
    }
  });

  test("tells what the candidates are, and nothing of a name reaches the terminal but as text", async () => {
    await using scene = await makeScene({ shell });
    const { sessionId } = await scene.register();
    await scene.register(scene.repo.path, "--name", "auth \x1b[41m backend");
    const typing = await scene.type();
    // A first Tab may put in what all ids begin with, and bash lists only where a second one changes nothing.
    const shown = await typing.shown(`parallel-cc release --session-id ${TAB.repeat(3)}`, "auth \\u{1b}[41m backend");
    expect(shown).not.toContain("\x1b[41m");
    expect(Bun.stripANSI(shown).replace(/\s+/g, "")).toContain(sessionId);
  });

  test("says nothing where there is nothing to offer, also without the program", async () => {
    await using scene = await makeScene({ shell });
    const typing = await scene.type({ cwd: scene.place.path });
    const without = shell === "fish" ? "set PATH /usr/bin /bin" : "PATH=/usr/bin:/bin";
    for (const keys of ["merge check ", "worktree remove ", "status --watch=", "no-such "]) {
      expect(await typing.words(`parallel-cc ${keys}${TAB}`)).toEqual(keys.trim().split(" "));
      expect(await typing.shown(`parallel-cc ${keys}${TAB}`)).not.toMatch(/error|fatal|not found|unknown/i);
    }
    await typing.words(`${without}; parallel-cc x`);
    expect(await typing.words(`parallel-cc regis${TAB}`)).toEqual(["regis"]);
    expect(await typing.shown(`parallel-cc regis${TAB}`)).not.toMatch(/error|not found|unknown/i);
  });

  test("makes no data directory", async () => {
    await using scene = await makeScene({ shell });
    const typing = await scene.type();
    await typing.words(`parallel-cc release --session-id ${TAB}${TAB}x`);
    expect(await readdir(scene.place.home)).not.toContain(".parallel-cc");
  });

  test("completes files where the program says so", async () => {
    await using scene = await makeScene({ shell });
    const files = `[ "$1" = complete ] && echo "files A file"; [ "$1" = complete ] || exec '${PROGRAM}' "$@"`;
    const { folder } = await makePrograms(scene.place, { "parallel-cc": { sh: files } });
    const typing = await scene.type({ path: [folder] });
    expect(await typing.words(`parallel-cc x some-${TAB}`)).toEqual(["x", "some-file"]);
    expect(await typing.words(`parallel-cc --x=some-${TAB}`)).toEqual(["--x=some-file"]);
    await Bun.write(join(scene.repo.path, "it's odd"), "");
    expect(await typing.words(`parallel-cc x it${TAB}`)).toEqual(["x", "it's odd"]);
  });
});

test("names are put in exactly, whatever is in them and however they are begun, and nothing of them runs", async () => {
  await using scene = await makeScene({ shell: "bash" });
  await scene.register();
  for (const name of [...ODD, ...HIDDEN]) await scene.adopt(name);
  for (const shell of COMPLETING) {
    const typing = await scene.type({ shell });
    for (const name of ODD) {
      for (const begun of beginnings(name, shell)) {
        const words = await typing.words(`parallel-cc worktree resume ${begun}${TAB}`);
        expect({ shell, begun, words }).toEqual({ shell, begun, words: ["worktree", "resume", name] });
      }
    }
    expect(await typing.shown(`parallel-cc worktree resume ${TAB}${TAB}`, "%s%n")).not.toContain("red");
  }
  const files = await readdir(scene.place.path, { recursive: true });
  expect(files.filter((path) => basename(path) === "pwned")).toEqual([]);
});

describe("claude-parallel", () => {
  const CLAUDE: Readonly<Record<Completing, string>> = {
    bash: `_claude() { COMPREPLY=($(compgen -W "mcp --model $1:$COMP_CWORD:\${COMP_LINE%% *}" -- "$2")); }
complete -F _claude claude`,
    zsh: '_claude() { compadd -- mcp --model "$words[1]:$((CURRENT - 1)):claude" }\ncompdef _claude claude',
    fish: "complete -c claude -a mcp\ncomplete -c claude -l model\ncomplete -c claude -a claude:1:claude",
  };

  test.each([...COMPLETING])("offers what claude's own completions in %s do", async (shell) => {
    await using scene = await makeScene({ shell, after: CLAUDE[shell] });
    const typing = await scene.type();
    expect(await typing.words(`claude-parallel mc${TAB}`)).toEqual(["mcp"]);
    expect(await typing.words(`claude-parallel --mo${TAB}`)).toEqual(["--model"]);
    expect(await typing.words(`claude-parallel cla${TAB}`)).toEqual(["claude:1:claude"]);
    expect(await typing.words(`claude-parallel --no-w${TAB}`)).toEqual(["--no-worktree"]);
    expect(await typing.words(`claude-parallel --base feat${TAB}`)).toEqual(["--base", "feature/login"]);
    expect(await typing.words(`claude-parallel --name mc${TAB}`)).toEqual(["--name", "mc"]);
  });

  test.each([...COMPLETING])("offers files in %s where claude has no completions", async (shell) => {
    await using scene = await makeScene({ shell });
    const typing = await scene.type();
    expect(await typing.words(`claude-parallel some-${TAB}`)).toEqual(["some-file"]);
  });
});

describe("bash", () => {
  const PACKAGE = ". /usr/share/bash-completion/bash_completion";
  const PROFILES = {
    "with the functions of bash-completion": PACKAGE,
    "whatever options its user has": "set -u; shopt -s failglob nullglob nocasematch; IFS=:a",
    "where colons are no breaks": `COMP_WORDBREAKS=$(printf %s "$COMP_WORDBREAKS" | tr -d :)`,
  };

  test.each(Object.entries(PROFILES))("completes %s", async (_, before) => {
    await using scene = await makeScene({ shell: "bash", before });
    await scene.adopt("x:y z");
    const typing = await scene.type();
    for (const [keys, words] of LINES) expect(await typing.words(keys + TAB)).toEqual(words.split(" "));
    for (const begun of ["x", "x:", "x\\:y", "'x:"]) {
      expect(await typing.words(`parallel-cc worktree resume ${begun}${TAB}`)).toEqual(["worktree", "resume", "x:y z"]);
    }
  });

  test("offers for claude-parallel what bash-completion loads for claude when it is asked", async () => {
    await using scene = await makeScene({ shell: "bash", before: PACKAGE });
    const file = join(scene.place.home, ".local/share/bash-completion/completions/claude");
    const words = `_claude() { local cur prev words cword; _init_completion || return
COMPREPLY=($(compgen -W "mcp:$cword:\${words[0]}" -- "$cur")); }
complete -F _claude claude`;
    await Bun.write(file, words);
    const typing = await scene.type();
    expect(await typing.words(`claude-parallel --model opus mc${TAB}`)).toEqual(["--model", "opus", "mcp:3:claude"]);
  });
});

describe("zsh", () => {
  test("without compinit says what is missing, and goes on", async () => {
    await using scene = await makeScene({ shell: "zsh", completions: 'eval "$(parallel-cc completions zsh)" 2>said' });
    const typing = await scene.type();
    expect(await typing.words("parallel-cc status")).toEqual(["status"]);
    expect(await Bun.file(join(scene.repo.path, "said")).text()).toMatch(/^parallel-cc: .*compinit.*\n$/);
  });

  test("takes the script as a file on fpath as well", async () => {
    const completions =
      "parallel-cc completions zsh >~/_parallel-cc; fpath=(~ $fpath); autoload -Uz compinit && compinit -u -D";
    await using scene = await makeScene({ shell: "zsh", completions });
    const typing = await scene.type();
    for (const [keys, words] of LINES) expect(await typing.words(keys + TAB)).toEqual(words.split(" "));
  });
});
