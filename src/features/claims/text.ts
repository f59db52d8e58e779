// Claims for people.

import type { Page } from "../../core/operation.ts";
import { age, printable, table } from "../../core/text.ts";
import type { ClaimAnswer, ConflictAnswer } from "./answers.ts";
import type { Outcome } from "./hold.ts";
import type { ClaimsAnswer } from "./list.ts";
import { heldLines } from "./words.ts";

const CUTS = [
  { column: 5, floor: 8, keeps: "start" },
  { column: 3, floor: 10, keeps: "start" },
  { column: 0, floor: 16, keeps: "end" },
  { column: 2, floor: 8, keeps: "start" },
] as const;

export function claimsText(
  { claims, bypasses }: ClaimsAnswer,
  page: Page,
  { all }: { all?: boolean | undefined },
): string {
  if (claims.length === 0 && bypasses.length === 0) return "No claims.\n";
  const head = ["FILE", "MODE", "SESSION", "BRANCH", all === true ? "STATE" : "ENDS IN", "FOR"];
  const rows = claims.map((one) => [
    printable(one.filePath),
    one.claimMode,
    `${printable(one.sessionName ?? one.sessionId.slice(0, 8))}${one.isMine ? " (this)" : ""}`,
    printable(one.branch ?? "-"),
    one.isActive ? left(one) : "over",
    printable(one.reason ?? WHY[one.source]),
  ]);
  const [heading = "", ...lines] = table([head, ...rows], { width: page.columns, cuts: CUTS });
  const shown = claims.length === 0 ? ["No claims."] : [page.paint.bold(heading), ...lines];
  const over = bypasses.slice(0, 5).map(({ filePath, holder, sessionId, bypassedAt }) => {
    const who = sessionId === null ? "somebody" : `session ${sessionId.slice(0, 8)}`;
    const since = age(new Date(bypassedAt), page.now);
    return `${who} committed ${printable(filePath)} over the claim of ${printable(holder)} ${since} ago`;
  });
  return `${[...shown, ...over].join("\n")}\n`;
}

const WHY: Readonly<Record<ClaimAnswer["source"], string>> = {
  asked: "",
  edit: "edited",
  shell: "written by a command",
};

function left({ minutesUntilExpiry: minutes }: ClaimAnswer): string {
  return minutes < 60 ? `${minutes}m` : `${Math.round(minutes / 60)}h`;
}

/** What became of asking for claims, in a line or a few. */
export function grantWords(outcome: Outcome, now: Date): string {
  const beside = outcome.beside.length === 0 ? [] : ["Others work there too:", ...heldLines(outcome.beside, now)];
  if (!outcome.isGranted) return ["Not claimed, other sessions have it:", ...heldLines(outcome.held, now)].join("\n");
  const names = outcome.claims.map((one) => `${printable(one.file_path)} ${one.claim_mode}`).join(", ");
  return [`Claimed: ${names}.`, ...beside].join("\n");
}

export function claimedText({ message }: { message: string }): string {
  return `${message}\n`;
}

export function releasedText({ message }: { message: string }): string {
  return `${message}\n`;
}

interface Checked {
  conflicts: readonly ConflictAnswer[];
  /** Of a commit: its words are the narration. */
  staged?: { message: string | null } | undefined;
}

export function checkText({ conflicts, staged }: Checked, page: Page): string {
  if (staged?.message != null) return "";
  if (conflicts.length === 0) return "No other session has claimed it.\n";
  const head = ["FILE", "MODE", "SESSION", "BRANCH", "SINCE", "FOR"];
  const rows = conflicts.map((one) => [
    printable(one.file),
    one.mode,
    printable(one.claimedBy),
    printable(one.branch ?? "-"),
    age(new Date(one.claimedAt), page.now),
    printable(one.reason ?? ""),
  ]);
  const [heading = "", ...lines] = table([head, ...rows], { width: page.columns, cuts: CUTS });
  return `${[page.paint.bold(heading), ...lines].join("\n")}\n`;
}
