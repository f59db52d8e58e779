// Which commands a line of a shell would run, with which words, and where: nothing of it is run here.

import { describe, expect, test } from "bun:test";
import type { Target } from "../../src/features/guards/claims.ts";
import { follow } from "../../src/features/guards/follow.ts";
import { parseShell } from "../../src/features/guards/parse.ts";

const HERE = "/here";

/** Each program with its words, `?` for one that nobody knows, a pattern in slashes; in another directory with that. */
function seen(text: string): string[] | undefined {
  const script = parseShell(text);
  if (script === undefined) return undefined;
  const lines: string[] = [];
  const at = (directory: string | undefined) => (directory === HERE ? "" : ` @${directory ?? "?"}`);
  const ground = {
    home: "/home/u",
    directory: HERE,
    isDirectory: (path: string) => !path.includes("missing"),
    isThere: (path: string) => !path.includes("missing"),
    topOf: () => "/top",
    matching: ({ pattern }: Target) => (pattern === "*.ts" ? ["a.ts", "b.ts"] : []),
  };
  follow(script, ground, {
    call: ({ name, args, directory, isTold }) => {
      if (!isTold) return;
      const words = args.map((one) => {
        if (one.kind === "text") return /^[^\s'?/]+$|^\/[^\s'?]*[^/]$/.test(one.text) ? one.text : `'${one.text}'`;
        return one.kind === "unknown" ? "?" : `/${one.pattern}/`;
      });
      lines.push([name, ...words].join(" ") + at(directory));
    },
    write: ({ path, directory }) => lines.push(`> ${path}${at(directory)}`),
  });
  return lines;
}

type Rows = readonly (readonly [text: string, lines: readonly string[]])[];

function rows(name: string, cases: Rows): void {
  describe(name, () => {
    test.each(cases.map(([text, lines]) => [text, lines] as const))("%j", (text, lines) => {
      expect(seen(text)).toEqual([...lines]);
    });
  });
}

rows("words are without their quotes", [
  [`r\\m 'a b'"c d"e`, ["rm 'a bc de'"]],
  [`a $'x\\ty\\x41\\u00e9\\101\\cA\\q' $"z"`, ["a 'x\tyAéA\x01\\q' z"]],
  [`a "\\$x \\\\ \\" \\n" ''`, [`a '$x \\ " \\n' ''`]],
  ["a b\\\nc \\\n d", ["a bc d"]],
  ["a b#c # d 'e", ["a b#c"]],
  ["a $ $. a$", ["a $ $. a$"]],
  ["a ~ ~/x ~root '~' ~'/x' x~", ["a /home/u /home/u/x ? ~ ? x~"]],
  ["a {b,c}d e{f,{g,h}} {i} {1..3} '{j,k}'", ["a bd cd ef eg eh {i} ? {j,k}"]],
  ["a *.ts '*' \\? x[ab] @(y|z)", ["a /*.ts/ * '?' /x[ab]/ ?"]],
]);

rows("what is not certain is unknown", [
  [`a $x "$x" \${x} \${x:-y} $1 "$@" $? $((1 + (2))) x$y`, ["a ? ? ? ? ? ? ? ? ?"]],
  [`x=y z='a b'; a $x "$z" $z`, ["a y 'a b' a b"]],
  ["IFS=:; x='a b'; a $x", ["a ?"]],
  ["x=; $x a $x b; x='*'; a $x", ["a b", "a ?"]],
  ["a $HOME $PWD; HOME=/x; a ~/y", [`a /home/u ${HERE}`, "a /x/y"]],
  ["x=1; read x; a $x", ["a ?"]],
  ["x=1; c && x=2; a $x", ["c", "a ?"]],
  ["x=1; (x=2); a $x", ["a 1"]],
  ["x=(1 2); y+=3; declare -r z=4; a $x $y $z", ["a ? ? 4"]],
  ["x=1 a $x", ["a ?"]],
  [`x=1; a \${x:?} \${x?not set} "\${x:?no $y}"`, ["a 1 1 ?"]],
  ["x=1; printf -v x 2; a $x; . file; a $x", ["a ?", "a ? @?"]],
  ['$x a; "" b; ./rm c; bin/git d; /usr/bin/git e', ["git e"]],
]);

