// Credentials by what they look like in a file: known forms of keys, and among these only what could be a real one. What
// documentation and tests have in their place (EXAMPLE, xxxx, 1234…) is none.

/** How many characters behind its first one a credential may need to be known by. */
export const LONGEST = 4096;

interface Form {
  rule: string;
  /** What it begins with: searching for these alone is fast. */
  starts: readonly string[];
  /** From the start on. */
  pattern: string;
  /** Beyond the pattern; `rest` begins with the match. */
  isReal?: (match: string, rest: () => string) => boolean;
  /** Tests make their own, which look like any other. */
  isMadeByTests?: boolean;
}

const END = "(?![A-Za-z0-9_-])";

const JWT = `eyJ[\\w-]{10,600}\\.eyJ[\\w-]{10,2400}\\.[\\w-]{42,700}${END}`;

const FORMS: readonly Form[] = [
  {
    rule: "a private key",
    starts: ["-----BEGIN "],
    pattern: "-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY",
    isReal: (_, rest) => hasKeyBody(rest()),
  },
  {
    rule: "an AWS secret key",
    starts: ["aws_secret_access_key", "AWS_SECRET_ACCESS_KEY", "SecretAccessKey", "secretAccessKey"],
    pattern: "[A-Za-z_]{15,21}[\"']?[ \\t]{0,8}(?:=>?|:)[ \\t]{0,8}[\"']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])",
    isReal: (match) => isSecretKey(match.slice(-40)),
  },
  { rule: "an age key", starts: ["AGE-SECRET-KEY-1"], pattern: "AGE-SECRET-KEY-1[0-9A-Z]{58}" },
  { rule: "an AWS access key", starts: ["AKIA", "ASIA", "ABIA", "ACCA"], pattern: `A[A-Z]{3}[A-Z2-7]{16}${END}` },
  {
    rule: "a GitHub token",
    starts: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
    pattern: `gh[pousr]_[A-Za-z0-9]{36,255}${END}`,
  },
  { rule: "a GitHub token", starts: ["github_pat_"], pattern: `github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}${END}` },
  {
    rule: "a GitLab token",
    starts: ["glpat-", "gldt-", "glrt-", "glptt-", "glsoat-"],
    pattern: `gl[a-z]{2,4}-[\\w-]{20,300}${END}`,
  },
  { rule: "an Anthropic key", starts: ["sk-"], pattern: `sk-ant-[a-z0-9]{2,10}-[\\w-]{60,300}${END}` },
  { rule: "an OpenAI key", starts: ["sk-"], pattern: `sk-(?:proj|svcacct|admin)-[\\w-]{40,300}${END}` },
  {
    rule: "an OpenAI key",
    starts: ["sk-"],
    pattern: `sk-(?:[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|[A-Za-z0-9]{48})${END}`,
  },
  { rule: "an OpenRouter key", starts: ["sk-"], pattern: `sk-or-v1-[0-9a-f]{64}${END}` },
  {
    rule: "a Slack token",
    starts: ["xoxa-", "xoxb-", "xoxe-", "xoxp-", "xoxr-", "xoxs-"],
    pattern: `xox[abeprs]-(?:\\d-)?[0-9A-Z]{9,14}-[0-9A-Za-z-]{20,250}${END}`,
  },
  { rule: "a Slack token", starts: ["xapp-"], pattern: `xapp-\\d-[A-Z0-9]{9,14}-\\d{10,14}-[0-9a-f]{40,80}${END}` },
  {
    rule: "a Slack web hook",
    starts: ["hooks.slack.com/services/T"],
    pattern: "hooks\\.slack\\.com/services/T[A-Z0-9]{8,11}/B[A-Z0-9]{8,11}/[A-Za-z0-9]{24}",
  },
  { rule: "a Google API key", starts: ["AIza"], pattern: `AIza[\\w-]{35}${END}` },
  { rule: "an npm token", starts: ["npm_"], pattern: `npm_[A-Za-z0-9]{36}${END}` },
  { rule: "a PyPI token", starts: ["pypi-AgEI"], pattern: "pypi-AgEIcHlwaS5vcmc[\\w-]{50,300}" },
  { rule: "a Stripe key", starts: ["sk_live_", "rk_live_"], pattern: `[sr]k_live_[A-Za-z0-9]{20,200}${END}` },
  { rule: "a SendGrid key", starts: ["SG."], pattern: `SG\\.[\\w-]{22}\\.[\\w-]{43}${END}` },
  { rule: "a Hugging Face token", starts: ["hf_"], pattern: `hf_[A-Za-z0-9]{34,40}${END}` },
  { rule: "a DigitalOcean token", starts: ["dop_v1_", "doo_v1_", "dor_v1_"], pattern: `do[opr]_v1_[0-9a-f]{64}${END}` },
  { rule: "an E2B key", starts: ["e2b_"], pattern: `e2b_[0-9a-f]{40}${END}` },
  { rule: "a service key (JWT)", starts: ["eyJ"], pattern: JWT, isReal: isServiceKey },
  { rule: "a token (JWT)", starts: ["eyJ"], pattern: JWT, isReal: isBearerToken, isMadeByTests: true },
  {
    rule: "a URL with a password",
    starts: ["://"],
    pattern: "://[^\\s:@/\"'`<>#{}$()\\[\\]\\\\*?]{1,64}:[^\\s:@/\"'`<>{}$()\\[\\]\\\\*]{6,128}@[A-Za-z0-9.-]{1,255}",
    isReal: hasPassword,
  },
];

