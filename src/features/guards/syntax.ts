// What a command line of a POSIX shell or bash consists of, as far as it matters for what is run and with which words.

export type Part =
  /** Unquoted, `*`, `?`, `[`, `{` and a `~` at the start mean something. */
  | { kind: "text"; text: string; isQuoted: boolean }
  | { kind: "variable"; name: string; isQuoted: boolean }
  /** Nobody knows before it runs: `$(…)`, `${x:-…}`, `$((…))`, `<(…)`; with what is run to find out. */
  | { kind: "unknown"; isQuoted: boolean; inside: readonly Script[] };

export interface Word {
  parts: readonly Part[];
}

export interface Assignment {
  name: string;
  /** Undefined for `x+=…`, an element, and an array. */
  value: Word | undefined;
  inside: readonly Script[];
}

export interface Redirection {
  operator: string;
  /** Of `<<` and `<<-`: the text itself. */
  target: Word;
}

export interface SimpleCommand {
  kind: "command";
  /** Before the command's name, or of `export x=…` and its like. */
  assignments: readonly Assignment[];
  words: readonly Word[];
  redirections: readonly Redirection[];
}

export type Node =
  | SimpleCommand
  | { kind: "pipeline"; nodes: readonly Node[] }
  | { kind: "negated"; node: Node }
  | { kind: "chain"; first: Node; rest: readonly { joiner: "&&" | "||"; node: Node }[] }
  | { kind: "subshell"; body: Script; redirections: readonly Redirection[] }
  | { kind: "group"; body: Script; redirections: readonly Redirection[] }
  | { kind: "if"; branches: readonly { test: Script; body: Script }[]; otherwise: Script }
  /** `values` is undefined where the variable takes what nobody knows. */
  | { kind: "for"; variable: string; values: readonly Word[] | undefined; body: Script }
  | { kind: "while"; test: Script; body: Script }
  | { kind: "case"; word: Word; arms: readonly Script[] }
  | { kind: "function"; name: string; body: Node }
  /** `[[ … ]]` and `(( … ))`: only what is substituted in them is run; the latter may set variables. */
  | { kind: "test"; words: readonly Word[]; isSetting: boolean };

export interface Statement {
  node: Node;
  /** Followed by `&`: it runs in a shell of its own. */
  isBackground: boolean;
}

export type Script = readonly Statement[];

/** The text is none that bash takes, or nests deeper than anybody writes. */
export class Unreadable extends Error {}

/** A text that is being read. */
export interface Source {
  readonly text: string;
  at: number;
  /** How deep in nested constructs. */
  depth: number;
  /** Here-documents whose text begins at the next line. */
  readonly documents: PendingDocument[];
  /** Reads commands, up to the end of the text or what closes more than it opened. */
  readonly commands: (source: Source) => Script;
}

export interface PendingDocument {
  delimiter: string;
  /** `<<-`: tabs at the start of lines are none of the text. */
  isIndented: boolean;
  /** Its delimiter was quoted: nothing in it is expanded. */
  isLiteral: boolean;
  /** Filled when the text is reached. */
  parts: Part[];
}

export const MAX_DEPTH = 60;
