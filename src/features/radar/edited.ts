// What a file would hold after an edit that an agent asks for.

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
export function editedText(tool: string, input: unknown, before: string | undefined): string | undefined {
  if (tool === "Write") {
    const written = v.safeParse(writeShape(), input);
    return written.success ? written.output.content : undefined;
  }
  if (tool === "Edit") {
    const edit = v.safeParse(editShape(), input);
    return edit.success ? replaced(before ?? "", [edit.output]) : undefined;
  }
  if (tool === "MultiEdit") {
    const several = v.safeParse(multiEditShape(), input);
    return several.success ? replaced(before ?? "", several.output.edits) : undefined;
  }
  return undefined;
}

type Replacement = v.InferOutput<ReturnType<typeof editShape>>;

function replaced(text: string, edits: readonly Replacement[]): string | undefined {
  let now = text;
  for (const { old_string: old, new_string: made, replace_all: isAll } of edits) {
    // Into a file that is new or empty.
    if (old === "" && now === "") now = made;
    else if (old === "" || !now.includes(old)) return undefined;
    // A function, since `$&` in a text would stand for something.
    else now = isAll === true ? now.replaceAll(old, () => made) : now.replace(old, () => made);
  }
  return now;
}
