// A path as git reads it in quotes: in the list of alternates, where a colon would end it, and in a stream for fast-import.

export function quotedPath(path: string): string {
  return `"${path.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}
