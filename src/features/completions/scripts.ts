// The scripts, embedded.

import bash from "../../../scripts/completions/bash.sh" with { type: "text" };
import fish from "../../../scripts/completions/fish.fish" with { type: "text" };
import zsh from "../../../scripts/completions/zsh.zsh" with { type: "text" };

export const SCRIPTS = { bash, zsh, fish } as const;
