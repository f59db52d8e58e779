// What a file would hold after an edit that an agent asks for, as Claude Code makes it: an edit is made in LF, whatever the
// file's line ends, which it gets back afterwards (2.0.77).

import { v } from "../../core/shape.ts";

const replacementEntries = () => ({
  old_string: v.string(),
  new_string: v.string(),
  replace_all: v.optional(v.boolean()),
});
const editShape = () => v.object(replacementEntries());
const multiEditShape = () => v.object({ edits: v.array(editShape()) });
const writeShape = () => v.object({ content: v.string() });

/**
 * Undefined for a tool that edits otherwise, and where the edit does not fit the text: then the client refuses it itself.
 * `before` is undefined where there is no such file.
 */
export function editedBytes(tool: string, input: unknown, before: Buffer | undefined): Buffer | undefined {
  const encoding = before?.[0] === 0xff && before[1] === 0xfe ? "utf16le" : "utf8";
  const text = editedText(tool, input, before?.toString(encoding) ?? "");
  return text === undefined ? undefined : Buffer.from(text, encoding);
}

function editedText(tool: string, input: unknown, before: string): string | undefined {
  if (tool === "Write") {
    const written = v.safeParse(writeShape(), input);
    return written.success ? written.output.content : undefined;
  }
  if (tool === "Edit") {
    const edit = v.safeParse(editShape(), input);
    return edit.success ? inItsLineEnds(before, [edit.output]) : undefined;
  }
  if (tool === "MultiEdit") {
    const several = v.safeParse(multiEditShape(), input);
    return several.success ? inItsLineEnds(before, several.output.edits) : undefined;
  }
  return undefined;
}

function inItsLineEnds(before: string, edits: readonly Replacement[]): string | undefined {
  const returns = before.split("\r\n").length - 1;
  if (returns === 0) return replaced(before, edits);
  const isMostly = returns > before.split("\n").length - 1 - returns;
  const after = replaced(before.replaceAll("\r\n", "\n"), edits);
  return isMostly ? after?.replaceAll("\n", "\r\n") : after;
}

type Replacement = v.InferOutput<ReturnType<typeof editShape>>;

function replaced(text: string, edits: readonly Replacement[]): string | undefined {
  let now = text;
  for (const { old_string: old, new_string: made, replace_all: isAll } of edits) {
    // Into a file that is new or empty.
    if (old === "" && now === "") now = made;
    else if (old === "" || !now.includes(old)) return undefined;
    // What is taken out whole takes its line end along.
    else if (made === "" && !old.endsWith("\n") && now.includes(`${old}\n`)) now = without(now, `${old}\n`, isAll);
    // A function, since `$&` in a text would stand for something.
    else now = isAll === true ? now.replaceAll(old, () => made) : now.replace(old, () => made);
  }
  return now;
}

function without(text: string, part: string, isAll: boolean | undefined): string {
  return isAll === true ? text.replaceAll(part, "") : text.replace(part, "");
}
