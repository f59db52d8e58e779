// Variables for the shells of a claude: it reads lines of sh from the file that it names to a SessionStart hook, and
// other hooks write there too.

import { appendFileSync } from "node:fs";
import { shellQuote } from "../../core/text.ts";

export function exportTo(file: string | undefined, variables: Readonly<Record<string, string>>): void {
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${shellQuote(value)}\n`);
  if (file !== undefined && lines.length > 0) appendFileSync(file, lines.join(""), { mode: 0o600 });
}
