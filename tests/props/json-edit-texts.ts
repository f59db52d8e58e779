// Random settings files as people, editors and programs leave them, and a careless editor that changes them. Each text
// in one is there once ("u7"), so that one place can be found again in another file.

import { type Gen, makeRandom, type Random } from "../support/random.ts";

const KEYS = ["hooks", "mcpServers", "permissions", "model", "a.b", "", "e\\u0301", "x y", '\\"', "env"] as const;
const EVENTS = ["PostToolUse", "PreToolUse", "SessionStart", "Stop", "Post\\u0054oolUse"] as const;
const COMMENTS = ["c", " } ", ' "hooks": {', ", ] ", "* /", "  ", "é 🙂", "//"] as const;
const UNITS = ["  ", "\t", "    ", " ", "", " \t", "            "] as const;

export interface Layout {
  seed: number;
  eol: "\n" | "\r\n" | "\r" | "mixed";
  unit: string;
  /** `wild`: anything that is allowed, anywhere. */
  form: "lines" | "one line" | "tight" | "wild" | "blank";
  hasComments: boolean;
  hasTrailingCommas: boolean;
  hasMark: boolean;
  depth: number;
  breadth: number;
}

export const layouts: Gen<Layout> = {
  make: (random) => ({
    seed: random.int(0, 2 ** 31),
    eol: random.pick(["\n", "\n", "\r\n", "\r", "mixed"]),
    unit: random.pick(UNITS),
    form: random.pick([
      "lines",
      "lines",
      "one line",
      "tight",
      "wild",
      "wild",
      random.int(0, 3) === 0 ? "blank" : "wild",
    ]),
    hasComments: random.bool(),
    hasTrailingCommas: random.bool(),
    hasMark: random.int(0, 5) === 0,
    depth: random.int(0, 4),
    breadth: random.int(0, 4),
  }),
  *shrink(layout) {
    if (layout.eol !== "\n") yield { ...layout, eol: "\n" };
    if (layout.unit !== "  ") yield { ...layout, unit: "  " };
    if (layout.form === "wild") yield { ...layout, form: "lines" };
    if (layout.hasComments) yield { ...layout, hasComments: false };
    if (layout.hasTrailingCommas) yield { ...layout, hasTrailingCommas: false };
    if (layout.hasMark) yield { ...layout, hasMark: false };
    if (layout.depth > 0) yield { ...layout, depth: layout.depth - 1 };
    if (layout.breadth > 0) yield { ...layout, breadth: layout.breadth - 1 };
    for (let less = layout.seed >> 1; less > 0; less >>= 2) yield { ...layout, seed: less };
  },
};

export class Writer {
  private count = 0;

  private readonly random: Random;
  private readonly layout: Layout;

  constructor(layout: Layout) {
    this.random = makeRandom(layout.seed);
    this.layout = layout;
  }

  file(): string {
    const { random, layout } = this;
    const mark = layout.hasMark ? "\uFEFF" : "";
    if (layout.form === "blank") return mark + this.space() + this.space();
    const head = random.int(0, 4) === 0 ? this.space() : "";
    const foot = random.pick(["", this.eol(), this.eol(), this.eol() + this.eol(), this.space()]);
    return mark + head + this.root() + foot;
  }

  private root(): string {
    const keys: [string, string][] = [];
    const { random } = this;
    for (let i = random.int(0, this.layout.breadth); i > 0; i--) keys.push(this.member(random.pick(KEYS)));
    return this.object(keys, 0);
  }

  private member(key: string): [string, string] {
    if (key === "hooks") return [this.random.bool() ? key : "ho\\u006fks", this.hooks()];
    if (key === "mcpServers") {
      const names = ["other", "parallel", "parallel-cc", "x"] as const;
      return [key, this.objectOf(1, () => [this.random.pick(names), this.value(2)])];
    }
    return [key, this.value(1)];
  }

  private hooks(): string {
    return this.objectOf(1, () => [this.random.pick(EVENTS), this.arrayOf(2, () => this.group())]);
  }

  private group(): string {
    const { random } = this;
    if (random.int(0, 5) === 0) return this.value(3);
    const hook = () => this.object([["type", '"command"'], this.commandOf()], 5);
    const members: [string, string][] = [["hooks", this.arrayOf(4, hook)]];
    if (random.bool()) members.unshift(["matcher", random.pick(['"*"', '"Edit"', '""'])]);
    return this.object(members, 3);
  }

  private commandOf(): [string, string] {
    const odd = ['"~/parallel-cc/hook"', '"parallel-cc hook"', '"parallel-cc hooks Stop"'] as const;
    return ["command", this.random.bool() ? this.text() : this.random.pick(odd)];
  }

  private value(level: number): string {
    const { random } = this;
    const kind = level > this.layout.depth ? random.int(0, 3) : random.int(0, 7);
    if (kind < 3) return this.text();
    if (kind === 3) return random.pick(["null", "true", "-1.5e3", "0", '"\\uD83D"', '"é\\n"']);
    if (kind < 6) return this.objectOf(level, () => [random.pick(KEYS), this.value(level + 1)]);
    return this.arrayOf(level, () => this.value(level + 1));
  }

  private text(): string {
    this.count += 1;
    return `"u${this.count}"`;
  }

  private objectOf(level: number, make: () => [string, string]): string {
    const members: [string, string][] = [];
    for (let i = this.random.int(0, Math.max(1, this.layout.breadth)); i > 0; i--) members.push(make());
    return this.object(members, level);
  }

