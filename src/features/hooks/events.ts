// Which of Claude Code's events call us, and how they are entered in its settings. An event that a client does not know
// makes it ignore the user's whole settings file (2.0.77), so each says since which release it is known.

export interface HookEvent {
  event: string;
  /** Which tools; undefined for events that have none. */
  matcher?: string;
  /** The first client known to have it; undefined: the safe set, which all have. */
  since?: string;
  /** A hook that is not back by then is let go of by the client. */
  timeoutSeconds: number;
}

const SHORT_SECONDS = 5;
/** Registering asks git, and may wait for another that registers. */
const LONG_SECONDS = 30;

export const HOOK_EVENTS: readonly HookEvent[] = [
  { event: "SessionStart", timeoutSeconds: LONG_SECONDS },
  { event: "UserPromptSubmit", timeoutSeconds: SHORT_SECONDS },
  { event: "PostToolUse", matcher: "*", timeoutSeconds: SHORT_SECONDS },
  // Of calls that failed PostToolUse tells nothing.
  { event: "PostToolUseFailure", matcher: "*", since: "2.1.328", timeoutSeconds: SHORT_SECONDS },
  { event: "PermissionRequest", matcher: "*", since: "2.1.328", timeoutSeconds: SHORT_SECONDS },
  { event: "Notification", timeoutSeconds: SHORT_SECONDS },
  { event: "Stop", timeoutSeconds: SHORT_SECONDS },
  { event: "SessionEnd", timeoutSeconds: SHORT_SECONDS },
];

/** Making worktrees and removing them takes as long as setting one up. */
const SET_UP_SECONDS = 1800;

/** Only when they are asked for: the client makes no worktree itself from then on. */
export const WORKTREE_EVENTS: readonly HookEvent[] = [
  { event: "WorktreeCreate", since: "2.1.328", timeoutSeconds: SET_UP_SECONDS },
  { event: "WorktreeRemove", since: "2.1.328", timeoutSeconds: SET_UP_SECONDS },
];

/** Those that a client of this release knows; undefined: one of which nothing is known. */
export function eventsKnownTo(client: string | undefined): HookEvent[] {
  return HOOK_EVENTS.filter(({ since }) => {
    if (since === undefined) return true;
    return client !== undefined && Bun.semver.order(client, since) >= 0;
  });
}

/** The exact words that stand in the settings after the program. */
export function hookWords(event: string): string[] {
  return ["hook", event];
}
