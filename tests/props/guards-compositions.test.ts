// Commands joined, nested and quoted as they come: a guard refuses none of what is harmless, however it is put together,
// and finds what destroys among it.

import { afterAll, beforeAll, describe, test } from "bun:test";
import { type GuardScene, makeGuardScene } from "../support/guards.ts";
import { forAll, type Gen, gen } from "../support/random.ts";

type Words = readonly [string, ...string[]];

/** None of them touches what is another session's, whatever stands before or after it. */
const HARMLESS: Words = [
  "ls -la",
  "cat file-0.txt {beta}/file-0.txt",
  "npm test -- --grep 'rm -rf'",
  "git status --short",
  "git add -A .",
  'git commit -qm "drop the git stash pop; rm -rf {beta}"',
  "git commit -m \"$(cat <<'EOF'\nIt's over: git push -f origin main\n\n(rm -rf {beta})\nEOF\n)\"",
  "git stash push -m 'before (git stash pop)'",
  "git stash list --format='%gd %gs'",
  "git -C {beta} log --oneline -3",
  "git diff main...{beta.branch} --stat",
  "git checkout -b try-it",
  "git push -u origin HEAD",
  "git worktree list",
  "echo 'git reset --hard; git clean -fdx' \"it's $HOME; git stash clear\"",
  'echo "a \\" quote; rm -rf {worktrees}" \\; git\\ stash\\ pop',
  "printf '%s\\n' 'rm -rf {beta}' \"`date`\" $'it\\'s; git stash drop'",
  "rm -rf folder-0/cache ./dist/*",
  'rm -rf {own}/node_modules "{own}/dist"',
  `rm -f "$TMPDIR"/x-$$ \${OUT:-out}/*.log`,
  "npm run build > build.log 2>&1",
  "date >> {own}/log.txt",
  "cat > notes.md <<'EOF'\n`git stash pop` $(rm -rf {beta})\nEOF",
  'cat <<EOF >> notes.md\ncd {beta} && git reset --hard # "$USER"\nEOF',
  "cat <<-END | wc -l\n\tgit branch -D {beta.branch}\n\tEND",
  "ls # git stash pop; rm -rf {beta}",
  "(cd {beta} && git status && ls dist)",
  "(cd folder-0 && rm -rf tmp)",
  "cd {own}",
  "n=$(( (n + 1) << 2 ))",
  '[[ "$n" < 3 && -n "$(git stash list)" ]]',
  "files=(a.txt 'b; git stash pop')",
  "grep -rn 'git stash drop' {beta} --include='*.ts'",
  "find . -name '*.orig' -exec rm -f {} +",
  "diff <(sort file-0.txt) <(sort {beta}/file-0.txt)",
  "sed -n '1,3p' <<< 'git worktree remove --force {beta}'",
  "git reset --hard HEAD",
  "git clean -fdq",
  "{ [ -d {beta} ] || rm -rf {beta}; }",
  "{ git diff --quiet || { git stash; STASHED=1; }; }",
  "for d in {worktrees}/*; do (cd $d; [ -f stale ] && git reset --hard); done",
  'for d in {own} {beta}; do [ "$d" = {beta} ] && continue; git -C "$d" clean -fd; done',
  'for n in 1 2; do [ "$n" = 3 ] && git -C {beta} reset --hard; done',
  "find {beta} -name '*.pyc' -delete",
  '{ W={beta}; ((W=3)); rm -rf "$W"; }',
  'step_out() { [ -n "$1" ] && return; rm -rf "$1"; }',
];

/** They destroy what is beta's, wherever the shell stands. */
const HARMFUL: Words = [
  "rm -rf {beta}",
  "git -C {beta} reset --hard",
  "git -C {own} branch -D {beta.branch}",
  "git --git-dir={lead}/.git worktree remove --force '{beta}'",
  "git -C {lead} push --force origin {beta.branch}",
  "mv {beta} {place}/away",
];

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const WRAPS = {
  none: (inner: string) => inner,
  subshell: (inner: string) => `( ${inner}\n)`,
  group: (inner: string) => `{ ${inner}\n} 2>&1 | tail -5`,
  if: (inner: string) => `if ! git diff --quiet; then\n  ${inner}\nelse\n  true\nfi`,
  for: (inner: string) => `for i in 1 "2 3" *.txt; do ${inner}\ndone`,
  while: (inner: string) => `while read -r line; do\n${inner}\ndone < file-0.txt`,
  case: (inner: string) => `case "$1" in\n  a|b) ${inner}\n  ;;\n  *) ;;\nesac`,
  substitution: (inner: string) => `out="$( ${inner}\n)"`,
  function: (inner: string) => `{ step() {\n${inner}\n}\nstep one; }`,
  shell: (inner: string) => `bash -c ${quote(inner)}`,
  prefixed: (inner: string) => `timeout 60 env CI=1 bash -euo pipefail -c ${quote(inner)} &> {own}/out.log`,
};
type Wrap = keyof typeof WRAPS;

interface Part {
  command: string;
  wrap: Wrap;
  joint: string;
  /** What follows stands in the wrap as well. */
  isDeep: boolean;
}

const JOINTS = ["; ", " && ", " | ", "\n", "\n\n# it's next\n", " &\n", " && \\\n  "] as const;

const parts = (commands: Words, joints: Words = JOINTS): Gen<Part> => {
  return gen.record({
    command: gen.pick(...commands),
    wrap: gen.pick<Wrap>(
      ...(["none", "none", "subshell", "group", "if", "for", "while", "case"] as const),
      ...(["substitution", "function", "shell", "prefixed"] as const),
    ),
    joint: gen.pick(...joints),
    isDeep: gen.pick(false, true),
  });
};

/** A here-document and a comment end with their line. */
const joined = (text: string, joint: string): string => `${text}${/\n\t?(EOF|END)$|# git/.test(text) ? "\n" : joint}`;

const script = ([part, ...others]: readonly Part[]): string => {
  if (part === undefined) return "true";
  const { command, joint, isDeep } = part;
  const wrapped = WRAPS[part.wrap];
  if (others.length === 0) return wrapped(command);
  const next = script(others);
  return isDeep ? wrapped(joined(command, joint) + next) : joined(wrapped(command), joint) + next;
};

let scene: GuardScene;

beforeAll(async () => {
  scene = await makeGuardScene();
});

afterAll(() => scene[Symbol.asyncDispose]());

describe("commands in any composition", () => {
  test("harmless ones are never refused", async () => {
    const compositions = gen.list(parts(HARMLESS, [...JOINTS, " || "]), 7);
    await forAll("harmless", compositions, async (made) => (await scene.judge(script(made))) === undefined, {
      runs: 200,
      seed: 20260,
    });
  });

  test("one that destroys is refused among harmless ones", async () => {
    const compositions = gen.record({
      before: gen.list(parts(HARMLESS), 1),
      harm: parts(HARMFUL),
      after: gen.list(parts(HARMLESS), 3),
    });
    const isRefused = async ({ before, harm, after }: { before: Part[]; harm: Part; after: Part[] }) => {
      return (await scene.judge(script([...before, harm, ...after])))?.isRefused === true;
    };
    await forAll("destroying", compositions, isRefused, { runs: 200, seed: 40280 });
  });
});
