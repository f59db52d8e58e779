// `parallel-cc complete <shell> <program> -- …`: what the scripts of `parallel-cc completions` ask while somebody types.
// The first line says what the shell is to offer beside the candidates (files, directories, claude's own) and what is
// asked for; each further one is a candidate in that shell's form. No failure: it would be shown in the line being typed.

import { cutEnd, printable } from "../core/text.ts";
import { makeWorld, type World } from "../world.ts";
import { bashReplacement, readBashLine } from "./bash-line.ts";
import { type Offer, offerFor } from "./offers.ts";
import { answer } from "./output.ts";

/** Always 0. */
export async function complete(argv: readonly string[]): Promise<number> {
  try {
    answer(await completionsFor(makeWorld(), argv));
  } catch {
    // No candidates, and not a word about it.
  }
  return 0;
}

/** bash gives the line up to the cursor, COMP_WORDBREAKS and COMP_TYPE; the others their words, the last unfinished. */
export async function completionsFor(world: World, argv: readonly string[]): Promise<string> {
  const [shell, program = "", , ...given] = argv;
  if (shell === "bash") return forBash(world, program, given);
  const linesOf = FORMS.get(shell ?? "");
  if (linesOf === undefined) return "";
  const offer = await offerFor(world, { program, before: given.slice(0, -1), current: given.at(-1) ?? "" });
  return [headOf(offer), ...linesOf(offer)].map((line) => `${line}\n`).join("");
}

function headOf({ shell, what }: Offer): string {
  return `${shell ?? "words"} ${printable(what)}`;
}

/** zsh matches them against what is typed, and quotes them. _describe reads `value:description`, with backslashes. */
function zshLines({ candidates }: Offer): string[] {
  return candidates.map(({ value, description }) => {
    return `${value.replace(/[\\:]/g, "\\$&")}:${printable(description).replaceAll("\\", "\\\\")}`;
  });
}

/** So does fish; it wants the whole word. */
function fishLines({ candidates, inline }: Offer): string[] {
  return candidates.map(({ value, description }) => `${inline}${value}\t${printable(description)}`);
}

const FORMS = new Map([
  ["zsh", zshLines],
  ["fish", fishLines],
]);

async function forBash(world: World, program: string, [text = "", breaks = "", type = ""]: readonly string[]) {
  const line = readBashLine(text, breaks);
  if (line.isRedirection) return "files\n";
  const offer = await offerFor(world, { program, before: line.before.slice(1), current: line.current });
  const replacements = offer.candidates.flatMap(({ value, description }) => {
    const put = bashReplacement(line, offer.inline + value);
    return put === undefined ? [] : [{ put, description }];
  });
  // A list that is shown, not inserted: ? for a second Tab, ! and @ where the first one lists.
  const isShown = ["63", "33", "64"].includes(type) && replacements.length > 1 && offer.areIds === true;
  const lines = replacements.map(({ put, description }) =>
    isShown ? `${put}  (${cutEnd(printable(description), LISTED_WIDTH)})` : put,
  );
  return [headOf(offer), ...lines].map((one) => `${one}\n`).join("");
}

/** Beside an id of 36 characters, within 100 columns. */
const LISTED_WIDTH = 60;
