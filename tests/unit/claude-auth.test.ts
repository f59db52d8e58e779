// What a sandbox's claude logs in with: one key or token, taken from where its user has it.

import { describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { hostsOf, readAuth, secretsOf } from "../../src/features/claude-runs/claude-runs.ts";
import { makePlace, type Place } from "../support/place.ts";
import { testWorld } from "../support/world.ts";

const LOGIN = {
  claudeAiOauth: {
    ...{ accessToken: "sk-ant-oat01-access", refreshToken: "sk-ant-ort01-refresh" },
    ...{ expiresAt: Date.parse("2030-01-02T00:00:00Z"), scopes: ["user:inference"], subscriptionType: "max" },
  },
  mcpOAuth: { "a-server": { accessToken: "another-secret" } },
};

async function logIn(place: Place, login: unknown, folder = `${place.home}/.claude`): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Bun.write(`${folder}/.credentials.json`, typeof login === "string" ? login : JSON.stringify(login));
}

async function auth(place: Place, method: "api-key" | "oauth", env: Record<string, string> = {}) {
  await using world = testWorld(place, { env });
  return readAuth(world, method);
}

describe("a key", () => {
  test("is ANTHROPIC_API_KEY before ANTHROPIC_AUTH_TOKEN, and goes alone", async () => {
    await using place = await makePlace();
    const env = { ANTHROPIC_API_KEY: "key-1", ANTHROPIC_AUTH_TOKEN: "token-1", CLAUDE_CODE_OAUTH_TOKEN: "oauth-1" };
    const { auth: found } = await auth(place, "api-key", env);
    expect(found).toMatchObject({ source: "ANTHROPIC_API_KEY", variables: { ANTHROPIC_API_KEY: "key-1" } });
    expect(Object.keys(found?.variables ?? {})).toEqual(["ANTHROPIC_API_KEY"]);
    const { auth: token } = await auth(place, "api-key", { ANTHROPIC_AUTH_TOKEN: "token-1" });
    expect(token?.variables).toEqual({ ANTHROPIC_AUTH_TOKEN: "token-1" });
  });

  test("that is not there is a problem with a way out, also where there is a login", async () => {
    await using place = await makePlace();
    await logIn(place, LOGIN);
    const { auth: found, problems } = await auth(place, "api-key");
    expect(found).toBeUndefined();
    expect(problems).toMatchObject([{ code: "auth.missing", hint: expect.stringContaining("--auth-method oauth") }]);
  });

  test("with a line break in it is told without being shown", async () => {
    await using place = await makePlace();
    const { problems } = await auth(place, "api-key", { ANTHROPIC_API_KEY: "key\n1" });
    expect(problems).toMatchObject([{ code: "usage.key" }]);
    expect(problems[0]?.message).not.toContain("key\n1");
  });
});

describe("a login", () => {
  test("is CLAUDE_CODE_OAUTH_TOKEN before the file", async () => {
    await using place = await makePlace();
    await logIn(place, LOGIN);
    const { auth: found } = await auth(place, "oauth", { CLAUDE_CODE_OAUTH_TOKEN: "oauth-1" });
    expect(found).toMatchObject({ source: "CLAUDE_CODE_OAUTH_TOKEN", credentials: undefined });
  });

  test.each([undefined, "elsewhere"])("is claude's file without what could make another (%p)", async (folder) => {
    await using place = await makePlace();
    await logIn(place, LOGIN, folder === undefined ? undefined : place.at(folder));
    const env: Record<string, string> = folder === undefined ? {} : { CLAUDE_CONFIG_DIR: place.at(folder) };
    const { auth: found } = await auth(place, "oauth", env);
    const { refreshToken: _refresh, ...kept } = LOGIN.claudeAiOauth;
    expect(JSON.parse(found?.credentials ?? "")).toEqual({ claudeAiOauth: kept });
    expect(found).toMatchObject({ source: "credentials", variables: {}, expiresAt: new Date("2030-01-02T00:00:00Z") });
  });

  test.each<[string, unknown, string]>([
    ["absent", undefined, "auth.missing"],
    ["over", { claudeAiOauth: { ...LOGIN.claudeAiOauth, expiresAt: 1000 } }, "auth.expired"],
    ["of another kind", { apiKey: "planted-secret" }, "auth.unreadable"],
    ["broken", '{"claudeAiOauth": planted-secret', "auth.unreadable"],
  ])("that is %s is a problem that shows nothing of it", async (_what, login, code) => {
    await using place = await makePlace();
    if (login !== undefined) await logIn(place, login);
    const { auth: found, problems } = await auth(place, "oauth");
    expect(found).toBeUndefined();
    expect(problems).toMatchObject([{ code, hint: expect.stringContaining("claude setup-token") }]);
    expect(`${problems[0]?.message} ${problems[0]?.cause} ${JSON.stringify(problems[0]?.details)}`).not.toContain(
      "planted",
    );
  });
});

describe("the model's host", () => {
  test.each([
    [undefined, ["api.anthropic.com"]],
    ["https://gateway.example.com/v1", ["gateway.example.com"]],
    ["http://127.0.0.1:8080", ["127.0.0.1:8080"]],
  ])("for %p is %j", async (url, hosts) => {
    await using place = await makePlace();
    const env = { ANTHROPIC_API_KEY: "key-1", ...(url === undefined ? {} : { ANTHROPIC_BASE_URL: url }) };
    const { auth: found } = await auth(place, "api-key", env);
    expect(found === undefined ? undefined : hostsOf(found)).toEqual(hosts);
    expect(found?.variables["ANTHROPIC_BASE_URL"]).toBe(url);
  });

  test.each(["gateway", "file:///etc/passwd", "ftp://a/"])("cannot be %s", async (url) => {
    await using place = await makePlace();
    const { problems } = await auth(place, "api-key", { ANTHROPIC_API_KEY: "key-1", ANTHROPIC_BASE_URL: url });
    expect(problems).toMatchObject([{ code: "usage.base-url" }]);
  });
});

test("secrets are all that this machine could log in with", async () => {
  await using place = await makePlace();
  await logIn(place, LOGIN);
  await using world = testWorld(place, {
    env: { ANTHROPIC_API_KEY: "key-1", ANTHROPIC_BASE_URL: "https://me:pass-1@gateway.example.com" },
  });
  const values = secretsOf(world).map(({ value }) => value);
  expect(values.sort()).toEqual(["key-1", "pass-1", "sk-ant-oat01-access", "sk-ant-ort01-refresh"]);
  await using empty = await makePlace();
  await using bare = testWorld(empty);
  expect(secretsOf(bare)).toEqual([]);
});
