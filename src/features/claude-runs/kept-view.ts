// The view of a run whose output is kept in a file: what stands there is read once, and what comes is added.

import { existsSync } from "node:fs";
import { makeLines } from "./lines.ts";
import { addLine, newView, type View } from "./view.ts";

export interface KeptView {
  /** In order, whatever its size. */
  add(bytes: Uint8Array, at: Date): void;
  /** Of all lines that are whole. JSON. */
  snapshot(): View;
}

/** A file that is not there is empty. Constant memory. */
export async function viewOf(file: string): Promise<KeptView> {
  const lines = makeLines();
  let view = newView();
  const add = (bytes: Uint8Array, at: Date) => {
    for (const line of lines.push(bytes)) view = addLine(view, line, at);
  };
  if (existsSync(file)) {
    const kept = Bun.file(file);
    const at = new Date(kept.lastModified);
    for await (const chunk of kept.stream()) add(chunk, at);
  }
  return { add, snapshot: () => view };
}
