// Doctor's answer for people: a sign, a name and what was found in columns, what to do below it, one verdict at the end.

import type { Page, Paint } from "../../core/operation.ts";
import { counted, printable } from "../../core/text.ts";
import type { Check } from "./check.ts";

const GAP = 2;

export function doctorText(checks: readonly Check[], { columns, paint }: Pick<Page, "columns" | "paint">): string {
  const signs = { ok: paint.green("✓"), warn: paint.yellow("!"), fail: paint.red("✗") };
  const widest = Math.max(0, ...checks.map(({ name }) => name.length));
  const indent = 2 + widest + GAP;
  const room = columns === undefined ? Number.POSITIVE_INFINITY : Math.max(20, columns - indent);
  const lines = checks.flatMap(({ name, status, detail, hint }, i) => {
    const shown = checks[i - 1]?.name === name ? "" : name;
    const [first = "", ...more] = wrapped(printable(detail), room);
    return [
      `${signs[status]} ${shown.padEnd(widest)}${" ".repeat(GAP)}${coloured(status, paint)(first)}`,
      ...more.map((line) => " ".repeat(indent) + coloured(status, paint)(line)),
      ...(hint === undefined ? [] : wrapped(printable(hint), room - 2)).map(
        (line, at) => `${" ".repeat(indent)}${paint.dim(`${at === 0 ? "→" : " "} ${line}`)}`,
      ),
    ];
  });
  const [words, colour] = verdict(checks, paint);
  const last = wrapped(words, columns ?? Number.POSITIVE_INFINITY).map(colour);
  return `${[...lines, "", ...last].join("\n")}\n`;
}

function coloured(status: Check["status"], paint: Paint): (text: string) => string {
  if (status === "ok") return (text) => text;
  return status === "warn" ? paint.yellow : paint.red;
}

function verdict(checks: readonly Check[], paint: Paint): [words: string, colour: (text: string) => string] {
  const count = (status: Check["status"]) => checks.filter((check) => check.status === status).length;
  const [failures, warnings] = [count("fail"), count("warn")];
  const minor = warnings === 0 ? "" : counted(warnings, "warning");
  if (failures > 0) {
    const all = [`${counted(failures, "check")} failed`, ...(minor === "" ? [] : [minor])].join(", ");
    return [`${all}: mend what is marked ✗ first.`, paint.red];
  }
  return warnings > 0 ? [`${minor}, no failure.`, paint.yellow] : ["All is well.", paint.green];
}

/** At spaces; a word that is longer than a line (a path) goes on in the next one, after a slash where it has one. */
function wrapped(text: string, room: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((one) => pieces(one, room))) {
    const joined = line === "" || word.isContinued ? line + word.text : `${line} ${word.text}`;
    if (line !== "" && (Bun.stringWidth(joined) > room || word.isContinued)) {
      lines.push(line);
      line = word.text;
    } else line = joined;
  }
  return [...lines, line];
}

function pieces(word: string, room: number): { text: string; isContinued: boolean }[] {
  const found: { text: string; isContinued: boolean }[] = [];
  let rest = word;
  while (Bun.stringWidth(rest) > room) {
    const slash = rest.lastIndexOf("/", room - 1);
    const end = slash > 0 ? slash + 1 : room;
    found.push({ text: rest.slice(0, end), isContinued: found.length > 0 });
    rest = rest.slice(end);
  }
  return [...found, { text: rest, isContinued: found.length > 0 }];
}
