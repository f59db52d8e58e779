// The scripts that run inside a sandbox, and how they are called. They are text in this program, nothing there is older
// or newer than it; what they get are words, never a prompt or a key.

import begun from "./begun.sh" with { type: "text" };
import find from "./find.sh" with { type: "text" };
import follow from "./follow.sh" with { type: "text" };
import install from "./install.sh" with { type: "text" };
import keep from "./keep.sh" with { type: "text" };
import ours from "./ours.sh" with { type: "text" };
import put from "./put.sh" with { type: "text" };
import standing from "./standing.sh" with { type: "text" };
import stop from "./stop.sh" with { type: "text" };

const SCRIPTS = {
  ...{ find, install, put },
  ...{ begun: `${ours}\n${begun}`, follow: `${ours}\n${follow}`, keep: `${ours}\n${keep}` },
  ...{ standing: `${ours}\n${standing}`, stop: `${ours}\n${stop}` },
} as const;

export function script(name: keyof typeof SCRIPTS, words: readonly string[]): readonly [string, ...string[]] {
  return ["sh", "-c", SCRIPTS[name], `parallel-cc-${name}`, ...words];
}
