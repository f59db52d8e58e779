// What claude has printed as people read it: its words as they are, a tool in one line, its result in one more when it
// failed. Nothing of it can act on a terminal.

import { printable } from "../../core/text.ts";
import { type Block, type ClaudeEvent, eventOf } from "./events.ts";
import { aboutTool, oneLine } from "./tool-words.ts";

const MOST_LINES = 200;
const MOST_COLUMNS = 2000;

export interface Readable {
  /** Lines for one that claude has printed; undefined stands for one too long to be read. Often there is nothing to say. */
  lines(line: string | undefined): string[];
  /** One line at most, for who looks on: what it says, and what it does; what came of that only when it failed. */
  step(line: string | undefined): string | undefined;
}

/** For what one claude prints, in order: its first line says where it stands, and what is below is named from there. */
export function makeReadable(): Readable {
  let place = "";
  const read = (line: string): ClaudeEvent | undefined => {
    const event = eventOf(line);
    if (event?.type === "system" && event.subtype === "init") place = placeOf(event.cwd);
    return event;
  };
  const lines = (line: string | undefined): string[] => {
    if (line === undefined) return ["(a line that is too long to be shown)"];
    const event = read(line);
    return event === undefined ? otherLines(line) : linesOf(event, place);
  };
  const step = (line = ""): string | undefined => {
    const event = read(line);
    const shown = event?.type === "user" ? failedOnly(event) : event;
    const all = shown === undefined ? otherLines(line) : linesOf(shown, place);
    const first = all.find((one) => one.trim() !== "");
    return first === undefined ? undefined : oneLine(first);
  };
  return { lines, step };
}

/** Not the client's own: a warning, or a script in its place. */
function otherLines(line: string): string[] {
  return line.trim() === "" || line.startsWith("{") ? [] : [oneLine(line)];
}

const LONGEST_PLACE = 1000;

function placeOf(directory: string | undefined): string {
  const isPlace = directory?.startsWith("/") === true && directory.length > 1 && directory.length < LONGEST_PLACE;
  return isPlace ? `${directory}/` : "";
}

type Of<Type extends ClaudeEvent["type"]> = Extract<ClaudeEvent, { type: Type }>;

function failedOnly(event: Of<"user">): Of<"user"> {
  const content = event.message.content.filter((block) => block.type === "tool_result" && block.is_error);
  return { ...event, message: { ...event.message, content } };
}

function linesOf(event: ClaudeEvent, place: string): string[] {
  switch (event.type) {
    case "system":
      return systemLines(event);
    case "assistant":
      return event.message.content
        .flatMap((block) => blockLines(block, place))
        .map(event.parent_tool_use_id == null ? (one) => one : indented);
    case "user":
      return event.message.content.flatMap((block) => (block.type === "tool_result" ? blockLines(block, place) : []));
    case "result":
      return resultLines(event);
  }
}

function systemLines({ subtype, model, error, error_status: status }: Of<"system">) {
  if (subtype === "init") return [`Claude began${model === undefined ? "" : ` (${oneLine(model, 100)})`}.`];
  if (subtype !== "api_retry") return [];
  const why = [status ?? "", error ?? ""].join(" ").trim();
  const what = status === 401 ? "did not let it in" : "gave no answer";
  return [`The model ${what} and is asked again${why === "" ? "" : ` (${oneLine(why, 100)})`}.`];
}

function resultLines({ subtype = "", is_error: isError, errors, result = "" }: Of<"result">) {
  // Its last words stand there already.
  if (!isError && subtype === "success") return ["Claude is done."];
  const why = oneLine(errors[0] ?? result);
  return [`Claude ended early: ${why === "" ? oneLine(subtype, 60) : why}`];
}

function blockLines(block: Block, place: string): string[] {
  if (block.type === "text") return textLines(block.text);
  if (block.type === "tool_use") {
    const words = [oneLine(block.name, 60), aboutTool(inPlace(block.input, place))];
    return [`* ${words.join(" ").trimEnd()}`];
  }
  // The client's own frame around it.
  const text = resultText(block.content).replace(/^<tool_use_error>|<\/tool_use_error>$/g, "");
  return [`  ${block.is_error ? "failed: " : ""}${text === "" ? "(nothing)" : oneLine(short(text, place))}`];
}

/** What is cut off anyway is not looked at. */
const MOST_LOOKED_AT = 10_000;

function short(text: string, place: string): string {
  return place === "" ? text : text.slice(0, MOST_LOOKED_AT).replaceAll(place, "");
}

function inPlace(input: Readonly<Record<string, unknown>>, place: string): Record<string, unknown> {
  const entries = Object.entries(input);
  return Object.fromEntries(entries.map(([name, one]) => [name, typeof one === "string" ? short(one, place) : one]));
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
