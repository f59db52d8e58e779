// Whether claude's last words want an answer that nobody gives. A guess, made for a notice: words can ask in many ways.

/** Whether a text ends by asking its reader something; choices may stand after the question. */
export function asksSomething(text: string): boolean {
  const lines = text
    .split("\n")
    .map((line) => line.replace(/[\s*_`"')\]]{1,20}$/, "").trim())
    .filter((line) => line !== "");
  const last = lines.findLast((line) => !/^([-*+•]|\(?[A-Za-z0-9]{1,2}[.)])\s/.test(line) || line.endsWith("?"));
  return last?.endsWith("?") === true;
}
