// Which of Claude Code's events call us, and how they are entered in its settings. A client before 2.1.101 ignores the
// whole settings file of its user over an event that it does not know, `permissions.deny` included, and later ones ask
// at their start; so each event says since which release it is known (all tried with releases on both sides).

export interface HookEvent {
  event: string;
  /** Which tools; undefined for events that have none. */
  matcher?: string;
  /** The first client that has it. */
  since: string;
  /** A hook that is not back by then is let go of by the client. */
  timeoutSeconds: number;
  /** The tool is not used when the hook fails; otherwise it is. */
  onFailure?: "block";
}

const SHORT_SECONDS = 5;
/** Registering asks git. */
const LONG_SECONDS = 30;

/** What is looked at before it is done: edits of files, and commands. */
const EDITS = "Edit|Write|MultiEdit|NotebookEdit";
const COMMANDS = "Bash";

export const HOOK_EVENTS: readonly HookEvent[] = [
  { event: "SessionStart", since: "1.0.62", timeoutSeconds: LONG_SECONDS },
  { event: "UserPromptSubmit", since: "1.0.62", timeoutSeconds: SHORT_SECONDS },
  { event: "PreToolUse", matcher: `${EDITS}|${COMMANDS}`, since: "1.0.38", timeoutSeconds: SHORT_SECONDS },
  { event: "PostToolUse", matcher: "*", since: "1.0.38", timeoutSeconds: SHORT_SECONDS },
  // Of calls that failed PostToolUse tells nothing.
  { event: "PostToolUseFailure", matcher: "*", since: "2.0.56", timeoutSeconds: SHORT_SECONDS },
  { event: "PermissionRequest", matcher: "*", since: "2.0.45", timeoutSeconds: SHORT_SECONDS },
  { event: "Notification", since: "1.0.38", timeoutSeconds: SHORT_SECONDS },
  { event: "Stop", since: "1.0.38", timeoutSeconds: SHORT_SECONDS },
  { event: "StopFailure", since: "2.1.78", timeoutSeconds: SHORT_SECONDS },
  // Without a time of its own the client lets go of it after 1.5 s (2.1.328).
  { event: "SessionEnd", since: "1.0.85", timeoutSeconds: SHORT_SECONDS },
];

/** Making worktrees and removing them takes as long as setting one up. */
const SET_UP_SECONDS = 1800;

/** Only when they are asked for: the client makes no worktree itself from then on. */
export const WORKTREE_EVENTS: readonly HookEvent[] = [
  { event: "WorktreeCreate", since: "2.1.50", timeoutSeconds: SET_UP_SECONDS },
  { event: "WorktreeRemove", since: "2.1.50", timeoutSeconds: SET_UP_SECONDS },
];

/** What a client is taken for of which nothing is known: the safe set is what this one has. */
const SAFE_CLIENT = "2.0.0";

/** Those that a client of this release knows. */
export function eventsKnownTo(client: string | undefined, events: readonly HookEvent[] = HOOK_EVENTS): HookEvent[] {
  return events.filter(({ since }) => Bun.semver.order(client ?? SAFE_CLIENT, since) >= 0);
}

/** For who would rather have an edit refused than made unseen. Clients that do not know of it pass over it (2.0.77). */
export function blockingEvents(events: readonly HookEvent[]): HookEvent[] {
  return events.flatMap((one) =>
    one.event === "PreToolUse"
      ? [
          { ...one, matcher: EDITS, onFailure: "block" as const },
          { ...one, matcher: COMMANDS },
        ]
      : [one],
  );
}

/** The exact words that stand in the settings after the program. */
export function hookWords(event: string): string[] {
  return ["hook", event];
}
