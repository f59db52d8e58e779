// Names that a file of code gives to others, and those that it takes from them, as far as that can be told from its text
// alone. What is in doubt is left out: it is better to say nothing than to warn for nothing.

import { type CodeText, codeText, type Notation } from "./code-text.ts";
import { GO } from "./names-go.ts";
import { JAVA } from "./names-java.ts";
import { PYTHON } from "./names-python.ts";
import { RUST } from "./names-rust.ts";
import { TYPESCRIPT } from "./names-typescript.ts";

/** A file by its path from the top of the repository. */
export interface Source extends CodeText {
  path: string;
}

export interface Use {
  name: string;
  line: number;
  /** Whether it is that file which it takes the name from. */
  isOf(path: string): boolean;
}

export interface Language {
  extensions: readonly string[];
  notation: Notation;
  /** What others may use of it. */
  exportsOf(source: Source): ReadonlySet<string>;
  /** Whether it may give the name to others, in whatever way; also when it hands on names that are not seen here. */
  mayExport(source: Source, name: string): boolean;
  /** What it takes from other files, of these names. */
  usesOf(source: Source, names: ReadonlySet<string>): Use[];
  /** What it declares for itself, and whether a name is declared, brought in or bound in it in whatever way. */
  ownNames(source: Source): ReadonlySet<string>;
  mayDeclare(source: Source, name: string): boolean;
  /**
   * All that anybody may name of it, in whatever way (methods of what it makes, too), and whether a name is declared or
   * bound in it, which bringing it in is not. Only where names that are gone everywhere are looked for.
   */
  givenBy?(source: Source): ReadonlySet<string>;
  binds?(source: Source, name: string): boolean;
  /** The types of it by which what it gives is held; else what of that begins with a capital. */
  typesOf?(source: Source): ReadonlySet<string>;
  /** How others would name what `source` gives: any mention, where it does not say; and whether that alone is telling. */
  namedAs?(source: Source, name: string): Naming | undefined;
  /** Several files give names together (a package's). */
  isTogether?: boolean;
}

export interface Naming {
  /** Of a regular expression, which begins at the name. */
  pattern: string;
  /** `word`: when it is made of several words; `holder`: or what stands before it is of such a type. */
  isTelling: "always" | "word" | "holder";
}

const LANGUAGES: readonly Language[] = [TYPESCRIPT, PYTHON, GO, RUST, JAVA];

export function languageOf(path: string): Language | undefined {
  return LANGUAGES.find(({ extensions }) => extensions.some((extension) => path.endsWith(extension)));
}

export function sourceOf(path: string, text: string, { notation }: Language): Source {
  return { path, ...codeText(text, notation) };
}

const words = new WeakMap<Source, ReadonlySet<string>>();

/** As a word of its code. */
export function mentions(source: Source, name: string): boolean {
  const known = words.get(source) ?? new Set(source.code.match(/[\w$]+/g));
  words.set(source, known);
  return known.has(name);
}
