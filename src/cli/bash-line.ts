// A command line as bash hands it to a completion: raw, up to the cursor. Bash replaces only a part of the last word (from
// an open quote on, or behind its last break), and inserts what it is given as it is: both are done right here, so that
// no function of the bash-completion package is needed.

export interface BashLine {
  /** The words before the last one, without their quotes; the first is the program's name. */
  before: readonly string[];
  /** The last word without its quotes; "" behind a space. */
  current: string;
  /** How much of `current` stays as it is typed; what follows it is replaced. */
  kept: number;
  quote: Quote;
  /** Whether it is where output goes to or input comes from. */
  isRedirection: boolean;
}

type Quote = "" | "'" | '"';

/** `breaks` is COMP_WORDBREAKS. */
export function readBashLine(line: string, breaks: string): BashLine {
  const before: string[] = [];
  let current = "";
  let kept = 0;
  let quote: Quote = "";
  let isWord = false;
  let isRedirection = false;
  const endWord = (): void => {
    if (isWord && !isRedirection) before.push(current);
    if (isWord) isRedirection = false;
    [current, kept, isWord] = ["", 0, false];
  };
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? "";
    if (quote === "" && /[ \t\n]/.test(char)) endWord();
    else if (quote === "" && /[<>]/.test(char)) {
      // A number right before it is a file descriptor's.
      if (/^\d+$/.test(current)) isWord = false;
      endWord();
      isRedirection = true;
      while (/[<>&|]/.test(line[at + 1] ?? "")) at++;
    } else if (char === quote) {
      quote = "";
      kept = current.length;
    } else if (quote === "" && (char === "'" || char === '"')) {
      quote = char;
      kept = current.length;
      isWord = true;
    } else if (char === "\\" && (quote === "" || (quote === '"' && /[$`"\\\n]/.test(line[at + 1] ?? "")))) {
      at++;
      current += (line[at] ?? "").replace("\n", "");
      isWord = true;
    } else {
      current += char;
      isWord = true;
      if (quote === "" && breaks.includes(char)) kept = current.length;
    }
  }
  return { before, current, kept, quote, isRedirection };
}

/** What bash is to put in the place of the last word's end, so that the word is `value`; undefined when it cannot be. */
export function bashReplacement({ current, kept, quote }: BashLine, value: string): string | undefined {
  if (!value.startsWith(current)) return undefined;
  const text = value.slice(kept);
  if (quote === '"') {
    // History is expanded within double quotes as well, and a backslash would stay.
    return bounded(text.replace(/[$`"\\]/g, "\\$&").replaceAll("!", `"'!'"`), quote);
  }
  if (quote === "'") return bounded(text.replaceAll("'", `'\\''`), quote);
  return text.replace(/[^\w./:@%+=,\u0080-\u{10ffff}-]/gu, "\\$&");
}

/** readline takes a quote at the start for the one that is typed, and one at the end for the one that closes it. */
function bounded(text: string, quote: Quote): string {
  return (text.startsWith(quote) ? quote : "") + text + (text.endsWith(quote) ? quote : "");
}
