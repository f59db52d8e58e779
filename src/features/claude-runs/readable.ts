// What claude has printed as people read it: its words as they are, a tool in one line, its result in one more when it
// failed. Pure; nothing of it can act on a terminal.

import { printable } from "../../core/text.ts";
import { type Block, type ClaudeEvent, eventOf } from "./events.ts";
import { aboutTool, oneLine } from "./tool-words.ts";

const MOST_LINES = 200;
const MOST_COLUMNS = 2000;

/** Lines for one that claude has printed; undefined stands for one too long to be read. Often there is nothing to say. */
export function readableLines(line: string | undefined): string[] {
  if (line === undefined) return ["(a line that is too long to be shown)"];
  const event = eventOf(line);
  if (event !== undefined) return linesOf(event);
  // Not the client's own: a warning, or a script in its place.
  const isOther = line.trim() !== "" && !line.startsWith("{");
  return isOther ? [oneLine(line)] : [];
}

/** One line at most, for who looks on without a terminal. */
export function stepLine(line: string | undefined): string | undefined {
  const first = line === undefined ? undefined : readableLines(line).find((one) => one.trim() !== "");
  return first === undefined ? undefined : oneLine(first);
}

function linesOf(event: ClaudeEvent): string[] {
  switch (event.type) {
    case "system":
      return systemLines(event);
    case "assistant":
      return event.message.content.flatMap(blockLines).map(event.parent_tool_use_id == null ? (one) => one : indented);
    case "user":
      return event.message.content.flatMap((block) => (block.type === "tool_result" ? blockLines(block) : []));
    case "result":
      return resultLines(event);
  }
}

function systemLines({ subtype, model, error, error_status: status }: Extract<ClaudeEvent, { type: "system" }>) {
  if (subtype === "init") return [`Claude began${model === undefined ? "" : ` (${oneLine(model, 100)})`}.`];
  if (subtype !== "api_retry") return [];
  const why = [status ?? "", error ?? ""].join(" ").trim();
  return [`The model gave no answer and is asked again${why === "" ? "" : ` (${oneLine(why, 100)})`}.`];
}

function resultLines({
  subtype = "",
  is_error: isError,
  errors,
  result = "",
}: Extract<ClaudeEvent, { type: "result" }>) {
  // Its last words stand there already.
  if (!isError && subtype === "success") return ["Claude is done."];
  const why = oneLine(errors[0] ?? result);
  return [`Claude ended early: ${why === "" ? oneLine(subtype, 60) : why}`];
}

function blockLines(block: Block): string[] {
  if (block.type === "text") return textLines(block.text);
  if (block.type === "tool_use") return [`* ${[oneLine(block.name, 60), aboutTool(block.input)].join(" ").trimEnd()}`];
  // The client's own frame around it.
  const text = resultText(block.content).replace(/^<tool_use_error>|<\/tool_use_error>$/g, "");
  return [`  ${block.is_error ? "failed: " : ""}${text === "" ? "(nothing)" : oneLine(text)}`];
}

function resultText(content: string | readonly unknown[]): string {
  if (typeof content === "string") return content;
  const parts = content.map((one) => (typeof one === "object" && one !== null && "text" in one ? one.text : ""));
  return parts.filter((one) => typeof one === "string").join(" ");
}

function textLines(text: string): string[] {
  const all = text.trim().split(/\r\n|[\n\r]/, MOST_LINES);
  return all.map((line) => printable(line.slice(0, MOST_COLUMNS).replaceAll("\t", "    ")).trimEnd());
}

function indented(line: string): string {
  return `    ${line}`;
}
