// Commands, and whether they are refused: with three sessions at work (see tests/support/guards.ts for who is where). Each
// is one row; add rows freely. `{own}`, `{lead}`, `{beta}`, `{over}` are their checkouts, `{beta.branch}` a branch.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type GuardScene, makeGuardScene, type Where, type Who } from "../support/guards.ts";

interface Row {
  command: string;
  verdict: "refused" | "runs";
  /** Who runs it (own). */
  as?: Who | undefined;
  /** Where its shell stands (its own checkout). */
  where?: Where | undefined;
}

const refused = (command: string, more: Omit<Row, "command" | "verdict"> = {}): Row => {
  return { command, verdict: "refused", ...more };
};
const runs = (command: string, more: Omit<Row, "command" | "verdict"> = {}): Row => {
  return { command, verdict: "runs", ...more };
};

const ROWS: readonly Row[] = [
  // The stash: {0} is beta's, {1} own's, {2} lead's, {3} of a session that is over.
  refused("git stash pop"),
  refused("git stash drop stash@{2}"),
  refused("npm test; git stash clear"),
  refused("git stash branch rescue"),
  refused("git reflog delete stash@{0}"),
  refused("git reflog expire --expire=now refs/stash"),
  refused("git update-ref -d refs/stash"),
  refused("(cd {lead} && git stash pop)"),
  refused("timeout 30 env FOO=1 git -c core.pager=cat stash pop --index"),
  refused("bash -lc 'git stash pop'"),
  refused("git stash drop stash@{1}; git stash drop stash@{1}"),
  refused("git stash drop 1 && npm test && git stash drop"),
  runs("git stash pop stash@{1}"),
  runs("git stash drop stash@{1} && git stash drop stash@{2}"),
  runs("git stash; git stash drop"),
  runs("git stash drop 3"),
  runs("git stash apply"),
  runs("git stash && npm test && git stash pop"),
  runs("git stash push -m wip -- file-0.txt"),
  runs('git stash drop "$entry"'),
  runs("git stash list; git stash show -p stash@{0}"),
  runs("cd {place}/outside/clone && git stash clear"),
  runs("git commit -m 'git stash pop; rm -rf {beta}'"),
  runs("git stash pop", { as: "lead", where: "outside" }),
  refused("git stash pop stash@{1}", { as: "lead" }),
  runs("git stash pop stash@{2}", { as: "lead" }),

  // Another's checkout.
  refused("git -C {beta} reset --hard"),
  refused("cd {beta} && git clean -fdx"),
  refused("cd ../{beta.name} && git checkout -- ."),
  refused("pushd {lead} > /dev/null; git restore ."),
  refused("git -C {beta} checkout file-0.txt"),
  refused("git -C {beta} switch --discard-changes main"),
  refused("git -C {beta} rebase main"),
  refused("git -C {beta} stash"),
  refused("git -C {beta} merge --abort"),
  refused("GIT_WORK_TREE={beta} GIT_DIR={beta}/.git git reset --hard"),
  refused("git --git-dir={lead}/.git --work-tree={lead} checkout -f"),
  refused("git reset --hard", { where: "beta" }),
  refused("git clean -fd", { where: "lead" }),
  refused("cd {place}/outside/link-to-beta && git reset --hard"),
  refused("git -C {beta} reset HEAD~1"),
  refused("git -C {beta} rm file-0.txt"),
  refused("git -C {lead} pull --rebase origin main"),
  refused('cd "$(git rev-parse --show-toplevel)" && git reset --merge', { where: "beta" }),
  runs("git reset --hard origin/main && git clean -fdx"),
  runs("git checkout -- . ; git restore --staged ."),
  runs("git -C {beta} status && git -C {beta} diff && git -C {beta} log --oneline"),
  runs("git -C {beta} checkout -b topic"),
  runs("git -C {beta} clean -n"),
  runs("git -C {over} reset --hard"),
  runs('cd "$DIR" && git reset --hard', { where: "beta" }),
  runs("cd {beta} && cd - && git reset --hard"),
  runs("(cd {beta}; git status); git reset --hard"),
  runs("mkdir t && cd t && git init && git reset --hard", { where: "beta" }),

  // Branches.
  refused("git branch -D {beta.branch}"),
  refused("git branch -f main HEAD~1"),
  refused("git branch -m {beta.branch} mine"),
  refused("git update-ref refs/heads/main HEAD"),
  refused("git checkout -B {beta.branch}"),
  refused("git push --force origin HEAD:main"),
  refused("git push origin +{beta.branch}"),
  refused("git push origin --delete {beta.branch}"),
  refused("git push origin :{beta.branch}"),
  refused("git fetch -f . HEAD:main"),
  refused("for b in one {beta.branch}; do git branch -D $b; done"),
  refused("git push --mirror origin"),
  refused("git push --force", { where: "beta" }),
  refused("git rebase main {beta.branch}"),
  refused("git branch -M main"),
  refused("git worktree add -B {beta.branch} ../again"),
  refused("git fetch origin +topic:{beta.branch}"),
  runs("git fetch origin main:main && git fetch --all --prune"),
  runs("git push --force-with-lease origin {own.branch}"),
  runs("git push --force"),
  runs('for b in one {beta.branch}; do [ "$b" = {beta.branch} ] && continue; git branch -D "$b"; done'),
  runs("git push origin HEAD:main"),
  runs("git branch -D {over.branch}; git branch -d feature/{beta.branch}"),
  runs("git branch --list '{beta.branch}'; git log {beta.branch}..HEAD"),
  runs("git rebase main && git merge {beta.branch}"),
  runs("git push -f deploy main"),
  runs('git branch --merged | grep -v main | xargs git branch -d; git branch -D "$b"'),

  // Worktrees.
  refused("git worktree remove {beta}"),
  refused("git worktree remove --force {beta.name}"),
  refused("git worktree move {beta} {place}/elsewhere", { as: "lead" }),
  refused("git reflog expire --expire=now --all && git gc --prune=now"),
  runs("git worktree remove --force {over}"),
  runs("git worktree prune -v && git gc --prune=now"),
  runs("git worktree add ../more -b more && cd ../more && git reset --hard"),

  // Files.
  refused("rm -rf {beta}"),
  refused("rm -fr ../{beta.name}/dist"),
  refused("rm -rf {worktrees}"),
  refused("rm -rf {worktrees}/*"),
  refused("rm -rf ../parallel-{b,x}*"),
  refused("rm -rf {lead}/.git"),
  refused("cd {lead} && rm --recursive .git/refs"),
  refused("sudo rm -rf {place}/repo"),
  refused("mv {beta} {place}/aside"),
  refused("find {worktrees} -mindepth 1 -delete"),
  refused("find {beta} -name '*.txt' -exec rm {} +"),
  refused("rsync -a --delete ./ {beta}/"),
  refused("cat > {beta}/file-0.txt <<'EOF'\nmine\nEOF"),
  refused("truncate -s 0 {beta}/file-0.txt"),
  refused("shred -u {beta}/file-0.txt"),
  refused("unlink {beta}/file-0.txt"),
  refused("echo mine | tee {beta}/file-0.txt"),
  refused("find {worktrees} -maxdepth 2 -type f -delete"),
  runs("find {worktrees} -maxdepth 1 -type f -delete; echo mine | tee -a {beta}/file-0.txt"),
  refused("dd if=/dev/zero of={beta}/file-0.txt count=1"),
  refused('W={beta}\nif [ -d $W ]; then rm -rf "$W"; fi'),
  refused("trap 'rm -rf {beta}/dist' EXIT; npm test"),
  refused('for d in ../parallel-*; do (cd "$d" && git checkout . && rm -rf dist); done'),
  refused("cp src/file-0.txt {beta}/ ; mv other.txt {beta}/file-0.txt"),
  refused("rm -rf {lead}", { as: "lead" }),
  runs("rm -rf node_modules dist && rm -rf ./*"),
  runs("rm -rf {own}"),
  runs("rm -rf {over}"),
  runs("rm -f {lead}/.git/index.lock {lead}/.git/worktrees/{own.name}/index.lock"),
  runs("rm -rf {beta}-old {beta}/no-such-file"),
  runs("rm {beta}"),
  runs('rm -rf "$TMPDIR"/x {worktrees}/$name'),
  runs("find . -name '*.pyc' -delete; find .. -name node_modules -prune -exec rm -rf {} +"),
  runs("cp -n file-0.txt {beta}/; cp new.txt {beta}/new.txt; cp -r {lead} copy"),
  runs("cp -r {beta}/dist . && cat {beta}/file-0.txt > copy.txt"),
  runs("echo 'rm -rf {beta}' >> notes.md; grep -r 'git stash pop' {beta}"),
  runs("cat <<EOF > script.sh\nrm -rf {beta}\ngit stash pop\nEOF"),
  runs("ssh host 'rm -rf {beta}' # git stash clear"),
  runs("docker run --rm -v {beta}:/w alpine rm -rf /w/dist"),

  // What was stashed, or dropped, only on one of several ways; and where.
  runs('git diff --quiet || { git stash; STASHED=1; }; git pull --rebase; [ -n "$STASHED" ] && git stash pop'),
  runs("git diff --quiet || { git stash push -u; echo stashed; }; git pull --rebase; git stash pop"),
  runs('[ -z "$(git status -s)" ] || { git stash -q; true; }; npm test; git stash pop -q'),
  runs("for i in 1 2; do git diff --quiet || { git stash; break; }; done; git stash pop"),
  runs("git -C {place}/outside/clone stash drop; git stash drop stash@{1}"),
  runs("(cd {place}/outside/clone && git stash drop); git stash drop stash@{1}"),
  runs("git stash drop stash@{1} || git stash drop stash@{1}"),
  runs("if ! git stash drop stash@{1}; then git stash drop stash@{1}; fi"),
  runs("trap 'cd {own} && git stash pop' EXIT\ngit stash\nnpm test"),
  refused("git stash drop stash@{1} && { npm test || true; } && git stash drop stash@{1}"),

  // Under a condition.
  runs("for d in {worktrees}/*; do cd $d; [ -f stale ] && git reset --hard; cd ..; done"),
  runs("for d in {worktrees}/*; do (cd $d; [ -f stale ] && rm -rf dist); done"),
  runs(
    "for d in {worktrees}/*; do cd $d; if [ $(git branch --show-current) = {own.branch} ]; then git reset --hard; fi; done",
  ),
  runs("for d in {worktrees}/*; do pushd $d; [ -f stale ] && git clean -fd; popd; done"),
  runs("for d in {worktrees}/*; do n=$d; [ $n = {own} ] && rm -rf $n/dist; done"),
  runs("for d in {worktrees}/*; do n=$d; if test $n = {own}; then git -C $n reset --hard; fi; done"),
  runs('for d in {worktrees}/*; do bash -c "[ -f $d/x ] && rm -rf $d"; done'),
  runs("set -e; for d in {worktrees}/*; do test -f $d/stale; rm -rf $d; done"),
  runs('for d in {worktrees}/*; do grep -qx "$d" keep.txt || git worktree remove --force "$d"; done'),
  runs('for d in {own} {beta}; do [ "$d" = {beta} ] && break; git -C "$d" reset --hard; done'),
  runs('for n in 1 2; do [ "$n" = 3 ] && git -C {beta} reset --hard; done'),
  runs('cd {beta}; [ "$PWD" = {own} ] && git reset --hard'),
  runs("d={beta}; if [ $d != {beta} ]; then rm -rf $d; fi"),
  runs("[ -d {beta} ] || rm -rf {beta}"),
  runs("[[ -f {beta}/stale && ! -d {beta}/src ]] && rm -rf {beta}"),
  runs("if grep -q {beta.branch} merged.txt; then git branch -D {beta.branch}; fi"),
  runs("[ -f {own}/no-such ] || exit 1; rm -rf {beta}"),
  runs('for i in a b; do for n in 1 2; do [ "$n" = 3 ] && git -C {beta} reset --hard; done && npm test; done'),
  runs('for d in {own} {beta}; do for n in 1; do [ "$d" = {beta} ] && continue 2; done; git -C $d reset --hard; done'),
  runs("cd {beta}; for a in 1; do npm test && { cd {own}; break; }; for b in 1; do ls; done; done; git reset --hard"),
  refused('each() { [ "$1" = -n ] && return; for d in {own} {beta}; do git -C $d reset --hard; done; }; each now'),
  refused("for n in 1 2; do npm test && git -C {beta} reset --hard; done"),
  refused('for d in {worktrees}/*; do [ "$d" = {own} ] && continue; rm -rf "$d"; done'),
  refused('for d in {worktrees}/*; do [ -d "$d/dist" ] && rm -rf "$d/dist"; done'),
  refused('[ "$1" = --all ] && rm -rf {beta}'),
  refused("if npm test; then for d in {own} {beta}; do git -C $d reset --hard; done; fi"),

  // Where a loop has led.
  runs('for d in {worktrees}/*; do cd "$d"; git status -s; done; git reset --hard'),
  runs("cd {beta}; for d in a b; do npm test && { cd {own}; break; }; done; git reset --hard"),
  refused('for d in {worktrees}/*; do cd "$d"; git status -s; cd {beta}; done; cd {beta}; git reset --hard'),

  // What variables hold no longer, and files that are kept.
  runs("W={beta}; ((W=3)); rm -rf $W"),
  runs("W={beta}; for ((W=0; W<3; W++)); do rm -rf $W; done; rm -rf $W"),
  runs("export W={beta}; env -u W bash -c 'rm -rf $W'; env -i bash -c 'rm -rf $W/dist'"),
  runs("export W={beta}; export -n W; bash -c 'rm -rf $W/dist'"),
  runs("W={beta}; declare -n V=W; V=dist; rm -rf $W"),
  runs("W={beta}; npm test & wait -p W; rm -rf $W"),
  runs("set -C; echo x > {beta}/file-0.txt"),
  refused("set -o noclobber; echo x >| {beta}/file-0.txt"),
  refused("export W={beta}; env CI=1 bash -c 'rm -rf $W'"),

  // What find would choose: {beta} has file-0.txt … file-3.txt in folders, a .gitignore, and dist/built.js.
  runs("find {beta} -name '*.pyc' -delete"),
  runs("find {beta} -name '*.orig' -print -delete"),
  runs("find {beta} -name node_modules -prune -exec rm -rf {} +"),
  runs("find {beta} -type d -empty -delete"),
  runs("find {beta} -delete -maxdepth 0"),
  runs("find {beta} -name x -exec rm -i {} \\;"),
  runs("find {beta} -maxdepth 0 -name '*.txt' -delete"),
  runs("find {beta} -type d -name '*.txt' -exec rm -rf {} +"),
  runs("find {beta} -type f -path '*/nowhere/*' -delete"),
  runs("find {beta} -type f -mtime +30 -delete"),
  runs("find {beta} -name '*.js' -exec grep -q stale {} \\; -delete"),
  runs("find {worktrees} -maxdepth 1 -name 'other-*' -exec rm -rf {} +"),
  runs("find {worktrees} -maxdepth 1 -name {own.name} -exec rm -rf {} +"),
  runs("find . -not -path './.git*' -name . -exec rm -rf {} +", { where: "beta" }),
  runs("cd {worktrees} && find . -not -path './parallel-*' -exec rm -rf {} +"),
  refused("find {beta} -iname '*.TXT' -type f -delete"),
  refused("find {beta} -type f -path '*/dist/*' -delete"),
  refused("find {beta} -type f -not -path '*/.git/*' -delete"),
  refused("find {beta} -delete -name '*.pyc'"),
  refused("find {beta} -name dist -exec rm -rf {} +"),
  refused("cd {beta} && find . -path './dist' -prune -exec rm -rf {} \\;"),
  refused("find {worktrees} -maxdepth 1 -name 'parallel-*' -exec rm -rf {} \\;"),
  refused("find {worktrees} -mindepth 1 -maxdepth 1 ! -name {own.name} -exec rm -rf {} +"),

  // What loses nothing.
  runs("git branch -d {beta.branch}"),
  runs("git fetch . origin/main:main; git fetch . HEAD:main"),
  runs("git push -f origin tag main"),
  runs("tee --app {beta}/file-0.txt; tee --help {beta}/file-0.txt"),
  runs("truncate -s +5 {beta}/file-0.txt; truncate --size='>1K' {beta}/file-0.txt; truncate --help {beta}/file-0.txt"),
  runs("dd if=x of={beta}/file-0.txt oflag=append conv=notrunc"),
  runs("mv --help {beta} x; rsync --delete --list-only a/ {beta}/; rm -ri {beta}"),
  refused("git branch -d -f {beta.branch}"),
  refused("rm -if {beta}/file-0.txt"),
  refused("rm --recurs {beta}"),
  refused("git -C {beta} reset --har"),

  // The same in still other words.
  refused("git push origin '+refs/heads/*'"),
  refused("git push -f origin 'refs/heads/*:refs/heads/*'"),
  refused("git push -f origin :"),
  refused("npm test >& {beta}/file-0.txt"),
  refused("flock /tmp/lock rm -rf {beta}"),
  refused("flock -w 5 /tmp/lock -c 'rm -rf {beta}'"),
  refused("busybox rm -rf {beta}"),
  refused("git -C {beta} commit --amend --no-edit"),
  refused("git -C {beta} read-tree -u --reset HEAD"),
  refused("git -C {beta} mv -f a.txt file-0.txt"),
  refused("bash -c 'rm -rf \"$1\"' _ {beta}"),
  refused('wipe() { rm -rf "$1"; }; wipe {beta}'),
  runs("git push origin 'refs/heads/*:refs/heads/*'; git push origin :; git push -f origin 'refs/heads/topic/*'"),
  runs('wipe() { shift; rm -rf "$1"; }; wipe {beta} dist'),
  runs('wipe() { set -- dist; rm -rf "$1"; }; wipe {beta}; wipe; rm -rf "$1"'),
  runs('wipe() { for d; do rm -rf "$1/x"; done; }; wipe {beta}'),
  runs("git commit --amend --no-edit; git mv -f a.txt file-0.txt; git read-tree -u --reset HEAD"),

  // Words that only the shell puts together.
  refused('env PATH="$PATH" LC_ALL=C git stash clear'),
  refused("env -u X PATH=$PATH rm -rf {beta}"),
  refused('git "st"ash clear'),
  refused("r'm' -rf {beta}"),
  refused("g\\it st\\\nash clear"),
  refused('cmd="git stash clear"; $cmd'),
  refused('A="stash  clear"; git $A'),
  refused('SUDO=""; $SUDO git stash clear'),
  refused('OLD="dist {beta}"; for d in $OLD; do rm -rf $d; done'),
  refused("git -C {place}/outside/link-to-b* reset --hard"),
  refused("cd {place}/outside/link-to-b* && git reset --hard"),
  refused("strace -f -o trace.txt git stash clear"),
  refused("coproc git stash clear"),
  runs("strace -p 12 git stash clear"),
  runs('env PATH="$PATH"; env X="$X" git stash list'),
  runs('cmd="git stash list"; $cmd; A="stash clear"; git "$A"; echo $A'),
  runs('IFS=,; A="stash clear"; git $A'),
  runs("cd {worktrees}/parallel-* && git reset --hard; git -C {worktrees}/nowhere-* reset --hard"),
];

let scene: GuardScene;

beforeAll(async () => {
  scene = await makeGuardScene();
});

afterAll(() => scene[Symbol.asyncDispose]());

describe("a command", () => {
  test.each(ROWS.map((row) => [row.command, row.verdict, row] as const))("%j %s", async (command, verdict, row) => {
    const judged = await scene.judge(command, row);
    const said = judged?.isRefused === true ? "refused" : (judged?.words ?? "runs");
    expect(said === "refused" || said === "runs" ? said : "warned").toBe(verdict);
    expect((judged?.words ?? "").length).toBeLessThanOrEqual(600);
  });
});
