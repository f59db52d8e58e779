// What is taken for a credential, and what is not: by name and by content. No example here is anybody's key.

import { describe, expect, test } from "bun:test";
import { credentialIn, isPublicPem, registryToken } from "../../src/features/uploads/credential-contents.ts";
import { credentialName, isGitName } from "../../src/features/uploads/credential-names.ts";
import { setsNoSecret } from "../../src/features/uploads/environment-files.ts";
import { needleIn, needlesOf } from "../../src/features/uploads/own-secrets.ts";

/** As random as a key, and the same each time. */
function letters(count: number, alphabet = "aK3mZ9qLw7RtB2xVn8YcD4hJf6GsP5uE"): string {
  return Array.from({ length: count }, (_, at) => alphabet[(at * 7 + at * at * 3) % alphabet.length]).join("");
}

const hex = (count: number) => letters(count, "3f9a0c7e5b1d8264");
const upper = (count: number) => letters(count, "QK3ZT7MWA2XVNP5R");
const jwt = (payload: object) =>
  ["eyJhbGciOiJIUzI1NiJ9", Buffer.from(JSON.stringify(payload)).toString("base64url"), letters(43)].join(".");
const pem = (kind: string, body = letters(128)) =>
  `-----BEGIN ${kind}-----\n${body.replace(/(.{64})/g, "$1\n")}\n-----END ${kind}-----\n`;

describe("names", () => {
  test.each([
    ...[".env", ".env.local", ".env.production", "app/.env.staging", ".ENV"],
    ...["id_rsa", "keys/id_ed25519", "id_ecdsa_sk", "server.pem", "tls/server.key", "cert.p12", "cert.pfx", "app.jks"],
    ...[".netrc", "_netrc", ".pypirc", ".pgpass", ".git-credentials", ".htpasswd", "credentials.json"],
    ...["service-account.json", "service_account-prod.json", "client_secret_12.json", ".claude/.credentials.json"],
    ...[".aws/config", "home/.ssh/known_hosts", ".gnupg/trustdb.gpg", ".kube/config", ".docker/config.json"],
    ...["prod.env", "conf/app.production.env", ".envrc", ".config/gh/hosts.yml", "gh/hosts.yaml", ".dockerconfigjson"],
    ...["pull.dockerconfigjson", ".dockercfg"],
    ...["terraform.tfstate", "a/terraform.tfstate.backup", "kubeconfig", "prod.kubeconfig", "kubeconfig.yaml"],
  ])("%s is one", (path) => {
    expect(credentialName(path)).toBeDefined();
  });

  test.each([
    ...[".env.example", ".env.sample", ".env.local.template", "env.ts", "environment.env.ts", "src/env/index.ts"],
    ...[
      "example.env",
      "app.sample.env",
      "env.example",
      "template.env",
      "prod.env.example",
      ".envrc.sample",
      "hosts.yml",
    ],
    ...["ansible/hosts.yml", "docker/config.json", "dotenv", "environment"],
    ...["id_rsa.pub", "id_rsa.ts", "keyboard.ts", "monkey", "pem.go", ".npmrc", "credentials.ts", "aws/config"],
    ...["docs/credentials.md", "service-account.ts", "account-service.json", "ssh/config", "kube/config"],
  ])("%s is none", (path) => {
    expect(credentialName(path)).toBeUndefined();
  });

  test.each([
    "use flake\nlayout python\nPATH_add bin\n",
    "export LANG=C.UTF-8\nexport NODE_ENV=development LOG_LEVEL=debug\nsource_up\n",
    `export API_TOKEN="$(pass show api)"\nexport DB_PASSWORD=\${OTHER}\nexport SECRET_KEY=\n# export API_KEY=${letters(20)}\n`,
    "export POSTGRES_PASSWORD=postgres\nexport API_KEY=your-key-here\nexport TOKEN_FILE=/run/secrets/token\n",
  ])("an .envrc that only sets up is everybody's: %j", (text) => {
    expect(credentialName(".envrc")?.isPublicAllowed).toBeTrue();
    expect(setsNoSecret(text)).toBeTrue();
  });

  test.each([
    `export API_TOKEN=${letters(20)}\n`,
    `use flake\n  export FOO_API_KEY="${letters(12)}" # mine\n`,
    "DB_PASSWORD='t4kQ9wZr7'\n",
    `export ODD=${letters(32)}\n`,
  ])("an .envrc that gives away a secret is none: %j", (text) => expect(setsNoSecret(text)).toBeFalse());

  test("a test's own .env files are judged by what they set", () => {
    expect(credentialName("e2e/fixtures/run.env")?.isPublicAllowed).toBeTrue();
    expect(credentialName("deploy/run.env")?.isPublicAllowed).toBeFalse();
  });

  test("a .pem with nothing but certificates is everybody's", () => {
    expect(credentialName("ca.pem")?.isPublicAllowed).toBeTrue();
    expect(isPublicPem(pem("CERTIFICATE") + pem("PUBLIC KEY"))).toBeTrue();
    expect(isPublicPem(pem("CERTIFICATE") + pem("RSA PRIVATE KEY"))).toBeFalse();
    expect(isPublicPem("no key at all")).toBeFalse();
  });
});

