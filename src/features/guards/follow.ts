// Follows a command line as a shell would run it: which commands come, with which words, and where it stands then. What
// is not certain stays unknown. Nothing is run; the disk is only asked whether a directory is there.

import { declare, type Given, type Ground, isDeclaring, knownIn, pathFrom, runBuiltin } from "./builtins.ts";
import { type Call, programOf, type Seen } from "./calls.ts";
import { answerOf, isCondition, isTold } from "./conditions.ts";
import { goThrough, textsOf } from "./loops.ts";
import { parseShell } from "./parse.ts";
import {
  copyOf,
  forget,
  forgetChanged,
  forgetVariables,
  keepTraces,
  leftOf,
  merged,
  negation,
  newShell,
  noteTraces,
  positionsOf,
  rejoin,
  type Shell,
  type Success,
  sameDropped,
  setPositions,
  waysOf,
} from "./shell.ts";
import type { Node, Redirection, Script, SimpleCommand, Word } from "./syntax.ts";
import { textOf, type Value, valuesOf, wordOf } from "./values.ts";
import { insideOf } from "./words.ts";
import { isWrapper, scriptOfShell, unwrapped } from "./wrappers.ts";

/** Nobody writes more by hand, and loops multiply. */
const MOST_COMMANDS = 5000;
const MOST_ROUNDS = 16;
const MOST_NESTED = 8;
/** Of texts that are commands once more: of `bash -c`, `eval`. */
const MOST_INNER_CHARACTERS = 256 * 1024;

export function follow(script: Script, ground: Ground, seen: Seen): void {
  new Follower(ground, seen).run(script, newShell(ground.directory));
}

interface Called {
  shell: Shell;
  command: SimpleCommand;
}

class Follower {
  readonly #ground: Ground;
  readonly #seen: Seen;
  #left = MOST_COMMANDS;
  #unread = MOST_INNER_CHARACTERS;
  #nested = 0;
  /** What was not told, for only some rounds of a loop may run it. */
  readonly #heldBack = new Set<SimpleCommand | Redirection>();
  readonly #parsed = new Map<string, Script | undefined>();

  constructor(ground: Ground, seen: Seen) {
    this.#ground = ground;
    this.#seen = seen;
  }

  run(script: Script, shell: Shell): Success {
    let success: Success = true;
    for (const { node, isBackground } of script) {
      if (shell.over !== undefined) return undefined;
      if (isBackground) this.#apart(shell, (own) => this.#node(node, own));
      success = isBackground ? true : this.#node(node, shell);
      if (!shell.isStrict || !isCondition(node)) continue;
      if (success === "unlikely") shell.telling = "none";
      shell.isMaybe ||= success === undefined;
    }
    return success;
  }

