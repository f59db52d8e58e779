// A plan in Markdown: its phases, where they stand, and how many of their boxes are ticked. What stands in fenced code or
// in a comment is no heading and no box.

export interface Phase {
  number: number;
  title: string;
  /** Boxes in it. */
  done: number;
  total: number;
  /** Where it stands in the text, without what comes after it. */
  from: number;
  to: number;
}

export interface Plan {
  /** Of the first heading; undefined without one. */
  title: string | undefined;
  phases: Phase[];
  done: number;
  total: number;
}

interface Heading {
  level: number;
  text: string;
  at: number;
}

interface Box {
  at: number;
  isDone: boolean;
}

const MOST_PHASES = 100;
const MOST_HEADING = 500;
const LOWEST_LEVEL = 6;
const PHASE = /^(?:phase|stage|milestone)\s+(\d{1,4})\b[\s:.)–—-]*(.*)$/i;
const NUMBERED = /^(\d{1,4})\s*[:.)–—-]\s+(.*)$/;

export function readPlan(text: string): Plan {
  const { headings, boxes } = scan(text);
  const phases = phasesIn(headings, text.length)
    .slice(0, MOST_PHASES)
    .map((phase) => ({ ...phase, ...countOf(boxes.filter(({ at }) => at >= phase.from && at < phase.to)) }));
  return { title: headings[0]?.text, phases, ...countOf(boxes) };
}

function countOf(boxes: readonly Box[]) {
  return { done: boxes.filter(({ isDone }) => isDone).length, total: boxes.length };
}

/** Headings that call themselves phases; without any, those that are numbered. Only the highest of them. */
function phasesIn(headings: readonly Heading[], end: number): Omit<Phase, "done" | "total">[] {
  const named = headings.filter(({ text }) => PHASE.test(text));
  const pattern = named.length > 0 ? PHASE : NUMBERED;
  const all = named.length > 0 ? named : headings.filter(({ text }) => NUMBERED.test(text));
  const level = all.reduce((highest, one) => Math.min(highest, one.level), LOWEST_LEVEL);
  const starts = headings.filter((one) => one.level <= level);
  return starts.flatMap((one, index) => {
    const [, number, title] = pattern.exec(one.text) ?? [];
    if (number === undefined || one.level !== level) return [];
    return [{ number: Number(number), title: (title ?? "").trim(), from: one.at, to: starts[index + 1]?.at ?? end }];
  });
}

function scan(text: string): { headings: Heading[]; boxes: Box[] } {
  const headings: Heading[] = [];
  const boxes: Box[] = [];
  let fence: string | undefined;
  let isComment = false;
  let before: { text: string; at: number } | undefined;
  for (const { line, at } of linesOf(text)) {
    const paragraph = before;
    before = undefined;
    if (fence !== undefined) {
      if (closes(line, fence)) fence = undefined;
      continue;
    }
    if (isComment) {
      isComment = !line.includes("-->");
      continue;
    }
    fence = /^\s*(`{3,}(?=[^`]*$)|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) continue;
    if (/^ {0,3}<!--/.test(line)) {
      isComment = !line.includes("-->");
      continue;
    }
    const box = /^\s*(?:[-*+]|\d{1,9}[.)])\s+\[([ xX])\]\s/.exec(`${line} `);
    if (box !== null) boxes.push({ at, isDone: box[1] !== " " });
    const heading = /^ {0,3}(#{1,6})[ \t]+(.*)$/.exec(line);
    if (heading !== null) {
      headings.push({ level: heading[1]?.length ?? 1, text: plain(heading[2] ?? ""), at });
      continue;
    }
    const underline = /^ {0,3}(=+|-+)\s*$/.exec(line);
    if (underline !== null && paragraph !== undefined) {
      const level = underline[1]?.startsWith("=") ? 1 : 2;
      headings.push({ level, text: plain(paragraph.text), at: paragraph.at });
      continue;
    }
    // What a line of dashes would make a heading of.
    if (/^ {0,3}[^\s>#|-]/.test(line) && box === null) before = { text: line, at };
  }
  return { headings, boxes };
}

function closes(line: string, fence: string): boolean {
  const found = /^\s*(`{3,}|~{3,})\s*$/.exec(line)?.[1];
  return found !== undefined && found[0] === fence[0] && found.length >= fence.length;
}

/** Without what is not said: closing signs, emphasis, a link's target. */
function plain(text: string): string {
  return text
    .slice(0, MOST_HEADING)
    .replace(/\s+#+\s*$/, "")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[*_`~]{1,3}/g, "")
    .replace(/^\[[ xX]\]\s+/, "")
    .trim();
}

function* linesOf(text: string): Generator<{ line: string; at: number }> {
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf("\n", at);
    const next = end === -1 ? text.length : end + 1;
    yield { line: text.slice(at, end === -1 ? next : end).replace(/\r$/, ""), at };
    at = next;
  }
}
