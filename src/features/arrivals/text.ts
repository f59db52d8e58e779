// Merges that were seen, and who waits for one, for people.

import type { Page } from "../../core/operation.ts";
import { age, counted, printable, table } from "../../core/text.ts";
import type { EventAnswer, SubscriptionAnswer } from "./answers.ts";

interface Events {
  events: readonly EventAnswer[];
  total: number;
}

export function eventsText({ events, total }: Events, page: Page): string {
  if (events.length === 0) return "No merge was seen.\n";
  const rows = events.map((one) => [
    `${age(new Date(one.mergedAt), page.now)} ago`,
    printable(one.branchName),
    methodWords(one),
    printable(one.targetBranch),
    one.targetCommit.slice(0, 7),
    printable(one.mergedBy ?? ""),
    one.notificationSent ? "told" : "",
  ]);
  const head = ["MERGED", "BRANCH", "", "TARGET", "AS", "BY", ""];
  return lines([head, ...rows], page, total - events.length);
}

interface Subscriptions {
  subscriptions: readonly SubscriptionAnswer[];
  total: number;
}

export function subscriptionsText({ subscriptions, total }: Subscriptions, page: Page): string {
  if (subscriptions.length === 0) return "Nobody asked to be told of a merge.\n";
  const rows = subscriptions.map((one) => [
    `${age(new Date(one.createdAt), page.now)} ago`,
    printable(one.branchName),
    printable(one.targetBranch),
    one.sessionId.slice(0, 8),
    one.isActive ? "waits" : one.notifiedAt === null ? "over" : `told ${age(new Date(one.notifiedAt), page.now)} ago`,
  ]);
  return lines([["ASKED", "BRANCH", "TARGET", "SESSION", ""], ...rows], page, total - subscriptions.length);
}

/** One merge in a line, as `watch merges` tells it. */
export function eventLine(one: EventAnswer): string {
  const by = one.mergedBy === null ? "" : ` by ${printable(one.mergedBy)}`;
  const what = `${printable(one.branchName)} ${methodWords(one)} ${printable(one.targetBranch)}`;
  const as = one.targetCommit.slice(0, 7);
  return `${one.mergedAt} ${what} ${one.method === "rebased" ? `(the same change as of ${as})` : `as ${as}`}${by}`;
}

function methodWords({ method }: EventAnswer): string {
  if (method === "ff") return "fast-forwarded into";
  return method === "rebased" ? "landed in" : `${printable(method ?? "merged")} into`;
}

function lines(rows: readonly string[][], page: Page, more: number): string {
  const cuts = [
    { column: 1, floor: 12, keeps: "end" },
    { column: 5, floor: 6, keeps: "start" },
    { column: 3, floor: 4, keeps: "end" },
  ] as const;
  const wanted = cuts.filter(({ column }) => column < (rows[0]?.length ?? 0));
  const [head = "", ...others] = table(rows, { width: page.columns, cuts: wanted });
  const end = more > 0 ? [page.paint.dim(`${counted(more, "more")} with --limit`.replace("mores", "more"))] : [];
  return [page.paint.bold(head), ...others, ...end].map((line) => `${line}\n`).join("");
}
