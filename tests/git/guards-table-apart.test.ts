// Commands as agents type them, and whether they are refused: expected by somebody who had not read the guards' parser,
// by what a command does to the scene of tests/support/guards.ts. Add rows freely; `tests/git/guards-table.test.ts` has
// the first ones. What the guards do not see is in MISSES, and in `help guards`.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { TOPICS } from "../../src/cli/topics.ts";
import { type GuardScene, makeGuardScene, type Where, type Who } from "../support/guards.ts";

type Verdict = "refused" | "runs";

interface Asked {
  /** Who runs it (own). */
  as?: Who | undefined;
  /** Where its shell stands (its own checkout). */
  where?: Where | undefined;
}

type Row = readonly [command: string, verdict: Verdict, asked: Asked];

const refused = (command: string, asked: Asked = {}): Row => [command, "refused", asked];
const runs = (command: string, asked: Asked = {}): Row => [command, "runs", asked];

const ROWS: readonly Row[] = [
  // Text that only looks like a command.
  runs(
    "git commit -m \"$(cat <<'EOF'\nfix: never git stash pop\n\nIt's what `rm -rf {beta}` did; git reset --hard\nEOF\n)\"",
  ),
  runs("cat > notes.md <<'EOF'\ngit stash drop; $(rm -rf {beta})\nit's \"half quoted\nEOF\ngit add notes.md"),
  runs("cat <<-'END' > run.sh\n\tcd {beta} && git reset --hard\n\tEND\nchmod +x run.sh"),
  runs("cat <<A <<'B' && ls\ngit stash pop\nA\n`git stash pop`\nB"),
  runs(
    "gh pr create --title 'guards' --body \"$(cat <<'EOF'\n## No more\n- git push --force origin main (don't)\nEOF\n)\"",
  ),
  runs("python3 - <<'PY'\nprint('''git stash clear; rm -rf {beta}''')\nPY"),
  runs("grep -q 'stash pop' <<< \"git stash pop; rm -rf {beta}\" && echo found"),
  runs("sed -i 's/git stash pop/git stash apply/g; s#rm -rf {beta}##' README.md"),
  runs("echo 'it'\\''s done; git stash pop'"),
  runs('echo "say \\"; git stash pop; \\""'),
  runs('echo "\\$(git stash pop)" "\\`git stash drop\\`" \'$(rm -rf {beta})\''),
  runs("ls # then git stash pop; rm -rf {beta}\n# git reset --hard\npwd"),
  runs('cmd="git stash clear"; echo "$cmd"; export LAST="rm -rf {beta}"'),
  runs("git log --grep='git stash drop' --oneline | head -5; git grep -n 'reset --hard' {beta.branch}"),
  runs('git log --format=%h | while read -r h; do echo "git stash drop $h; rm -rf {beta}"; done'),
  runs("git stash pop --help; git help stash; man git-worktree; which rm git"),
  runs("jq -n --arg c 'rm -rf {beta}' '{c: $c}' > c.json && awk '/git stash drop/ { print $1 }' notes.md"),
  runs("docker exec app git stash pop; kubectl exec pod -- rm -rf {beta}"),
  runs("drop_it() { git stash drop; }; type drop_it"),
  runs("ssh host bash <<'EOF'\nrm -rf {beta}\nEOF\nbash setup.sh <<'EOF'\nrm -rf {beta}\nEOF"),
  runs(": <<'NOTE'\nrm -rf {beta}\ngit stash pop\nNOTE\ngit commit -F - <<'EOF'\ngit stash clear\nEOF"),
  refused("cat <<EOF\n$(git stash pop)\nEOF"),
  refused("cat > a.txt <<'EOF'\nfine\nEOF\ngit stash pop"),
  refused("bash <<'EOF'\ncd {beta}\ngit reset --hard\nEOF"),
  refused('echo "$(echo "$(git stash drop)")"'),
  refused("echo \"it's\"; echo '\\'; echo a#b; git stash pop"),

  // The same in other words.
  refused("git --no-pager stash pop 2>&1 | tail -5"),
  refused("\\git stash pop || true"),
  refused("command git stash drop && echo ok"),
  refused("/usr/bin/git -c user.name=x -c color.ui=never stash clear &> /dev/null"),
  refused("GIT_PAGER=cat LC_ALL=C git stash pop --quiet &\nwait"),
  refused("git \"stash\" 'pop'"),
  refused("git stash \\\n  pop \\\n  --index"),
  refused("set -euo pipefail\nif ! git stash pop; then\n  echo failed >&2\nfi"),
  refused("[[ -n $(git stash list) ]] && { time git stash pop; } 2>/dev/null"),
  refused("shift=$((1 << 2)); (( shift > 3 )) && echo big\nrm -rf {beta}"),
  refused("case $(uname) in\n  Darwin|Linux) rm -rf {beta} ;;\n  *) echo other ;;\nesac"),
  refused("wipe() {\n  local where=$1\n  rm -rf {beta}\n}\nwipe now"),
  refused("sudo -n -u root -- rm -rf {beta}"),
  refused("timeout -k 5 30s nice -n 10 rm -r -- {beta}"),
  refused("nohup /bin/rm -rf {beta} > /dev/null 2>&1 &"),
  refused('eval "git stash pop"'),
  refused("bash -euo pipefail -c \"sh -c 'cd {beta} && git checkout .'\""),
  refused("trap 'rm -rf {beta}' EXIT; npm test"),

  // The stash: {0} is beta's, {1} own's, {2} lead's, {3} of a session that is over.
  runs("git stash push -u -m wip && git rebase main && git stash pop"),
  runs("git stash -u\nnpm test\ngit stash pop 2>&1 | tail -3"),
  runs('git stash save "before"; git checkout -b try; git stash pop || git stash drop'),
  runs("git stash apply stash@{1} && git stash drop -q 'stash@{1}'"),
  runs("git stash push --keep-index && git stash drop stash@{2}"),
  runs("git stash show -p stash@{0} | git apply --3way; git stash list --format='%gd %s' | grep pop"),
  runs("git stash branch mine stash@{1}; git -C {beta} stash list"),
  runs("(git stash -q) && bash -c 'git stash pop'; timeout 9 git stash && git stash pop"),
  runs('if [ -n "$(git status -s)" ]; then git stash push; fi; git pull --rebase; git stash pop'),
  runs("git stash drop 3; git stash drop 1"),
  refused("git stash list && git stash apply && git stash drop"),
  refused("git stash drop stash@{1} && git stash drop stash@{1}"),
  refused("for i in {0..2}; do git stash drop; done"),
  refused('for i in 2 1 0; do git stash drop "stash@{$i}" ; done'),
  refused("git reflog expire --expire=now --all"),
  refused("git -C {beta} stash pop"),

  // Where a command stands.
  runs("cd {beta}; git status -sb; cd {own}; git reset --hard"),
  runs("cd {beta} && git log -3 && cd - > /dev/null && git clean -xfd"),
  runs("(cd {beta} && git fetch) && git checkout -f && git clean -fd"),
  runs("cd {own} && git reset --hard && rm -rf dist", { where: "beta" }),
  runs("git -C {own} checkout -- . && git -C {own} clean -dfx", { where: "beta" }),
  runs("cd {place}/no/such/place && git reset --hard", { where: "beta" }),
  runs('T=$(mktemp -d) && cd "$T" && git init -q && rm -rf ./* && git stash clear', { where: "beta" }),
  runs(
    "git clone -q {lead} {place}/outside/new && cd {place}/outside/new && git reset --hard HEAD~1 && git branch -D main",
  ),
  runs("cd {place}/outside/link-to-beta/.. && rm -rf *"),
  runs("pushd {lead}; git diff > {own}/lead.patch; popd; git apply lead.patch; git checkout ."),
  runs("git -C {beta} add -A && git -C {beta} commit -qm 'wip of {beta.name}'"),
  runs("git reset --hard $(git -C {beta} rev-parse HEAD) && git --git-dir={beta}/.git log -1"),
  runs('for d in {worktrees}/*/; do echo "== $d"; git -C "$d" status -s; git -C "$d" clean -ndx; done'),
  runs("git pull --rebase --autostash; GIT_EDITOR=true git rebase --continue || git rebase --abort"),
  runs("git submodule foreach --recursive 'git reset --hard && git clean -xfd'"),
  runs("OLD=$PWD; cd {beta}; git log -1; cd $OLD && git reset --hard; W={beta}; W=dist; rm -rf $W"),
  runs("git -C {beta} archive HEAD | tar -x -C {own}; git -C {beta} checkout-index -a --prefix={own}/out/"),
  runs("git worktree add ../tmp-x HEAD && cd ../tmp-x && npm ci; cd - && git worktree remove --force ../tmp-x"),
  runs("diff <(git -C {beta} show HEAD:file-0.txt) <(cat file-0.txt) > d.txt || true"),
  refused("cd {beta} 2>/dev/null || exit 1\ngit reset -q --hard @~"),
  refused("if cd {beta}; then git restore --staged --worktree .; fi"),
  refused("git -C {worktrees} -C {beta.name} clean -d -f"),
  refused("cd {lead}/folder-0 && git reset --hard HEAD"),
  refused(`W="{beta}" && cd "\${W}/folder-0/.." && (git checkout HEAD -- .)`),
  refused("cd -- {worktrees} && cd {beta.name} && rm -rf ./dist"),
  refused('for d in {worktrees}/*; do [ "$d" = "{own}" ] || rm -rf "$d"; done'),
  refused('for d in {worktrees}/parallel-*; do (cd "$d" && git reset --hard && git clean -fdx); done'),
  refused("git -C {beta} rebase --abort 2>&1"),
  refused("git -C {beta} checkout -f && echo done"),
  refused("git -C {beta} rm -rq folder-0"),
  refused("env -C {beta} CI=1 git reset --hard; npm test"),
  refused("export GIT_DIR={lead}/.git && git branch -D {beta.branch}"),

  // Branches.
  runs("git branch -D -r origin/{beta.branch}; git fetch --prune --all --tags"),
  runs("git checkout {beta.branch} -- file-0.txt; git restore --source={beta.branch} ."),
  runs("git reset --hard {beta.branch} && git merge main && git cherry-pick {beta.branch}"),
  runs("git branch -f backup/{beta.branch} {beta.branch}; git tag -f keep {beta.branch}"),
  runs("git commit --amend --no-edit && git push --force-with-lease --force-if-includes -u origin HEAD"),
  runs("git push --force origin {beta.branch}:refs/heads/review/{beta.branch}"),
  runs("git push -nf origin HEAD:main; git push --dry-run --delete origin {beta.branch}"),
  runs("git push origin HEAD:refs/heads/{beta.branch}"),
  runs("git push -f origin main && git push --force", { as: "lead" }),
  runs("git branch -M main && git push -u origin main", { as: "lead" }),
  runs("cd {place}/outside/clone && git branch -M main && git branch -D {beta.branch} && git push -f origin main"),
  runs("git checkout -B {own.branch} origin/main; git switch -C fresh; git update-ref refs/heads/mark main"),
  runs("git push origin :refs/tags/main; git push origin --delete {beta.branch}-old"),
  runs("for b in $(git branch --merged main --format='%(refname:short)'); do git branch -D \"$b\"; done"),
  runs("git filter-branch -f --tree-filter 'rm -f secret.txt' HEAD"),
  refused("git branch -D old {beta.branch}"),
  refused("git branch --del --forc -- {beta.branch}"),
  refused("git branch -M main && git push -u origin main"),
  refused("git checkout -B main origin/main"),
  refused("git switch -C main"),
  refused("git update-ref -d refs/heads/{beta.branch} || true"),
  refused("git --git-dir={lead}/.git branch -df {beta.branch}", { where: "outside" }),
  refused("git push -uf origin main"),
  refused("git push origin +HEAD:refs/heads/main --no-verify"),
  refused("git push -d origin old {beta.branch}"),
  refused("git push origin :refs/heads/{beta.branch}"),
  refused("git push --force-with-lease origin HEAD:{beta.branch}"),
  refused("git fetch origin && git push -f origin {own.branch}", { as: "lead" }),
  refused("git worktree add -B {beta.branch} ../again"),

  // Worktrees.
  runs("git worktree prune -n; git worktree prune --dry-run -v; git worktree list --porcelain"),
  runs("git worktree remove ../gone --force; git worktree lock {beta}; git worktree repair"),
  runs("git worktree remove --force {over} && git branch -D {over.branch} && git worktree prune"),
  runs("git gc --auto; git gc --aggressive --quiet; git repack -ad; git remote prune origin"),
  refused("git worktree remove ../{beta.name} --force"),
  refused("git -C {lead} worktree remove -f -f {over} && git -C {lead} worktree remove -ff {beta}", {
    where: "outside",
  }),
  refused("cd {lead} && git worktree remove --force {own}; git branch -D {own.branch}", {
    as: "lead",
    where: "outside",
  }),
  refused("rm -rf {lead}/.git/worktrees/{beta.name} && git worktree prune"),

  // Files.
  runs("rm -rf node_modules dist/ .cache *.log && rm -rf ./* .[!.]*"),
  runs("rm -rf node_modules dist ./*; git checkout .", { as: "lead" }),
  runs('rm -rf "{worktrees}/parallel-*" "{beta} old" ./{beta.name}'),
  runs("rm -rf ../{own.name}/dist {own}/../{own.name}/node_modules && cd .. && rm -rf {own.name}"),
  runs("rm -rf {place}/outside/link-to-beta; unlink {place}/outside/link-to-beta; rmdir {beta}"),
  runs(`rm -rf "\${BUILD:-build}" "$TMPDIR"/x "\${TMPDIR:?}"/* $(cat list.txt)`),
  runs(`files=(a.txt "b c.txt"); for f in "\${files[@]}"; do rm -f -- "$f"; done`),
  runs('while IFS= read -r f; do rm -rf "$f"; done < <(git ls-files -o --exclude-standard)'),
  runs("find . -type f -not -path './.git/*' -name '*.orig' -delete; find . -type d -empty -delete", { as: "lead" }),
  runs("find . -path ./.git -prune -o -type f -name '*.tmp' -exec rm -f {} \\;", { as: "lead" }),
  runs("find {worktrees} -maxdepth 1 -name 'parallel-*' -mtime +30 -exec rm -rf {} +"),
  runs("find {beta} -type f -name '*.txt' -exec grep -l TODO {} + | xargs -r wc -l"),
  runs("rsync -a --delete {beta}/ copy/ && rsync -an --delete ./ {beta}/"),
  runs("cp file-0.txt {beta}/never-there.txt; echo hello > {beta}/also-new.txt"),
  runs("cp -R {beta}/. ./ && mv dist {place}/outside/dist && ln -sfn {lead}/node_modules node_modules"),
  runs("cat < {beta}/file-0.txt > file-0.txt 2>&1; tar -C {beta} -czf beta.tgz . ; dd if={beta}/file-0.txt of=x"),
  runs("npm --prefix {beta} test &> test.log; make -C {beta} clean; npx rimraf dist"),
  runs("echo gone > {over}/file-0.txt && mv {over} {place}/outside/"),
  runs("rm -f {lead}/.git/index.lock; find {lead}/.git -name '*.lock' -delete"),
  refused("rm -rf ../*"),
  refused("cd .. && rm -rf *"),
  refused("rm -rf -- */", { where: "worktrees" }),
  refused("rm -rf dist {over} \\\n  {beta} || true"),
  refused("rm -rf \"{worktrees}\"/'{beta.name}' $'{beta}/dist'"),
  refused("rm -rf {beta}/{dist,build}"),
  refused("rm -rf {place}/outside/link-to-beta/../{beta.name}"),
  refused("rm -rf /* 2>/dev/null"),
  refused("rm -rf .git && git init", { as: "lead" }),
  refused("ls && ! sudo bash <<'EOF'\nrm -rf {lead}/.git/objects\nEOF"),
  refused("cd {beta}\n\n# don't keep it\ngit checkout file-0.txt\n"),
  refused("find {beta} -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf {} +"),
  refused("find . -mindepth 1 -delete", { as: "lead" }),
  refused(`D={beta}; [ -d "$D" ] && rm -rf "\${D:?}"/dist`),
  refused("mv -f {beta} /tmp && ls"),
  refused("mv {beta}/file-0.txt ."),
  refused("cp -f file-0.txt {beta}/"),
  refused("echo x >| {lead}/file-0.txt"),
  refused("npm test &> {beta}/file-0.txt"),
  refused(": > {beta}/file-0.txt; echo ok"),
  refused("printf 'x\\n' | sudo tee {beta}/file-0.txt > /dev/null"),
  refused("truncate -s 0 {beta}/file-0.txt"),
  refused("rsync -a --delete-after dist/ {beta}/dist/"),
  refused("echo 0000 > {lead}/.git/refs/heads/main"),
];