const keys = {
  "a private key": pem("PRIVATE KEY"),
  "a private key in a text": `key: "-----BEGIN RSA PRIVATE KEY-----\\n${letters(64)}\\n${letters(64)}\\n-----END"`,
  "an indented private key": pem("OPENSSH PRIVATE KEY").replace(/^/gm, "    "),
  "an encrypted private key": pem("RSA PRIVATE KEY", `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128\n\n${letters(128)}`),
  AWS: `AKIA${upper(16)}`,
  GitHub: `ghp_${letters(36)}`,
  "GitHub, fine-grained": `github_pat_${letters(22)}_${letters(59)}`,
  GitLab: `glpat-${letters(20)}`,
  Anthropic: `sk-ant-api03-${letters(93)}AA`,
  OpenAI: `sk-proj-${letters(74)}`,
  Slack: `xoxb-${"2719384650"}-${"9182736450"}-${letters(24)}`,
  Google: `AIza${letters(35)}`,
  npm: `npm_${letters(36)}`,
  Stripe: `sk_live_${letters(24)}`,
  E2B: `e2b_${hex(40)}`,
  "a service key": jwt({ iss: "supabase", role: "service_role" }),
  "an AWS secret key": `aws_secret_access_key = ${letters(38)}/+`,
  "an AWS secret key in JSON": `"SecretAccessKey": "${letters(40)}"`,
  "Hugging Face": `hf_${letters(34)}`,
  "a JWT": jwt({ sub: "u-81263", scope: "repo:write", exp: 1893456000 }),
  "a URL": `postgres://app:${"t4kQ9wZr"}7mXb@db.acme.io:5432/app`,
};