  /** What is asked ends nothing, `set -e` or not. */
  #test(script: Script, shell: Shell): Success {
    const { isStrict } = shell;
    shell.isStrict = false;
    const success = this.run(script, shell);
    shell.isStrict = isStrict;
    return success;
  }

  /** In a shell of its own: where it goes and what it sets ends with it. */
  #apart(shell: Shell, run: (own: Shell) => unknown): void {
    const own = copyOf(shell);
    run(own);
    keepTraces(shell, own);
  }

  #node(node: Node, shell: Shell): Success {
    switch (node.kind) {
      case "command":
        return this.#command(node, shell);
      case "pipeline":
        for (const one of node.nodes) this.#apart(shell, (own) => this.#node(one, own));
        return undefined;
      case "negated": {
        const { dropped } = shell;
        const success = this.#node(node.node, shell);
        shell.dropped = sameDropped({ dropped }, shell);
        return negation(success);
      }
      case "chain":
        return this.#chain(node, shell);
      case "subshell":
        this.#redirect(node.redirections, shell);
        this.#apart(shell, (own) => this.run(node.body, own));
        return undefined;
      case "group":
        this.#redirect(node.redirections, shell);
        return this.run(node.body, shell);
      case "if": {
        const [first, ...later] = node.branches;
        const { dropped } = shell;
        const success = first === undefined ? undefined : this.#test(first.test, shell);
        const { good, bad } = waysOf(shell, success, { dropped });
        const bodies = [...later.flatMap(({ test, body }) => [test, body]), node.otherwise];
        const begun = bodies.map((body) => ({ body, own: copyOf(bad) }));
        const isDecided = success !== undefined && later.length === 0;
        return this.#oneOf([{ body: first?.body ?? [], own: good }, ...begun], { shell, isDecided });
      }
      case "case":
        this.#inside([node.word], shell);
        return this.#oneOf(
          [...node.arms, []].map((body) => ({ body, own: copyOf(shell) })),
          { shell, isDecided: false },
        );
      case "for":
        return this.#for(node, shell);
      case "while":
        return this.#loop(shell, (own) => {
          this.#test(node.test, own);
          own.isMaybe = true;
          this.run(node.body, own);
        });
      case "function":
        shell.functions.set(node.name, node.body);
        return true;
      case "test":
        this.#inside(node.words, shell);
        if (node.isSetting) forgetVariables(shell);
        return answerOf({ name: "[[", args: this.#values(node.words, shell) }, shell, this.#ground);
    }
  }

  #chain({ first, rest }: Extract<Node, { kind: "chain" }>, shell: Shell): Success {
    const { isMaybe } = shell;
    // How things stand where the last command succeeded, and where it failed.
    let { good, bad } = this.#tried(first, shell);
    const ways = [good, bad];
    for (const { joiner, node } of rest) {
      const [from, other] = joiner === "&&" ? [good, bad] : [bad, good];
      if (from === undefined || from.over !== undefined) continue;
      from.isMaybe ||= other !== undefined && other.telling !== "none";
      const { good: done, bad: failed } = this.#tried(node, from);
      ways.push(done, failed);
      good = joiner === "&&" ? done : merged(good, done);
      bad = joiner === "&&" ? merged(bad, failed) : failed;
    }
    const left = ways.filter((way) => way?.over !== undefined);
    const isCut = left.some((way) => way?.isMaybe === true && way.telling !== "none");
    Object.assign(shell, merged(good, bad), { isMaybe: isMaybe || isCut });
    noteTraces(shell, [...left, good, bad]);
    if (good === undefined || bad === undefined) return good !== undefined;
    return good.telling === bad.telling ? undefined : good.telling === "none" ? "unlikely" : "likely";
  }

  #tried(node: Node, shell: Shell): { good: Shell | undefined; bad: Shell | undefined } {
    const own = copyOf(shell);
    const success = this.#node(node, own);
    const { good, bad } = waysOf(own, success, shell);
    return { good: success === false ? undefined : good, bad: success === true ? undefined : bad };
  }

  /** One of several ways; it is decided which where only one of them is told. */
  #oneOf(ways: readonly { body: Script; own: Shell }[], { shell, isDecided }: { shell: Shell; isDecided: boolean }) {
    const { isMaybe } = shell;
    for (const { body, own } of ways) {
      own.isMaybe ||= !isDecided;
      this.run(body, own);
    }
    const ends = ways.map(({ own }) => own);
    const met = ends.reduce<Shell | undefined>((one, other) => merged(one, other), undefined);
    // What comes now is not reached by those that left.
    const isCut = ends.some((way) => way.over !== undefined && way.isMaybe && way.telling !== "none");
    Object.assign(shell, met, { isMaybe: isMaybe || isCut });
    noteTraces(shell, ends);
    return undefined;
  }

  #for({ variable, values, body }: Extract<Node, { kind: "for" }>, shell: Shell): Success {
    this.#inside(values ?? [], shell);
    const found = values === undefined ? undefined : textsOf(this.#values(values, shell), shell, this.#ground);
    if (found === undefined || found.texts.length > MOST_ROUNDS) {
      shell.variables.set(variable, undefined);
      return this.#loop(shell, (own) => this.run(body, own));
    }
    goThrough({ variable, ...found }, shell, (own) => this.run(body, own));
    return undefined;
  }

  #values(words: readonly Word[], shell: Shell): Value[] {
    const known = knownIn(shell, this.#ground);
    return words.flatMap((word) => valuesOf(word, known));
  }

  /** Once: what a later round would do depends on what the first one did. */
  #loop(shell: Shell, round: (own: Shell) => void): Success {
    const own = { ...copyOf(shell), left: {} };
    round(own);
    rejoin(own, "continue");
    rejoin(own, "break");
    noteTraces(shell, [own]);
    forgetChanged(shell, own);
    return undefined;
  }

  #command(command: SimpleCommand, shell: Shell): Success {
    if (this.#left-- <= 0) {
      shell.over = "exit";
      return undefined;
    }
    this.#inside(command.words, shell);
    for (const { inside, value } of command.assignments) {
      for (const script of inside) this.#apart(shell, (own) => this.run(script, own));
      if (value !== undefined) this.#inside([value], shell);
    }
    this.#redirect(command.redirections, shell);
    const known = knownIn(shell, this.#ground);
    const words = this.#values(command.words, shell);
    const given = new Map(
      command.assignments.map(({ name, value }) => [name, value === undefined ? undefined : textOf(value, known)]),
    );
    const [first] = words;
    const name = first === undefined ? "" : wordOf(first);
    if (name !== "" && !isDeclaring(name)) return this.#call(words, given, { shell, command });
    declare({ name, words, given }, shell);
    return command.assignments.every(({ value }) => value?.parts.every(({ kind }) => kind !== "unknown")) || undefined;
  }

  #call(words: readonly Value[], given: Given, { shell, command }: Called): Success {
    const [first, ...args] = words;
    const name = first?.kind === "text" ? programOf(first.text) : undefined;
    if (name === undefined) return undefined;
    const body = shell.functions.get(name);
    if (body !== undefined) return this.#function(body, args, shell);
    if (name === "eval") return this.#eval(args, shell);
    if (name === "trap") return this.#trap(args, shell);
    const built = runBuiltin({ name, args }, shell, this.#ground);
    if (built !== "none") return built;
    if (isWrapper(name)) {
      const wrapped = this.#nested >= MOST_NESTED ? undefined : unwrapped(name, args);
      if (wrapped === undefined) return undefined;
      const own = copyOf(shell);
      if (wrapped.directory !== undefined) own.directory = pathFrom(shell, wrapped.directory.path);
      this.#nested++;
      if (wrapped.isBare) own.exported.clear();
      const success = this.#call(wrapped.words, new Map([...(wrapped.isBare ? [] : given), ...wrapped.variables]), {
        shell: own,
        command,
      });
      this.#nested--;
      keepTraces(shell, own);
      if (name === "command" || name === "builtin") Object.assign(shell, own);
      if (name === "exec") shell.over = "exit";
      return success;
    }
    const script = scriptOfShell(name, args);
    if (script !== undefined) return this.#script(script, { shell, command, given, args });
    const variable: Call["variable"] = (asked) => {
      if (given.has(asked)) return { value: given.get(asked) };
      return shell.exported.has(asked) ? { value: shell.variables.get(asked) } : undefined;
    };
    const isTold = this.#tells(shell, command, args);
    this.#seen.call({ name, args, directory: shell.directory, variable, shell, isTold });
    return answerOf({ name, args }, shell, this.#ground);
  }

  #function(body: Node, args: readonly Value[], shell: Shell): Success {
    if (this.#nested >= MOST_NESTED) {
      forget(shell);
      return undefined;
    }
    this.#nested++;
    const before = setPositions(shell, positionsOf(args));
    const { left } = shell;
    shell.left = {};
    const success = this.#node(body, shell);
    this.#nested--;
    rejoin(shell, "return");
    shell.left = leftOf({ left }, shell);
    setPositions(shell, before);
    return success;
  }

  /** Another shell reads a text: it has what it was given, and none of our variables for certain. */
  #script(
    script: Value | "input",
    { shell, command, given, args }: Called & { given: Given; args: readonly Value[] },
  ): Success {
    const document = command.redirections.findLast(({ operator }) => operator.startsWith("<<"));
    const input = document === undefined ? undefined : textOf(document.target, knownIn(shell, this.#ground));
    const text = script === "input" ? input : script.kind === "text" ? script.text : undefined;
    const parsed = this.#parse(text);
    if (parsed === undefined) return undefined;
    this.#nested++;
    this.#apart(shell, (own) => {
      own.functions.clear();
      for (const name of own.variables.keys()) if (!own.exported.has(name)) own.variables.set(name, undefined);
      if (script !== "input") setPositions(own, positionsOf(args.slice(args.indexOf(script) + 2)));
      for (const [name, value] of given) {
        own.variables.set(name, value);
        own.exported.add(name);
      }
      this.run(parsed, own);
    });
    this.#nested--;
    return undefined;
  }

  #eval(args: readonly Value[], shell: Shell): Success {
    const texts = args.flatMap((one) => (one.kind === "text" ? [one.text] : []));
    const parsed = this.#parse(texts.length < args.length ? undefined : texts.join(" "));
    if (parsed === undefined) {
      forget(shell);
      return undefined;
    }
    this.#nested++;
    const success = this.run(parsed, shell);
    this.#nested--;
    return success;
  }

  /** Run when all is over: where it stands then, and what its variables hold, is not known. */
  #trap([action]: readonly Value[], shell: Shell): Success {
    const parsed = this.#parse(wordOf(action));
    if (parsed === undefined) return undefined;
    const own = copyOf(shell);
    forget(own);
    own.dropped = undefined;
    this.#nested++;
    this.run(parsed, own);
    this.#nested--;
    return undefined;
  }

  #parse(text: string | undefined): Script | undefined {
    this.#unread -= text?.length ?? 0;
    if (text === undefined || this.#unread < 0 || this.#nested >= MOST_NESTED) return undefined;
    const parsed = this.#parsed.has(text) ? this.#parsed.get(text) : parseShell(text);
    this.#parsed.set(text, parsed);
    return parsed;
  }

  #redirect(redirections: readonly Redirection[], shell: Shell): void {
    for (const redirection of redirections) {
      const { operator, target } = redirection;
      this.#inside([target], shell);
      if (!EMPTYING.has(operator)) continue;
      const path = textOf(target, knownIn(shell, this.#ground));
      // `>&2` and `>&-` are no files.
      if (path === undefined || path === "" || (operator === ">&" && /^(\d+|-)$/.test(path))) continue;
      if (shell.keepsFiles && operator !== ">|") continue;
      if (this.#tells(shell, redirection, [{ kind: "text", text: path }]))
        this.#seen.write({ path, directory: shell.directory });
    }
  }

  #tells(shell: Shell, of: SimpleCommand | Redirection, args: readonly Value[]): boolean {
    if (shell.telling === "certain" && shell.isMaybe) this.#heldBack.add(of);
    if (shell.telling === "rest" && !this.#heldBack.has(of)) return false;
    const words = args.flatMap((one) => wordOf(one) ?? []);
    return isTold(shell, words);
  }

  /** What is run to find words out. */
  #inside(words: readonly Word[], shell: Shell): void {
    for (const { parts } of words) {
      for (const script of insideOf(parts)) this.#apart(shell, (own) => this.run(script, own));
    }
  }
}

const EMPTYING = new Set([">", ">|", "&>", ">&"]);