rows("commands are found wherever they stand", [
  ["a; b & c && d || e | f |& g\nh", ["a", "b", "c", "d", "e", "f", "g", "h"]],
  ["! (a; (b)) && { c; } 2>&1 | d", ["a", "b", "c", "d"]],
  ["if a; then b; elif c; then d; else e; fi > f", ["> f", "a", "b", "c", "d", "e"]],
  ["while a; do b; done; until c\ndo d\ndone", ["a", "b", "c", "d"]],
  ["case x in (a|b) c;; *) d ;& e) f\nesac; g", ["c", "d", "f", "g"]],
  ["for ((i = 0; i < 3; i++)); do a; done; select x in y; do b $x; done", ["a", "b ?"]],
  ["f() { a $1; }; function g { b; }; f x; g() (c); g", ["a x", "c"]],
  [
    "f() { a $1 $2 $10; shift; b $1; }; f 'x y' z; c $1; f *; g() { f $1; a $1; }; g x",
    ["a x y z ?", "b ?", "c ?", "a ? ? ?", "b ?", "a x ? ?", "b ?", "a x"],
  ],
  ["bash -c 'a $0 $1; set -- y; b $1' n x; sh -c 'a $1' n $x", ["a ? x", "b ?", "a ?"]],
  ["rm() { echo; }; rm x", []],
  [`a "$(b \`c\` "\${x:-$(d)}")" <(e) >(f)`, ["c", "d", "b ? ?", "e", "f", "a ? ? ?"]],
  ["x=$(a) y=(b $(c)) d", ["a", "c", "d"]],
  ["time -p a; command b; builtin c; exec d; e", ["a", "b", "c", "d"]],
  ["a || exit; b; exit 1; c", ["a", "b"]],
  ["false && a; true || b; cd x || c; d", ["d @/here/x"]],
  ["[[ a > b && -n $(c) || ( d < e ) ]] && ((x > 3)) || f", ["c", "f"]],
]);

rows("text is no command", [
  ["cat <<EOF\nrm x; $(a)\n`b`\nEOF\nc", ["a", "b", "cat", "c"]],
  ["cat <<-'EOF' | d\n\trm $(a)\n\tEOF\nc", ["cat", "d", "c"]],
  ["x=$(cat <<E\n)\nE\n); a", ["cat", "a"]],
  ["cat <<E <<F\na\nE\nb\nF", ["cat"]],
  ["cat <<E\nb", ["cat"]],
  ["cat <<< 'rm x' # rm y", ["cat"]],
  ["echo 'rm x' | a \"rm y\"", ["a 'rm y'"]],
]);

rows("wrappers are looked through", [
  ["env -i -u X A=b c; env A=b; env -S 'c d'", ["c"]],
  ["sudo -u root -E A=b c; sudo -i d; nohup e; nice -n 5 f; nice -5 g", ["c", "e", "f", "g"]],
  ["timeout -k 1 -s KILL 30 a b; stdbuf -oL c; setsid d; command -v e", ["a b", "c", "d"]],
  ["env -C sub a; sudo -D /x b; c", ["a @/here/sub", "b @/x", "c"]],
  ["x | xargs -0 -n 1 a b; x | xargs -I{} c d/{} e", ["x", "a b ?", "x", "c ? e"]],
  ["bash -c 'a b; cd x; c' d; e", ["a b", "c @/here/x", "e"]],
  ["bash -euo pipefail -c 'a'; sh -lc \"b $x\"; zsh script.sh; bash -x", ["a", "zsh script.sh"]],
  ["x=1; export y=2; HOME=/h z=3 bash -c 'a $x $y $z ~'", ["a ? 2 3 /h"]],
  ["sudo bash -c 'a ~/x'", ["a ?"]],
  ["bash <<'E'\na b\nE\ncat <<E | sh\nc\nE", ["a b", "cat"]],
  ['eval \'a b\' "c"; eval "cd x"; d; eval $x; e', ["a b c", "d @/here/x", "e @?"]],
]);

rows("it is known where they run, or not", [
  ["cd x && a; cd ..; b; cd /y/../z; c", ["a @/here/x", "b", "c @/z"]],
  ["(cd x; a); b; cd x | c; d; cd y & e", ["a @/here/x", "b", "c", "d", "e"]],
  ["cd missing; a; cd /x; b", ["a @?", "b @/x"]],
  ["cd $x; a; git -C /y b", ["a @?", "git -C /y b @?"]],
  ["cd x; cd -; a; cd; b", ["a", "b @/home/u"]],
  ["c && cd x; a", ["c", "a @?"]],
  ["if c; then cd x; fi; a", ["c", "a @?"]],
  ["if c; then cd x; else cd x; fi; a", ["c", "a @/here/x"]],
  ["c || { cd x; exit; }; a", ["c", "a"]],
  ["while c; do cd x; done; a", ["c", "a @?"]],
  ["while read -r l; do a; done; b", ["a", "b"]],
  ["pushd x; a; popd; b", ["a @/here/x", "b @?"]],
  [
    'cd "$(git rev-parse --show-toplevel)" && a; cd $(pwd)/y; b; cd "`c`"; d',
    ["git rev-parse --show-toplevel", "a @/top", "pwd @/top", "b @/top/y", "c @/top/y", "d @?"],
  ],
  ["f() { cd x; }; f; a; g() { cd $1; return; }; g y; b", ["a @/here/x", "b @/here/x/y"]],
]);

