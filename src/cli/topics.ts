// The pages of `parallel-cc help <topic>`, embedded.

import claims from "./topics/claims.md" with { type: "text" };
import claude from "./topics/claude.md" with { type: "text" };
import environment from "./topics/environment.md" with { type: "text" };
import guards from "./topics/guards.md" with { type: "text" };
import landed from "./topics/landed.md" with { type: "text" };
import merges from "./topics/merges.md" with { type: "text" };
import messages from "./topics/messages.md" with { type: "text" };
import platforms from "./topics/platforms.md" with { type: "text" };
import ports from "./topics/ports.md" with { type: "text" };
import radar from "./topics/radar.md" with { type: "text" };
import rebase from "./topics/rebase.md" with { type: "text" };
import removal from "./topics/removal.md" with { type: "text" };
import sandbox from "./topics/sandbox.md" with { type: "text" };
import scripting from "./topics/scripting.md" with { type: "text" };
import sessions from "./topics/sessions.md" with { type: "text" };
import settings from "./topics/settings.md" with { type: "text" };
import worktrees from "./topics/worktrees.md" with { type: "text" };
import wrapper from "./topics/wrapper.md" with { type: "text" };

export const TOPICS: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  sessions,
  wrapper,
  claude,
  worktrees,
  claims,
  guards,
  radar,
  rebase,
  messages,
  settings,
  landed,
  merges,
  removal,
  sandbox,
  ports,
  scripting,
  environment,
  platforms,
});
