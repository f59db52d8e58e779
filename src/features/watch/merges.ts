// What the doors know of watching for merges. Again and again it is answered in `cli/commands/watch-merges.ts`, line by
// line; once, as any command.

import { type AnyOperation, operation } from "../../core/operation.ts";
import { flag, NUMBER, TEXT, v, whole, word } from "../../core/shape.ts";
import { counted, printable } from "../../core/text.ts";
import type { World } from "../../world.ts";
import { eventAnswer, eventAnswerShape, eventLine } from "../arrivals/arrivals.ts";
import type { Look } from "./merges-watch.ts";

const LEAST_SECONDS = 5;
const DEFAULT_SECONDS = 60;

const inputShape = () =>
  v.strictObject({
    interval: v.optional(
      whole(
        `Seconds from one look to the next (default: ${DEFAULT_SECONDS}, at least ${LEAST_SECONDS})`,
        LEAST_SECONDS,
      ),
    ),
    once: v.optional(flag("Look once, and say what was found")),
    unattended: v.optional(flag("As started by hooks: say nothing, and end at once where another looks already")),
    repo: v.optional(
      word("Only this repository (default: all that sessions work in, and the current one)", "repository"),
    ),
  });
type Input = v.InferOutput<ReturnType<typeof inputShape>>;

const outputShape = () =>
  v.strictObject({
    newMerges: v.array(eventAnswerShape()),
    notificationsSent: NUMBER,
    subscriptionsChecked: NUMBER,
    errors: v.array(TEXT),
  });
export type MergesTold = v.InferOutput<ReturnType<typeof outputShape>>;

function toldOf({ polled, errors }: Look): MergesTold {
  const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
  return {
    newMerges: polled.flatMap(({ recorded }) => recorded.map(({ event }) => eventAnswer(event))),
    notificationsSent: sum(polled.map((one) => one.notificationsSent)),
    subscriptionsChecked: sum(polled.map((one) => one.subscriptionsChecked)),
    errors: [...errors],
  };
}

/** Each look that has found something, or failed otherwise than the one before it; and the first one. */
export async function* looksForMerges(world: World, given: unknown): AsyncGenerator<MergesTold, void, void> {
  const { interval = DEFAULT_SECONDS, repo }: Input = v.parse(inputShape(), given);
  const { watchMerges } = await import("./merges-watch.ts");
  let before: string | undefined;
  for await (const look of watchMerges(world, { repo, intervalMs: 1000 * interval })) {
    const told = toldOf(look);
    const errors = told.errors.join("\n");
    const isNews = told.newMerges.length > 0 || told.notificationsSent > 0;
    if (isNews || errors !== before) yield { ...told, errors: errors === before ? [] : told.errors };
    before = errors;
  }
}

/** Nothing of a look that has found nothing. */
export function mergesText({ newMerges, notificationsSent }: MergesTold): string {
  if (newMerges.length === 0 && notificationsSent === 0) return "";
  const told =
    notificationsSent === 0 ? "No session had to be told." : `Told ${counted(notificationsSent, "session")}.`;
  return [...newMerges.map(eventLine), told].map((line) => `${line}\n`).join("");
}

export const mergesOperation: AnyOperation<World> = operation({
  name: "watch.merges",
  summary: "See which branches have landed, and tell the sessions that it concerns",
  description:
    "Looks every minute until you stop it, or once. While sessions are at work it is not needed: their hooks have the " +
    "same done in the background. Targets are fetched from their remotes first (merges.fetch), without ever asking for " +
    "anything. Each session whose base lacks what has landed is told once, and so is who asked for it; notify.command " +
    "gets each merge as JSON. See `parallel-cc help merges`.",
  input: inputShape,
  output: outputShape,
  cli: {
    path: ["watch", "merges"],
    examples: [
      "parallel-cc watch merges",
      "parallel-cc watch merges --once --json",
      "parallel-cc watch merges --interval 300",
    ],
  },
  run: async (world: World, { repo, unattended = false }) => {
    const { lookForMerges } = await import("./merges-watch.ts");
    return toldOf(await lookForMerges(world, { repo, isUnattended: unattended }));
  },
  text: (told, _page, { unattended = false }) => {
    if (unattended) return "";
    return told.newMerges.length === 0 ? `No new merge was seen.\n${mergesText(told)}` : mergesText(told);
  },
  narration: ({ errors }, page, { unattended = false }) =>
    unattended ? "" : errors.map((error: string) => `${page.paint.yellow("warning:")} ${printable(error)}\n`).join(""),
});
