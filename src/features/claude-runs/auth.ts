// What this machine has to log a claude in with, and what of it a sandbox gets: one key or token, never one that could
// make others. It is handed on in memory, and never shown, logged or put on a command line.

import { dirname, join } from "node:path";
import { Failure, usage } from "../../core/failure.ts";
import { NUMBER, TEXT, v } from "../../core/shape.ts";
import { readSmallFile } from "../../files/small.ts";
import type { World } from "../../world.ts";

export type AuthMethod = "api-key" | "oauth";

/** Secret: it is shown to nobody. */
export interface Auth {
  method: AuthMethod;
  /** Where it comes from: a variable's name, or "credentials". */
  source: string;
  variables: Readonly<Record<string, string>>;
  /** The text of the credentials' file for the sandbox. */
  credentials: string | undefined;
  /** When the login ends, where that is known. */
  expiresAt: Date | undefined;
}

export interface Secret {
  name: string;
  value: string;
}

const OFFICIAL = "api.anthropic.com";
const LOGIN_HINT =
  "Run claude on this machine once to log in anew, or `claude setup-token` and set CLAUDE_CODE_OAUTH_TOKEN.";

const CREDENTIALS = v.object({
  claudeAiOauth: v.object({
    accessToken: v.pipe(TEXT, v.nonEmpty()),
    expiresAt: v.optional(v.nullable(NUMBER)),
    scopes: v.optional(v.array(TEXT)),
    subscriptionType: v.optional(v.nullable(TEXT)),
    rateLimitTier: v.optional(v.nullable(TEXT)),
  }),
});

/** Either `auth`, or why there is none. Reads the disk. */
export async function readAuth(
  world: Pick<World, "env" | "now">,
  method: AuthMethod,
): Promise<{ auth: Auth | undefined; problems: Failure[] }> {
  try {
    const base = baseUrlOf(world.env.claudeAuth.baseUrl);
    const found = method === "api-key" ? keyOf(world.env) : loginOf(world);
    const problem = Object.entries(found.variables).find(([, value]) => /[\p{Cc}\s]/u.test(value));
    if (problem !== undefined) throw badValue(problem[0]);
    return { auth: { ...found, method, variables: { ...found.variables, ...base } }, problems: [] };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return { auth: undefined, problems: [thrown] };
  }
}

/** What has to be reached to talk to the model: "host", or "host:port" where the port is no usual one. */
export function hostsOf({ variables }: Pick<Auth, "variables">): string[] {
  const url = variables["ANTHROPIC_BASE_URL"];
  return [url === undefined ? OFFICIAL : new URL(url).host];
}

/** What this machine has to log in with, all of it: it must be found nowhere else. Reads the disk. */
export function secretsOf({ env }: Pick<World, "env">): Secret[] {
  const { apiKey, authToken, oauthToken, baseUrl } = env.claudeAuth;
  const login = v.safeParse(v.pipe(TEXT, v.parseJson(), LOGIN), textOf(credentialsFile(env)));
  const { accessToken, refreshToken } = login.success ? login.output.claudeAiOauth : {};
  const password = baseUrl !== undefined && URL.canParse(baseUrl) ? new URL(baseUrl).password : undefined;
  const all = {
    ...{ ANTHROPIC_API_KEY: apiKey, ANTHROPIC_AUTH_TOKEN: authToken, CLAUDE_CODE_OAUTH_TOKEN: oauthToken },
    ...{ ANTHROPIC_BASE_URL: password, "claude's login": accessToken, "claude's refresh token": refreshToken },
  };
  return Object.entries(all).flatMap(([name, value]) => (value ? [{ name, value }] : []));
}

const LOGIN = v.object({
  claudeAiOauth: v.object({ accessToken: v.optional(TEXT), refreshToken: v.optional(v.nullable(TEXT)) }),
});

function credentialsFile({ places }: World["env"]): string {
  return join(dirname(places.claudeSettings), ".credentials.json");
}

function textOf(file: string): string {
  try {
    return readSmallFile(file);
  } catch {
    return "";
  }
}

type Found = Pick<Auth, "source" | "variables" | "credentials" | "expiresAt">;

function keyOf({ claudeAuth: { apiKey, authToken } }: World["env"]): Found {
  const none = { credentials: undefined, expiresAt: undefined };
  if (apiKey !== undefined) return { source: "ANTHROPIC_API_KEY", variables: { ANTHROPIC_API_KEY: apiKey }, ...none };
  if (authToken !== undefined)
    return { source: "ANTHROPIC_AUTH_TOKEN", variables: { ANTHROPIC_AUTH_TOKEN: authToken }, ...none };
  throw new Failure({
    code: "auth.missing",
    message: "There is no API key for the sandbox's claude.",
    hint: "Set ANTHROPIC_API_KEY, or pass --auth-method oauth to use your own login.",
  });
}

function loginOf({ env, now }: Pick<World, "env" | "now">): Found {
  const { oauthToken } = env.claudeAuth;
  if (oauthToken !== undefined) {
    const variables = { CLAUDE_CODE_OAUTH_TOKEN: oauthToken };
    return { source: "CLAUDE_CODE_OAUTH_TOKEN", variables, credentials: undefined, expiresAt: undefined };
  }
  const { claudeAiOauth } = readCredentials(credentialsFile(env));
  const expiresAt = claudeAiOauth.expiresAt == null ? undefined : new Date(claudeAiOauth.expiresAt);
  if (expiresAt !== undefined && expiresAt <= now()) {
    throw new Failure({
      code: "auth.expired",
      message: `The login of claude on this machine was good until ${expiresAt.toISOString()}.`,
      hint: LOGIN_HINT,
    });
  }
  // Only what the schema names is in it: no refresh token, no logins of MCP servers.
  return { source: "credentials", variables: {}, credentials: JSON.stringify({ claudeAiOauth }), expiresAt };
}

function readCredentials(file: string): v.InferOutput<typeof CREDENTIALS> {
  const text = textOf(file);
  if (text === "") {
    throw new Failure({
      code: "auth.missing",
      message: "There is no login of claude on this machine that could be used.",
      hint: `${LOGIN_HINT} On macOS it is in the keychain, which is not read.`,
    });
  }
  const parsed = v.safeParse(v.pipe(TEXT, v.parseJson(), CREDENTIALS), text);
  if (parsed.success) return parsed.output;
  // Without a cause: it would quote the file.
  throw new Failure({
    code: "auth.unreadable",
    message: `The login of claude in ${file} cannot be understood.`,
    hint: LOGIN_HINT,
  });
}

function baseUrlOf(url: string | undefined): Record<string, string> {
  if (url === undefined) return {};
  const isUrl = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) && new URL(url).hostname !== "";
  if (isUrl) return { ANTHROPIC_BASE_URL: url };
  throw usage("base-url", "ANTHROPIC_BASE_URL is set, and is no URL that begins with http:// or https://.");
}

function badValue(name: string): Failure {
  return usage("key", `${name} holds a blank or a line break, which no key does.`, "Set it again without it.");
}
