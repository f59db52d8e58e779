// Lines of ours in other people's text files: whole blocks at the end, known by their exact lines. Pure. Texts are taken
// byte by byte (latin1), so that whatever else stands in a file survives.

export type Block = readonly string[];

export function holds(text: string, block: Block): boolean {
  return placesOf(linesOf(text), block).length > 0;
}

/** The text with the block behind all else. */
export function withBlock(text: string, block: Block): string {
  const gap = text === "" || text.endsWith("\n") ? "" : "\n";
  return `${text}${gap}${block.map((line) => `${line}\n`).join("")}`;
}

/** The text without any of these blocks. */
export function withoutBlocks(text: string, blocks: readonly Block[]): string {
  return blocks.reduce((left, block) => {
    const lines = linesOf(left);
    const gone = new Set(placesOf(lines, block).flatMap((at) => block.map((_, i) => at + i)));
    return lines.filter((_, i) => !gone.has(i)).join("");
  }, text);
}

/** Each with its end. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function placesOf(lines: readonly string[], block: Block): number[] {
  const bare = lines.map((line) => line.replace(/\r?\n$/, ""));
  const places: number[] = [];
  for (let at = 0; at + block.length <= lines.length; at++) {
    if (!block.every((line, i) => bare[at + i] === line)) continue;
    places.push(at);
    at += block.length - 1;
  }
  return places;
}
