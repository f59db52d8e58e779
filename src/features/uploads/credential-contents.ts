// Credentials by what they look like in a file: known forms of keys, and among these only what could be a real one. What
// documentation and tests have in their place (EXAMPLE, xxxx, 1234…) is none.

/** How many characters behind its first one a credential may need to be known by. */
export const LONGEST = 1024;

interface Form {
  rule: string;
  pattern: string;
  /** Beyond the pattern; `rest` begins with the match. */
  isReal?: (match: string, rest: () => string) => boolean;
}

const END = "(?![A-Za-z0-9_-])";

const FORMS: readonly Form[] = [
  { rule: "a private key", pattern: "-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY", isReal: (_, rest) => hasKeyBody(rest()) },
  { rule: "an age key", pattern: "AGE-SECRET-KEY-1[0-9A-Z]{58}" },
  { rule: "an AWS access key", pattern: "\\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\\b" },
  { rule: "a GitHub token", pattern: "\\bgh[pousr]_[A-Za-z0-9]{36,255}\\b" },
  { rule: "a GitHub token", pattern: "\\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\\b" },
  { rule: "a GitLab token", pattern: `\\bgl(?:pat|dt|rt|ptt|soat)-[\\w-]{20,300}${END}` },
  { rule: "an Anthropic key", pattern: `\\bsk-ant-[a-z0-9]{2,10}-[\\w-]{60,300}${END}` },
  { rule: "an OpenAI key", pattern: `\\bsk-(?:proj|svcacct|admin)-[\\w-]{40,300}${END}` },
  { rule: "an OpenAI key", pattern: `\\bsk-(?:[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|[A-Za-z0-9]{48})${END}` },
  { rule: "an OpenRouter key", pattern: "\\bsk-or-v1-[0-9a-f]{64}\\b" },
  { rule: "a Slack token", pattern: `\\bxox[abeprs]-(?:\\d-)?[0-9A-Z]{9,14}-[0-9A-Za-z-]{20,250}${END}` },
  { rule: "a Slack token", pattern: "\\bxapp-\\d-[A-Z0-9]{9,14}-\\d{10,14}-[0-9a-f]{40,80}\\b" },
  { rule: "a Slack web hook", pattern: "hooks\\.slack\\.com/services/T[A-Z0-9]{8,11}/B[A-Z0-9]{8,11}/[A-Za-z0-9]{24}" },
  { rule: "a Google API key", pattern: `\\bAIza[\\w-]{35}${END}` },
  { rule: "an npm token", pattern: "\\bnpm_[A-Za-z0-9]{36}\\b" },
  { rule: "a PyPI token", pattern: "\\bpypi-AgEIcHlwaS5vcmc[\\w-]{50,300}" },
  { rule: "a Stripe key", pattern: "\\b[sr]k_live_[A-Za-z0-9]{20,200}\\b" },
  { rule: "a SendGrid key", pattern: `\\bSG\\.[\\w-]{22}\\.[\\w-]{43}${END}` },
  { rule: "a Hugging Face token", pattern: "\\bhf_[A-Za-z]{34}\\b" },
  { rule: "a DigitalOcean token", pattern: "\\bdo[opr]_v1_[0-9a-f]{64}\\b" },
  { rule: "an E2B key", pattern: "\\be2b_[0-9a-f]{40}\\b" },
  {
    rule: "a service key (JWT)",
    pattern: "\\beyJ[\\w-]{10,200}\\.eyJ[\\w-]{10,600}\\.[\\w-]{20,200}",
    isReal: isServiceKey,
  },
  {
    rule: "a URL with a password",
    pattern:
      "\\b[A-Za-z][A-Za-z0-9+.]{1,20}://[^\\s:@/\"'`<>#{}$()\\[\\]\\\\*?]{1,64}:[^\\s:@/\"'`<>{}$()\\[\\]\\\\*]{6,128}@[A-Za-z0-9.-]{1,255}",
    isReal: hasPassword,
  },
];

const ANY = new RegExp(FORMS.map(({ pattern }) => `(${pattern})`).join("|"), "g");

/** Which credential stands in a text, if any. A text of one character for each byte is enough. */
export function credentialIn(text: string): string | undefined {
  for (const found of text.matchAll(ANY)) {
    const form = FORMS[found.slice(1).findIndex((group) => group !== undefined)];
    const rest = () => text.slice(found.index, found.index + LONGEST);
    const isReal = form?.isReal ?? isRandom;
    if (form !== undefined && isReal(found[0], rest)) return form.rule;
  }
  return undefined;
}

/** A token of a package registry; a variable in its place is none. */
export function registryToken(text: string): string | undefined {
  const isThere =
    /^\s*(?:[^#;\s=]*:)?_(?:authToken|auth|password)\s*=\s*["']?(?!\$)[^\s"'$]{8,}|^\s*npmAuth(?:Token|Ident):\s*["']?(?!\$)[^\s"'$]{8,}/m;
  return isThere.test(text) ? "a token of a package registry" : undefined;
}

/** Keys and certificates that everybody may have, and no others. */
export function isPublicPem(text: string): boolean {
  const kinds = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map(([, kind = ""]) => kind);
  return (
    kinds.length > 0 && kinds.every((kind) => /CERTIFICATE|PUBLIC KEY|DH PARAMETERS|EC PARAMETERS|X509 CRL/.test(kind))
  );
}

/** What is made up to fill a place says so, counts up, or repeats itself. */
function isRandom(token: string): boolean {
  if (/example|sample|dummy|fake|placeholder|redacted|your|test|xxxx|\.\.\./i.test(token)) return false;
  if (/0123456|1234567|abcdefg|(.)\1{4}/i.test(token)) return false;
  const secret = token.slice(Math.max(4, token.length - 36));
  return new Set(secret).size >= 8;
}

function hasKeyBody(rest: string): boolean {
  const lines = rest
    .replace(/\\[rn]/g, "\n")
    .split("\n")
    .slice(1)
    .filter((line) => !/^[\s"'`+*#/|>]*(?:[A-Za-z-]+: .*)?$/.test(line));
  const body =
    /^[A-Za-z0-9+/=]*/.exec(lines.join("").replace(/[\s"'`+,;*#|>\\]/g, (sign) => (sign === "+" ? sign : "")))?.[0] ??
    "";
  return body.length >= 60 && new Set(body.slice(0, 60)).size >= 14;
}

/** Supabase's form: whoever has it passes by all rules of access. The others of a project are public. */
function isServiceKey(token: string): boolean {
  const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("latin1");
  return /"role"\s*:\s*"(service_role|supabase_admin)"/.test(payload);
}

const PLACEHOLDER =
  /pass|pwd|secret|token|change|example|your|test|user|admin|root|foo|bar|dummy|qwerty|xxx|\*\*\*|\.\.\./i;

function hasPassword(url: string): boolean {
  const [, user = "", written = "", host = ""] = /:\/\/([^:]*):(.*)@([^@]*)$/.exec(url) ?? [];
  const password = written.replace(/%[0-9a-f]{2}/gi, "%");
  const isMadeUp =
    PLACEHOLDER.test(password) || password === user || !/\d/.test(password) || !/[A-Za-z]/.test(password);
  // Without a dot it is a name within somebody's own network, mostly that of a file for containers.
  const isNowhere =
    !host.includes(".") ||
    /^(127\.|0\.0\.0\.0|10\.|192\.168\.)|(^|\.)(example|test|invalid|local|localhost)(\.[a-z]+)?\.?$/i.test(host);
  return !isMadeUp && !isNowhere && password.length >= 6 && new Set(password).size >= 5;
}