const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
/** In the middle of a word is no beginning. */
const READY = FORMS.map((form) => ({ ...form, at: new RegExp(`(?:(?<![A-Za-z0-9_])|(?=[-:]))${form.pattern}`, "y") }));
const STARTS = [...new Set(FORMS.flatMap(({ starts }) => starts))].map((start) => ({
  start,
  forms: READY.filter(({ starts }) => starts.includes(start)),
}));

/** Every text has these; the others are rarely there at all. */
const isCommon = ({ start }: { start: string }) => start === "sk-" || start === "://";
const COMMON = STARTS.filter(isCommon);
const RARE = new RegExp(STARTS.flatMap((one) => (isCommon(one) ? [] : [literally(one.start)])).join("|"));

const TESTS =
  /(^|\/)(tests?|__tests__|specs?|testdata|fixtures?|e2e|mocks?|__mocks__)\/|[._-](tests?|spec)\.\w+$|Tests?\.\w+$/;

/** Whether a file belongs to tests, by its path. */
export function isOfTests(path: string): boolean {
  return TESTS.test(path);
}

/** Which credential stands in a file's text, if any. A text of one character for each byte is enough. */
export function credentialIn(text: string, path = ""): string | undefined {
  // `test` and `indexOf` go through gigabytes in a second; an `exec` that looks for all of it takes five times as long.
  for (const { start, forms } of RARE.test(text) ? STARTS : COMMON) {
    for (let index = text.indexOf(start); index >= 0; index = text.indexOf(start, index + 1)) {
      for (const { at, rule, isReal = isRandom, isMadeByTests } of forms) {
        at.lastIndex = index;
        if (!at.test(text)) continue;
        const match = text.slice(index, at.lastIndex);
        if (isMadeByTests && isOfTests(path)) continue;
        if (isReal(match, () => text.slice(index, index + LONGEST))) return rule;
      }
    }
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
export function isRandom(token: string): boolean {
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

/** An access key's other half: letters of both cases and digits, as chance mixes them. */
function isSecretKey(secret: string): boolean {
  return isRandom(secret) && /[a-z]/.test(secret) && /[A-Z]/.test(secret) && /\d/.test(secret);
}

/** Supabase's form: whoever has it passes by all rules of access. */
function isServiceKey(token: string): boolean {
  return /"role"\s*:\s*"(service_role|supabase_admin)"/.test(decoded(token.split(".")[1]) ?? "");
}

/** Signed, for somebody, from or until some time, as servers give them out. What examples are made of is none. */
function isBearerToken(token: string): boolean {
  const [head, payload, signature = ""] = token.split(".");
  const [header, claims] = [decoded(head), decoded(payload)];
  if (header === undefined || claims === undefined || !isRandom(signature)) return false;
  if (!/"alg"\s*:\s*"(HS|RS|ES|PS|EdDSA)/.test(header)) return false;
  // Supabase's for everybody.
  if (!/"(exp|iat|nbf)"\s*:\s*\d{9,}/.test(claims) || /"role"\s*:\s*"anon"/.test(claims)) return false;
  return !/example|sample|dummy|fake|test|mock|demo|foo|bar\b|john|jane|joe|alice|bob|1234567|localhost/i.test(claims);
}

function decoded(part: string | undefined): string | undefined {
  const text = Buffer.from(part ?? "", "base64url").toString();
  return /^\{"[^\ufffd]*\}$/.test(text) ? text : undefined;
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