  private arrayOf(level: number, make: () => string): string {
    const items: string[] = [];
    for (let i = this.random.int(0, Math.max(1, this.layout.breadth)); i > 0; i--) items.push(make());
    return this.enclosed("[", items, "]", level);
  }

  private object(members: readonly [string, string][], level: number): string {
    const { form } = this.layout;
    const colon = (): string => {
      if (form === "wild") return `${this.space()}:${this.space()}`;
      return form === "tight" ? ":" : ": ";
    };
    const items = members.map(([key, value]) => `"${key}"${colon()}${value}`);
    return this.enclosed("{", items, "}", level);
  }

  private enclosed(opening: string, items: readonly string[], closing: string, level: number): string {
    const { form, hasComments, hasTrailingCommas } = this.layout;
    const trailing = hasTrailingCommas && items.length > 0 && this.random.bool() ? "," : "";
    if (form === "wild") {
      const inner = items.map((item) => this.space() + item + this.space()).join(",");
      return opening + inner + this.space() + (trailing === "" ? "" : `${trailing}${this.space()}`) + closing;
    }
    if (form === "tight") return opening + items.join(",") + trailing + closing;
    if (form === "one line")
      return items.length === 0 ? opening + closing : `${opening} ${items.join(", ")}${trailing} ${closing}`;
    if (items.length === 0) return this.random.bool() ? opening + closing : `${opening}${this.line(level)}${closing}`;
    const inner = items.map((item, i) => {
      const comma = i < items.length - 1 ? "," : trailing;
      const said = hasComments && this.random.int(0, 2) === 0 ? ` // ${this.random.pick(COMMENTS)}` : "";
      const above = hasComments && this.random.int(0, 4) === 0 ? `/* above */${this.line(level + 1)}` : "";
      return `${this.line(level + 1)}${above}${item}${comma}${said}`;
    });
    const below = hasComments && this.random.int(0, 3) === 0 ? `${this.line(level + 1)}// below` : "";
    return `${opening}${inner.join("")}${below}${this.line(level)}${closing}`;
  }

  private line(level: number): string {
    return this.eol() + this.layout.unit.repeat(level);
  }

  private eol(): string {
    return this.layout.eol === "mixed" ? this.random.pick(["\n", "\r\n"]) : this.layout.eol;
  }

  /** White space and comments. */
  private space(): string {
    const { random } = this;
    let text = "";
    for (let i = random.int(0, 3); i > 0; i--) {
      const kind = random.int(0, this.layout.hasComments ? 6 : 4);
      if (kind < 3) text += random.pick([" ", "\t", "  "]);
      else if (kind < 5) text += this.eol();
      else if (kind === 5) text += `/*${random.pick(COMMENTS)}${random.bool() ? this.eol() : ""}*/`;
      else text += `//${random.pick(COMMENTS)}${this.eol()}`;
    }
    return text;
  }
}

const TOKEN = /\/\/[^\r\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\.)*"|[-+.\w]+|[{}[\],:]|\s+|\uFEFF/g;

/** Changes what is there without regard for whose it is; what it makes can be read. */
export function editCarelessly(random: Random, text: string): string {
  let parts: string[] = text.match(TOKEN) ?? [];
  for (let i = random.int(1, 4); i > 0; i--) {
    const at = random.int(0, parts.length - 1);
    const part = parts[at] ?? "";
    const id = random.int(0, 2 ** 31);
    const isSpace = /^\s+$/.test(part) && part !== "\uFEFF";
    switch (random.int(0, 4)) {
      case 0:
        if (part !== "\uFEFF") parts = parts.toSpliced(at + 1, 0, lineEnd(part), `/* f${id} */`);
        break;
      case 1:
        if (part !== "\uFEFF") parts = parts.toSpliced(at + 1, 0, lineEnd(part), `// f${id}`, "\n");
        break;
      case 2:
        if (isSpace && !parts[at - 1]?.startsWith("//")) parts = parts.with(at, random.pick(["", " ", "\n"]));
        break;
      case 3:
        if (part === "{") parts = parts.toSpliced(at + 1, 0, `"f${id}": ${isNextClosing(parts, at, "}") ? "1" : "1,"}`);
        else if (part === "[") parts = parts.toSpliced(at + 1, 0, isNextClosing(parts, at, "]") ? "2" : "2,");
        break;
      case 4:
        if (part === "}" && isAfterValue(parts, at)) parts = parts.toSpliced(at, 0, "\n", `, "f${id}": [1] `);
        break;
    }
    parts = parts.join("").match(TOKEN) ?? [];
  }
  return parts.join("");
}

function lineEnd(part: string): string {
  return part.startsWith("//") ? "\n" : "";
}

function isTrivia(part: string): boolean {
  return /^\s|^\/[/*]/.test(part);
}

function isNextClosing(parts: readonly string[], at: number, closing: string): boolean {
  return parts.slice(at + 1).find((part) => !isTrivia(part)) === closing;
}

function isAfterValue(parts: readonly string[], at: number): boolean {
  const before = parts.slice(0, at).findLast((part) => !isTrivia(part)) ?? "{";
  return !["{", "[", ",", ":"].includes(before);
}

/** The comments of a text, in order. */
export function commentsOf(text: string): string[] {
  return (text.match(TOKEN) ?? []).filter((part) => /^\/[/*]/.test(part));
}
