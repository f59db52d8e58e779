// Follows a command line as a shell would run it: which commands come, with which words, and where it stands then. What
// is not certain stays unknown. Nothing is run; the disk is only asked whether a directory is there.

import { type Ground, knownIn, pathFrom, runBuiltin, type Success } from "./builtins.ts";
import { targetOf } from "./claims.ts";
import { parseShell } from "./parse.ts";
import { copyOf, forget, forgetChanged, keepTraces, merged, newShell, noteTraces, type Shell } from "./shell.ts";
import type { Node, Redirection, Script, SimpleCommand, Word } from "./syntax.ts";
import { textOf, type Value, valuesOf, wordOf } from "./values.ts";
import { insideOf } from "./words.ts";
import { isWrapper, scriptOfShell, unwrapped } from "./wrappers.ts";

/** A program that would be run. */
export interface Call {
  name: string;
  args: readonly Value[];
  /** Undefined where it is not known. */
  directory: string | undefined;
  /** What it gets in its environment beside what its shell got. */
  variable(name: string): { value: string | undefined } | undefined;
  shell: Shell;
}

export interface Seen {
  call(call: Call): void;
  /** A file is emptied and written anew. */
  write(file: { path: string; directory: string | undefined }): void;
}

/** Nobody writes more by hand, and loops multiply. */
const MOST_COMMANDS = 5000;
const MOST_ROUNDS = 16;
const MOST_NESTED = 8;
/** Of texts that are commands once more: of `bash -c`, `eval`. */
const MOST_INNER_CHARACTERS = 256 * 1024;

export function follow(script: Script, ground: Ground, seen: Seen): void {
  new Follower(ground, seen).run(script, newShell(ground.directory));
}

/** Variables set for one command alone. */
type Given = ReadonlyMap<string, string | undefined>;

interface Called {
  shell: Shell;
  redirections: readonly Redirection[];
}

