// What the demo says to people. The story tells itself; here it gets its frame.

import type { Page } from "../../core/operation.ts";
import { printable, shellWord } from "../../core/text.ts";
import type { Demo, Place } from "./demo.ts";
import type { Line } from "./part.ts";

const INDENT = 9;

export function beginText(keptIn: Place | null, { paint }: Page): string {
  const title = paint.bold("Three agents share one git repository (shell scripts: no AI, no network)");
  return `${title}\n${keptIn === null ? "" : `  ${shownPath(keptIn.directory)}\n`}\n`;
}

export function lineText({ step, text, isFirst }: Line, { paint }: Page): string {
  const head = (isFirst ? step : "").padEnd(INDENT);
  return `${paint.cyan(head)}${text}\n`;
}

export function endText({ keptIn, next }: Pick<Demo, "keptIn" | "next">, { paint }: Page): string {
  const commands = next.map((command) => `  ${paint.bold(command)}\n`).join("");
  return `\n${leftText(keptIn)}Now type in two terminals, in a repository of yours:\n${commands}`;
}

function leftText(keptIn: Place | null): string {
  if (keptIn === null) return "Nothing of this is left. ";
  const { dataDirectory, repository } = keptIn;
  return `Look around: export PARALLEL_CC_HOME=${shownPath(dataDirectory)}; cd ${shownPath(repository)}\n`;
}

function shownPath(path: string): string {
  return shellWord(printable(path));
}

export function demoText(demo: Demo, page: Page): string {
  const lines = demo.steps.flatMap(({ step, told }) =>
    told.map((text, i) => lineText({ step, text, isFirst: i === 0 }, page)),
  );
  return `${beginText(demo.keptIn, page)}${lines.join("")}${endText(demo, page)}`;
}
