// Pure text: what people see of names they or others chose, and the closest word to a mistyped one.

/** Control characters (escape sequences, newlines, direction overrides) shown as escapes: a name is data. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (char) => {
    if (char === "\n") return "\\n";
    if (char === "\t") return "\\t";
    return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** What another program said, `printable`, as the end of a sentence of ours: without its own full stops. */
export function clause(text: string): string {
  return printable(text.trimEnd().replace(/\.+$/, ""));
}

/** As `printable`, but keeps line ends: for text of several lines that we or a program wrote. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** What somebody else wrote, line by line behind a mark, without control characters, each line as wide as told or less. */
export function quotedLines(body: string, width: number): string[] {
  const lines = shownLines(body.trimEnd());
  const fitting = lines.flatMap((line) => Bun.wrapAnsi(line, width, { hard: true, trim: false }).split("\n"));
  return fitting.map((line) => `${QUOTE_MARK}${line}`.trimEnd());
}

/** What somebody else wrote, for a model to read: without control characters, and no part of what its client frames. */
export function wordsForModel(body: string): string {
  return unframed(shownLines(body).join("\n"));
}

/** What Claude Code itself tells a model stands in an element of this name, which others' words could begin or end. */
export function unframed(text: string): string {
  return text.replace(/<(?=\/?system-reminder)/gi, "\\u{3c}");
}

function shownLines(body: string): string[] {
  const lines = body.split(/\r\n|[\n\r\u2028\u2029]/);
  return lines.map((line) => printable(line.replaceAll("\t", "    ")).trimEnd());
}

export const QUOTE_MARK = "  > ";

/** One word for POSIX shells: single quotes around it, safe for `eval`. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** As typed when it is plain, quoted when it is not: for commands shown to people. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : shellQuote(text);
}

/**
 * Letters and digits of any script in lower case and single dashes, at most `max` characters, safe in a ref and a file
 * name; may be "". Latin letters lose their accents, since a branch is typed on any keyboard.
 */
export function slug(text: string, max = 40): string {
  const plain = text.normalize("NFKD").replace(/(\p{Script=Latin})\p{M}+/gu, "$1");
  const words = plain.normalize("NFC").toLowerCase().normalize("NFC");
  const dashed = words.replace(/[^\p{L}\p{M}\p{N}]+/gu, "-").replace(/^[-\p{M}]+/u, "");
  return [...dashed].slice(0, max).join("").replace(/-+$/, "");
}

/** `1 file`, `2 files`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `1.2 GB`, in units of 1024. */
export function sizeText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size < 10 && unit > 0 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** How long ago, in the largest unit that fits: `12s`, `5m`, `3h`, `2d`. */
export function age(from: Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - from.getTime()) / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** The candidate closest to what was typed, when it is close enough to be meant. */
export function nearest(typed: string, candidates: readonly string[]): string | undefined {
  let best: { word: string; distance: number } | undefined;
  for (const word of candidates) {
    const distance = editDistance(typed.toLowerCase(), word.toLowerCase());
    if (best === undefined || distance < best.distance) best = { word, distance };
  }
  if (best === undefined) return undefined;
  return best.distance <= Math.max(1, Math.floor(Math.max(typed.length, best.word.length) / 3)) ? best.word : undefined;
}

// Optimal string alignment: a swap of neighbours (`stauts`) counts as one edit.
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** How far a column may shrink, and which side of its cells tells more. */
export interface Cut {
  column: number;
  floor: number;
  keeps: "start" | "end";
}

/**
 * Lays rows out in columns two spaces apart. With `width`, columns shrink in the order of `cuts`, each to its floor,
 * until the lines fit; they are wider when all floors together are.
 */
export function table(
  rows: readonly (readonly string[])[],
  options: { width?: number | undefined; cuts?: readonly Cut[] } = {},
): string[] {
  const { width = Number.POSITIVE_INFINITY, cuts = [] } = options;
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, Bun.stringWidth(cell));
    });
  }
  let excess = widths.reduce((sum, one) => sum + one, 0) + 2 * (widths.length - 1) - width;
  for (const { column, floor } of cuts) {
    const wide = widths[column] ?? 0;
    const shrink = Math.max(0, Math.min(excess, wide - floor));
    widths[column] = wide - shrink;
    excess -= shrink;
  }
  const keeps = new Map(cuts.map((one) => [one.column, one.keeps]));
  const fitCell = (cell: string, i: number): string => {
    const room = widths[i] ?? 0;
    const shown = cut(cell, room, keeps.get(i) ?? "start");
    return shown + " ".repeat(Math.max(0, room - Bun.stringWidth(shown)));
  };
  return rows.map((row) => row.map(fitCell).join("  ").trimEnd());
}

/** Keeps the end (of a path it tells most) behind an ellipsis; the text as it is when it fits. */
export function cutStart(text: string, width: number): string {
  return cut(text, width, "end");
}

/** Keeps the start before an ellipsis; the text as it is when it fits. */
export function cutEnd(text: string, width: number): string {
  return cut(text, width, "start");
}

function cut(text: string, width: number, keeps: "start" | "end"): string {
  if (Bun.stringWidth(text) <= width) return text;
  const clusters = clustersOf(text);
  if (keeps === "end") clusters.reverse();
  const kept: string[] = [];
  let left = width - 1;
  for (const cluster of clusters) {
    left -= Bun.stringWidth(cluster);
    if (left < 0) break;
    kept.push(cluster);
  }
  return keeps === "end" ? `…${kept.reverse().join("")}` : `${kept.join("")}…`;
}

let segmenter: Intl.Segmenter | undefined;

/** What a reader takes for one character. The segmenter costs a millisecond to make, so plain text goes without. */
function clustersOf(text: string): string[] {
  if (/^[ -~]*$/.test(text)) return [...text];
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), (one) => one.segment);
}