/** They destroy, and a guard does not see it: by what `help guards` says of them. */
const MISSES: Readonly<Record<string, readonly string[]>> = {
  "what is not known before it runs": [
    'for e in $(git stash list --format=%gd | tac); do git stash drop "$e"; done',
    "git worktree list | awk '{ print $1 }' | while read -r w; do rm -rf \"$w\"; done",
    'rm -rf "$(git rev-parse --git-common-dir)"',
  ],
  "| xargs": [
    "git stash list | cut -d: -f1 | xargs -n1 git stash drop",
    "git worktree list --porcelain | sed -n 's/^worktree //p' | tail -n +2 | xargs -n1 git worktree remove --force",
    "ls -d {worktrees}/parallel-* | xargs rm -rf",
    "xargs -n1 git stash drop <<< 'stash@{0}'",
    "echo {beta} | xargs rm -rf",
  ],
  "`git update-ref --stdin`": [
    "git for-each-ref --format='delete %(refname)' refs/heads | git update-ref --stdin",
    "git update-ref --stdin <<'EOF'\ndelete refs/heads/{beta.branch}\nEOF",
  ],
  arrays: [`old=(dist "{beta}"); rm -rf "\${old[@]}"`],
  "under a condition": ['for d in {worktrees}/*; do git -C "$d" diff --quiet && rm -rf "$d"; done'],
  "scripts and other languages": [
    "echo 'git stash pop' > next.sh && bash next.sh",
    "python3 -c \"import shutil; shutil.rmtree('{beta}')\"",
    "node -e \"require('fs').rmSync('{beta}', { recursive: true })\"",
    "npx -y rimraf {beta}",
  ],
  "the number of a stash entry behind a `git stash`": [
    "git stash push -m one && git stash pop && git stash drop",
    "git stash && git stash drop stash@{1}",
  ],
  "a `find` from above that chooses by name": ["find {worktrees} -type d -name dist -prune -exec rm -rf {} +"],
  "by more than name, path, type and depth": ["find {beta} -type f -mtime -1 -delete"],
  "a `[ … ]` or `grep -q` that names it": ["grep -q {beta} gone.txt && rm -rf {beta}"],
  "that the same line makes true": ["touch ready; [ -f ready ] || exit 1; rm -rf {beta}"],
  [`\`rm -rf "\${x:-…}"\``]: [`rm -rf "\${UNSET:-{beta}}"`],
  "`find -exec` (but `rm {}`)": [
    "find . -maxdepth 0 -exec git stash clear \\;",
    "find . -maxdepth 0 -exec rm -rf {beta} \\;",
  ],
  "`script -c`": ["script -c 'git stash clear' /dev/null"],
};

let scene: GuardScene;

beforeAll(async () => {
  scene = await makeGuardScene();
});

afterAll(() => scene[Symbol.asyncDispose]());

const verdictOn = async (command: string, asked: Asked = {}): Promise<Verdict | "warned"> => {
  const judged = await scene.judge(command, asked);
  if (judged === undefined) return "runs";
  return judged.isRefused ? "refused" : "warned";
};

describe("a command as agents type it", () => {
  test.each(ROWS)("%j %s", async (command, verdict, asked) => {
    expect(await verdictOn(command, asked)).toBe(verdict);
  });
});

describe("a command beyond what a guard reads", () => {
  const misses = Object.entries(MISSES).flatMap(([kind, commands]) => commands.map((one) => [one, kind] as const));

  test.each(misses)("%j runs, and help says: %s", async (command, kind) => {
    expect(await verdictOn(command)).toBe("runs");
    const [, unseen] = (TOPICS["guards"] ?? "").replace(/\s+/g, " ").split("Not seen");
    expect(unseen).toContain(kind);
  });
});