class Follower {
  readonly #ground: Ground;
  readonly #seen: Seen;
  #left = MOST_COMMANDS;
  #unread = MOST_INNER_CHARACTERS;
  #nested = 0;

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
    }
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
        const success = this.#node(node.node, shell);
        return success === undefined ? undefined : !success;
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
        for (const [at, { test }] of node.branches.entries()) if (at === 0) this.run(test, shell);
        const later = node.branches.slice(1).map(({ test }) => test);
        return this.#oneOf([...node.branches.map(({ body }) => body), ...later, node.otherwise], shell);
      }
      case "case":
        this.#inside([node.word], shell);
        return this.#oneOf([...node.arms, []], shell);
      case "for":
        return this.#for(node, shell);
      case "while":
        return this.#loop(shell, (own) => {
          this.run(node.test, own);
          own.isMaybe = true;
          this.run(node.body, own);
        });
      case "function":
        shell.functions.set(node.name, node.body);
        return true;
      case "test":
        this.#inside(node.words, shell);
        return undefined;
    }
  }

  #chain({ first, rest }: Extract<Node, { kind: "chain" }>, shell: Shell): Success {
    const { isMaybe } = shell;
    const begun = this.#node(first, shell);
    // How things stand where the last command succeeded, and where it failed.
    let good = begun === false ? undefined : copyOf(shell);
    let bad = begun === true ? undefined : copyOf(shell);
    let isCut = false;
    for (const { joiner, node } of rest) {
      const from = joiner === "&&" ? good : bad;
      if (from === undefined || from.over !== undefined) continue;
      const own = copyOf(from);
      own.isMaybe ||= (joiner === "&&" ? bad : good) !== undefined;
      const success = this.#node(node, own);
      isCut ||= own.isMaybe && own.over !== undefined;
      const failed = success === true ? undefined : own;
      const done = success === false ? undefined : own;
      good = joiner === "&&" ? done : merged(good, done);
      bad = joiner === "&&" ? merged(bad, failed) : failed;
    }
    Object.assign(shell, merged(good, bad), { isMaybe: isMaybe || isCut });
    noteTraces(shell, [good, bad]);
    return good === undefined ? false : bad === undefined ? true : undefined;
  }

  #oneOf(scripts: readonly Script[], shell: Shell): Success {
    const ways = scripts.map((script) => {
      const own = copyOf(shell);
      own.isMaybe = true;
      this.run(script, own);
      return own;
    });
    const { isMaybe } = shell;
    const met = ways.reduce<Shell | undefined>((one, other) => merged(one, other), undefined);
    // What comes now is not reached by those that left.
    const isCut = ways.some(({ over }) => over !== undefined);
    Object.assign(shell, met, { isMaybe: isMaybe || isCut });
    noteTraces(shell, ways);
    return undefined;
  }

  #for({ variable, values, body }: Extract<Node, { kind: "for" }>, shell: Shell): Success {
    this.#inside(values ?? [], shell);
    const { isMaybe } = shell;
    const texts = values === undefined ? undefined : this.#texts(values, shell);
    shell.loops.add(variable);
    if (texts === undefined || texts.length > MOST_ROUNDS) {
      shell.variables.set(variable, undefined);
      return this.#loop(shell, (own) => this.run(body, own));
    }
    for (const text of texts) {
      shell.variables.set(variable, text);
      shell.isMaybe = isMaybe;
      this.run(body, shell);
      if (shell.over !== undefined) break;
    }
    shell.isMaybe = isMaybe;
    if (shell.over === "break") shell.over = undefined;
    return undefined;
  }

  /** Undefined where not all of them are known. */
  #texts(words: readonly Word[], shell: Shell): string[] | undefined {
    const texts: string[] = [];
    for (const value of words.flatMap((word) => valuesOf(word, knownIn(shell, this.#ground)))) {
      if (value.kind === "unknown") return undefined;
      if (value.kind === "text") texts.push(value.text);
      else {
        const target = targetOf(value, shell.directory);
        const found = target === undefined ? undefined : this.#ground.matching(target);
        if (found === undefined) return undefined;
        texts.push(...found);
      }
    }
    return texts;
  }

  /** Once: what a later round would do depends on what the first one did. */
  #loop(shell: Shell, round: (own: Shell) => void): Success {
    const own = copyOf(shell);
    round(own);
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
    const words = command.words.flatMap((word) => valuesOf(word, known));
    const given = new Map(
      command.assignments.map(({ name, value }) => [name, value === undefined ? undefined : textOf(value, known)]),
    );
    const [first] = words;
    const isDeclared = first?.kind === "text" && DECLARING.has(first.text);
    const isExport = isDeclared && first.text === "export";
    if (words.length > 0 && !isDeclared) return this.#call(words, given, { shell, redirections: command.redirections });
    for (const [name, value] of given) {
      shell.variables.set(name, value);
      if (isExport) shell.exported.add(name);
    }
    for (const one of isExport ? words.slice(1) : []) if (one.kind === "text") shell.exported.add(one.text);
    return command.assignments.every(({ value }) => value?.parts.every(({ kind }) => kind !== "unknown")) || undefined;
  }

  #call(words: readonly Value[], given: Given, { shell, redirections }: Called): Success {
    const [first, ...args] = words;
    const name = first?.kind === "text" ? programOf(first.text) : undefined;
    if (name === undefined) return undefined;
    const body = shell.functions.get(name);
    if (body !== undefined) return this.#function(body, shell);
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
      const success = this.#call(wrapped.words, new Map([...given, ...wrapped.variables]), {
        shell: own,
        redirections,
      });
      this.#nested--;
      keepTraces(shell, own);
      if (name === "command" || name === "builtin") Object.assign(shell, own);
      if (name === "exec") shell.over = "exit";
      return success;
    }
    const script = scriptOfShell(name, args);
    if (script !== undefined) return this.#script(script, { shell, redirections, given });
    const variable: Call["variable"] = (asked) => {
      if (given.has(asked)) return { value: given.get(asked) };
      return shell.exported.has(asked) ? { value: shell.variables.get(asked) } : undefined;
    };
    this.#seen.call({ name, args, directory: shell.directory, variable, shell });
    return undefined;
  }

  #function(body: Node, shell: Shell): Success {
    if (this.#nested >= MOST_NESTED) {
      forget(shell);
      return undefined;
    }
    this.#nested++;
    const success = this.#node(body, shell);
    this.#nested--;
    if (shell.over === "return") shell.over = undefined;
    return success;
  }

  /** Another shell reads a text: it has what it was given, and none of our variables for certain. */
  #script(script: Value | "input", { shell, redirections, given }: Called & { given: Given }): Success {
    const document = redirections.findLast(({ operator }) => operator.startsWith("<<"));
    const input = document === undefined ? undefined : textOf(document.target, knownIn(shell, this.#ground));
    const text = script === "input" ? input : script.kind === "text" ? script.text : undefined;
    const parsed = this.#parse(text);
    if (parsed === undefined) return undefined;
    this.#nested++;
    this.#apart(shell, (own) => {
      own.functions.clear();
      for (const name of own.variables.keys()) if (!own.exported.has(name)) own.variables.set(name, undefined);
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
    this.#nested++;
    this.run(parsed, own);
    this.#nested--;
    return undefined;
  }

  #parse(text: string | undefined): Script | undefined {
    this.#unread -= text?.length ?? 0;
    return text === undefined || this.#unread < 0 || this.#nested >= MOST_NESTED ? undefined : parseShell(text);
  }

  #redirect(redirections: readonly Redirection[], shell: Shell): void {
    for (const { operator, target } of redirections) {
      this.#inside([target], shell);
      if (!EMPTYING.has(operator)) continue;
      const path = textOf(target, knownIn(shell, this.#ground));
      // `>&2` and `>&-` are no files.
      if (path === undefined || path === "" || (operator === ">&" && /^(\d+|-)$/.test(path))) continue;
      this.#seen.write({ path, directory: shell.directory });
    }
  }

  /** What is run to find words out. */
  #inside(words: readonly Word[], shell: Shell): void {
    for (const { parts } of words) {
      for (const script of insideOf(parts)) this.#apart(shell, (own) => this.run(script, own));
    }
  }
}

const EMPTYING = new Set([">", ">|", "&>", ">&"]);
const DECLARING = new Set(["export", "declare", "typeset", "local", "readonly"]);
/** Of `/usr/bin/git` too; a file that merely has such a name, below here, is somebody's own program. */
function programOf(word: string): string | undefined {
  const [, name] = /^\/(?:[\w.+-]+\/)*s?bin\/([^/]+)$/.exec(word) ?? [];
  return name ?? (word.includes("/") || word === "" ? undefined : word);
}
