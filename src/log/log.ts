// The log: one line an event on stderr, below the chosen level nothing. Never on stdout, which is for answers.
// Secrets are taken out here, at the sink, whatever a caller passes.

import { printable } from "../core/text.ts";

export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type Log = (level: LogLevel, event: string, facts?: Record<string, unknown>) => void;

export function makeLog(input: { level: LogLevel; now: () => Date; write: (line: string) => void }): Log {
  const threshold = LOG_LEVELS.indexOf(input.level);
  return (level, event, facts = {}) => {
    if (LOG_LEVELS.indexOf(level) > threshold) return;
    const record = { at: input.now().toISOString(), level, event, ...facts };
    input.write(`${printable(redact(JSON.stringify(record)))}\n`);
  };
}

const SECRETS: readonly RegExp[] = [
  /\b(?:sk-ant|sk|ghp|gho|ghs|ghu|github_pat|glpat|npm|e2b|xox[abp])[-_][A-Za-z0-9_-]{8,}/g,
  /(?<=:\/\/)[^\s/:@"]+:[^\s/@"]+(?=@)/g,
  /(?<="[^"]*(?:token|secret|password|api_?key|credential)[^"]*":")(?:[^"\\]|\\.)+/gi,
];

/** Replaces what looks like a secret: known token prefixes, credentials in URLs, values of telling keys. */
export function redact(text: string): string {
  return SECRETS.reduce((out, pattern) => out.replace(pattern, "[redacted]"), text);
}
