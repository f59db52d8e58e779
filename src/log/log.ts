// The log: one line an event on stderr, below the chosen level nothing. Never on stdout, which is for answers.
// Secrets are taken out here, at the sink, whatever a caller passes.

export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type Log = (level: LogLevel, event: string, facts?: Record<string, unknown>) => void;

export function makeLog(input: { level: LogLevel; now: () => Date; write: (line: string) => void }): Log {
  const threshold = LOG_LEVELS.indexOf(input.level);
  return (level, event, facts = {}) => {
    if (LOG_LEVELS.indexOf(level) > threshold) return;
    const record = { at: input.now().toISOString(), level, event, ...facts };
    input.write(`${inert(JSON.stringify(record, withoutSecrets))}\n`);
  };
}

const REDACTED = "[redacted]";
const TELLING = "(?:token|secret|passw|api_?key|credential|authorization|cookie)";
const TELLING_KEY = new RegExp(TELLING, "i");

const SECRETS: readonly RegExp[] = [
  // Issued tokens, by the prefixes their issuers gave them; AWS key ids; JSON web tokens.
  /(?<![A-Za-z0-9])(?:sk|gh[oprsu]|github_pat|glpat|npm|e2b|dtn|xox[abp])[-_][A-Za-z0-9_-]{8,}/g,
  /(?<![A-Za-z0-9])AKIA[A-Z0-9]{12,}/g,
  /(?<![A-Za-z0-9])eyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  /(?<=\b(?:bearer|basic) )[\w.~+/=-]{8,}/gi,
  // Whatever stands before the @ of a URL: a token may be all of it.
  /(?<=:\/\/)[^\s/@"]+(?=@)/g,
  // `"apiKey":"…"` and `API_KEY=…` inside a text.
  new RegExp(`(?<="[^"]*${TELLING}[^"]*":\\s*")(?:[^"\\\\]|\\\\.)+`, "gi"),
  new RegExp(`(?<=${TELLING}[A-Z0-9_]*=)[^\\s"'&]+`, "gi"),
];

/** Replaces what looks like a secret in a text. */
export function redact(text: string): string {
  return SECRETS.reduce((out, pattern) => out.replace(pattern, REDACTED), text);
}

/** For JSON.stringify, so that each text is judged as it is and not as JSON spells it. Numbers are no secrets. */
function withoutSecrets(key: string, value: unknown): unknown {
  if (TELLING_KEY.test(key) && (typeof value === "string" || (typeof value === "object" && value !== null))) {
    return REDACTED;
  }
  return typeof value === "string" ? redact(value) : value;
}

/** What a terminal would act on, as JSON's own escapes: the line stays JSON. */
function inert(json: string): string {
  return json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) =>
    Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`).join(""),
  );
}