rows("loops over known words are gone through", [
  ["for x in a 'b c'; do d \"$x\"; done", ["d a", "d 'b c'"]],
  ["for x in a b; do cd $x; c; cd ..; done; d", ["c @/here/a", "c @/here/b", "d"]],
  ["for x in a b; do test $y && c $x; d $x; done", ["test ?", "d a", "test ?", "d b", "c ?"]],
  ["for x in a b; do cd $x; y=$x; if c; then d $y; fi; cd ..; done; e", ["c @/here/a", "c @/here/b", "d ? @?", "e"]],
  [
    "for x in a b; do for y in c d; do e $x && f $y; done; g || h $x $y; done",
    ["e a", "e a", "g", "e b", "e b", "g", "f ?", "h ? d"],
  ],
  [
    "for x in a b; do [ $x = a ] && c $x; done; for x in a b; do test $x = a && continue; d $x; done",
    ["[ a = a ]", "c a", "[ b = a ]", "test a = a", "test b = a", "d b"],
  ],
  [
    "for x in a b; do [[ $x == a ]] && break; c $x; done; for x in a b; do if [ $x = b ]; then exit; fi; d $x; done; e",
    ["[ a = b ]", "d a", "[ b = b ]"],
  ],
  ["for x in *.ts c; do a $x; done; for x in *; do b; done; for x; do c $x; done", ["a a.ts", "a b.ts", "a c", "c ?"]],
  ["for x in a b; do c && continue; d $x; e; done; f", ["c", "c", "d ?", "e", "f"]],
  ["for x in a b; do if c; then break; fi; d $x; done; d e", ["c", "d ?", "d e"]],
  ["for x in a b; do c $x; break; done; d", ["c a", "d"]],
]);

rows("conditions are answered by known words and what is there now, or keep what they name", [
  [
    "[ -d missing ] && a; [ -e x ] && b; test -f x || c; [[ ! -d x ]] || d; [ x = y ] || e; [[ -z x || -n y ]] && f",
    ["[ -d missing ]", "[ -e x ]", "b", "test -f x", "c", "d", "[ x = y ]", "e", "f"],
  ],
  [
    "if [ a != a ]; then b; else c; fi; if [ -f missing ]; then d; elif e; then f; else g; fi",
    ["[ a != a ]", "c", "[ -f missing ]", "e", "f", "g"],
  ],
  [
    "[ $x = /a/b ] && { c /a; d /a/b/c; e /a/d; cd /a; f; }; c /a; g && h /a",
    ["[ ? = /a/b ]", "e /a/d", "c /a @?", "g @?"],
  ],
  [
    "grep -q x /a && b /a; grep x /c && b /c; test -d missing || exit; c",
    ["grep -q x /a", "grep x /c", "b /c", "test -d missing"],
  ],
  [
    "set -e; for x in a b; do test -r y; b $x; done; test -d missing; c",
    ["test -r y", "test -r y", "b ?", "test -d missing"],
  ],
  [
    "f() { [ -d missing ] || return; a; }; f; b; g() { c && return; cd x; }; g; d",
    ["[ -d missing ]", "b", "c", "d @?"],
  ],
]);

rows("files that are emptied are told", [
  ["a > b 2> c >| d &> e; f >> g 2>&1 >&2 <h >&-", ["> b", "> c", "> d", "> e", "a", "f"]],
  ["cd x && (a) > 'b c'; { d; } > $e; > f", ["> b c @/here/x", "a @/here/x", "d @/here/x", "> f @/here/x"]],
]);

describe("what is no valid command line", () => {
  test.each([
    "a 'b",
    'a "b',
    "a `b",
    "a $(b",
    "a ${b",
    "(a",
    "a)",
    "if a; then b",
    "fi",
    "a ;; b",
    "| a",
    "a > ",
    "{ a; ",
    "case x in a b",
    "[[ a",
    "f( ) (",
  ])("%j is not followed", (text) => expect(seen(text)).toBeUndefined());

  test("nor is what nests deeper than anybody writes", () => {
    expect(seen(`${"( ".repeat(1000)}a${")".repeat(1000)}`)).toBeUndefined();
    expect(seen(`${"( ".repeat(20)}a${")".repeat(20)}`)).toEqual(["a"]);
  });
});

test("what would take for ever is given up", () => {
  expect(seen(`${"for x in a b c d e f; do ".repeat(12)}a $x${"; done".repeat(12)}`)?.length).toBeLessThan(6000);
  expect(seen("f() { f; f; a; }; f; b")?.length).toBeLessThan(6000);
  expect(seen(`${"eval ".repeat(50)}a`)).toEqual([]);
});
