// An inbox for people: who wrote, when, and what, quoted and as wide as the terminal.

import type { Page } from "../../core/operation.ts";
import { age, counted, cutEnd, printable, QUOTE_MARK, quotedLines } from "../../core/text.ts";
import type { Inbox, ShownMessage } from "./inbox.ts";

export function listText({ messages, total }: Inbox, page: Page): string {
  if (total === 0) return "No messages.\n";
  const more = total - messages.length;
  const left =
    more === 0 ? [] : [page.paint.dim(fitting(`${counted(more, "earlier message")}: --limit ${total}`, page))];
  return linesText([...left, ...messages.flatMap((one) => messageLines(one, page))]);
}

export function unreadText({ messages, total }: Inbox, page: Page): string {
  if (total === 0) return "Nothing new.\n";
  const more = total - messages.length;
  const left = more === 0 ? [] : [fitting(`${more} more: parallel-cc messages read`, page)];
  return linesText([...messages.flatMap((one) => messageLines({ ...one, isNew: false }, page)), ...left]);
}

const NARROWEST = 10;

function messageLines(one: ShownMessage, page: Page): string[] {
  const width =
    page.columns === undefined ? Number.POSITIVE_INFINITY : Math.max(NARROWEST, page.columns - QUOTE_MARK.length);
  const { bold, green } = page.paint;
  const mark = one.isNew ? "new " : "";
  const head = fitting(`${mark}${headOf(one, page.now)}`, page).slice(mark.length);
  return [`${green(mark)}${bold(head)}`, ...quotedLines(one.message, width)];
}

function headOf({ kind, from, branch, sentAt }: ShownMessage, now: Date): string {
  const ago = `${age(new Date(sentAt), now)} ago`;
  if (kind === "news") return `news, ${ago}`;
  if (from === null) return `somebody at the command line, ${ago}`;
  return `${printable(from)}${branch === null ? "" : `, on ${printable(branch)}`}, ${ago}`;
}

function fitting(line: string, { columns }: Page): string {
  return columns === undefined ? line : cutEnd(line, columns);
}

function linesText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