describe("contents", () => {
  test.each(Object.entries(keys))("%s is found, wherever it stands", (_, key) => {
    expect(credentialIn(key)).toBeDefined();
    expect(credentialIn(`const key = "${key}";\nnext line`)).toBeDefined();
    expect(credentialIn(`KEY=${key}\n`)).toBeDefined();
  });

  test.each([
    ...["AKIAIOSFODNN7EXAMPLE", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", `ghp_${"a1".repeat(18)}`],
    ...["sk-ant-api03-...", "sk-ant-your-key-here", "npm_config_registry", "disk-usage-of-everything-below-that"],
    ...["-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----", "/-----BEGIN PRIVATE KEY-----/"],
    ...[
      pem("CERTIFICATE"),
      pem("PUBLIC KEY"),
      jwt({ sub: "1234", role: "anon" }),
      jwt({ sub: "1234567890", name: "John Doe", exp: 9 }),
    ],
    ...["aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", `aws_secret_access_key: ${"x".repeat(40)}`],
    ...[`aws_secret_access_key = \${AWS_SECRET}`, "hf_hub_download_with_retries_and_more_words", jwt({ a: 1 })],
    ...[`eyJhbGciOiJub25lIn0.${jwt({ exp: 1893456000 }).split(".")[1]}.${letters(43)}`, `eyJxx.eyJxx.${letters(43)}`],
    ...[`${jwt({ exp: 1893456000 }).slice(0, -40)}`, `eyJhbGciOiJIUzI1NiJ9.eyJ${letters(30)}.${letters(43)}`],
    ...["https://user:password@example.com", "postgres://postgres:postgres@localhost:5432/db", "https://a:b@c.d"],
    ...["postgres://app:s3cret99@db:5432/app", `https://x:\${TOKEN}@github.com/o/r`, "redis://:p@ss@cache.acme.io"],
    ...["http://[::1]:8080/a@b", "https://github.com:443/@scope/name", `deadbeef ${hex(64)}`],
  ])("%j is none", (text) => {
    expect(credentialIn(text)).toBeUndefined();
  });

  test("a test makes JWTs of its own, but no service keys", () => {
    const token = jwt({ sub: "u-81263", exp: 1893456000 });
    expect(credentialIn(token, "src/login.ts")).toBe("a token (JWT)");
    for (const path of ["src/test/java/Login.java", "pkg/login_test.go", "login.spec.ts", "a/LoginTests.kt"])
      expect(credentialIn(token, path)).toBeUndefined();
    expect(credentialIn(keys["a service key"], "tests/login.ts")).toBe("a service key (JWT)");
  });

  test("a registry's token is one, a variable in its place is none", () => {
    expect(registryToken(`//registry.acme.io/:_authToken=${letters(36)}\n`)).toBeDefined();
    expect(registryToken(`npmAuthToken: "${letters(36)}"\n`)).toBeDefined();
    expect(registryToken(`//registry.acme.io/:_authToken=\${NPM_TOKEN}\nalways-auth=true\n`)).toBeUndefined();
    expect(registryToken("save-exact=true\n# _authToken=abcdefghijkl\n")).toBeUndefined();
  });

  test("a megabyte of one line takes no time to speak of", () => {
    const before = performance.now();
    for (const part of ["a", "-----BEGIN PRIVATE KEY", "https://a:", "eyJ", "sk-", "A-Z ", "x@y:z"]) {
      expect(credentialIn(part.repeat(Math.ceil(1_000_000 / part.length)))).toBeUndefined();
    }
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});

describe("values of a run's own", () => {
  test.each([
    ["MODE", "production"],
    ["APP_URL", "http://localhost:3000"],
    ["IMAGE", "node-20-alpine"],
    ["PATH_TO", "/usr/share/some-tool"],
  ])("%s=%s is no reason to hold a file", (name, value) => expect(needlesOf([{ name, value }])).toEqual([]));

  test.each([
    ["DB_PASSWORD", "correct horse"],
    ["claude's key", "something"],
    ["ODD", "t4kQ9wZr7mXb-W8xVn2YcD5hJf"],
    ["claude's login", letters(24)],
    ["ODD", "hunter2hunter2"],
    ["DATABASE_URL", keys["a URL"]],
  ])("%s=%s is one", (name, value) => {
    expect(needleIn(needlesOf([{ name, value }]), `a ${value} b`)).toBe(`the value of ${name}`);
  });
});

describe("names that some file system takes for git's own", () => {
  const utf8 = (text: string) => Buffer.from(text).toString("latin1");
  test.each([
    ".git",
    ".GIT/config",
    "a/.Git",
    "git~1",
    "GIT~2/x",
    ".git ",
    ".git.",
    ".git::$INDEX_ALLOCATION",
    "a\\.git\\b",
  ])("%s", (path) => expect(isGitName(path)).toBeTrue());

  test("with characters that nobody sees", () => {
    expect(isGitName(utf8(".g\u200cit/config"))).toBeTrue();
    expect(isGitName(utf8("\ufeff.git"))).toBeTrue();
  });

  test.each([".gitignore", ".github/x", "git", "a.git", "git~", ".gitmodules", "digit~1"])("not %s", (path) =>
    expect(isGitName(path)).toBeFalse(),
  );
});
