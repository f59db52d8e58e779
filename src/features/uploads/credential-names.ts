// Files that are credentials by their name alone. Those that are public as often as not (a .pem with a certificate) are
// judged by what they hold.

import { pathFrom } from "../../files/byte-paths.ts";
import { isOfTests } from "./credential-contents.ts";

/** What may be sent all the same: a file in which is nothing but what is public. */
export interface NameRule {
  rule: string;
  isPublicAllowed: boolean;
}

const FOLDERS = new Set([".aws", ".ssh", ".gnupg"]);

const PUBLIC_ENDINGS = /\.(example|examples|sample|template|tmpl|tpl|dist|schema|pub)$/;

const NAMES: readonly (readonly [rule: string, name: RegExp])[] = [
  [".env", /^\.env$/],
  [".env.*", /^\.env[.-]./],
  [".netrc", /^[._]netrc$/],
  [".pypirc", /^\.pypirc$/],
  [".pgpass", /^\.pgpass$/],
  [".htpasswd", /^\.htpasswd$/],
  [".git-credentials", /^\.git-credentials$/],
  [".vault-token", /^\.vault-token$/],
  ["id_rsa, id_ed25519, …", /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/],
  ["credentials.json", /^\.?credentials\.json$/],
  ["client_secret*.json", /^client_secrets?([._-].*)?\.json$/],
  ["service-account*.json", /^service[-_]?accounts?([._-].*)?\.json$/],
  ["gha-creds-*.json", /^gha-creds-.*\.json$/],
  ["application_default_credentials.json", /^application_default_credentials\.json$/],
  [".dockerconfigjson, .dockercfg", /\.docker(configjson|cfg)$/],
  ["*.tfstate", /\.tfstate(\..*)?$/],
  ["kubeconfig", /^kubeconfig(\.ya?ml)?$|\.kubeconfig$/],
  ["*.p12, *.pfx, *.jks, *.ppk, *.p8, *.kdbx", /\.(p12|pfx|jks|ppk|p8|kdbx)$/],
];

/** They hold public keys and certificates as well, or nothing but how a shell is set up. */
const MIXED: readonly (readonly [rule: string, name: RegExp])[] = [
  ["*.pem", /\.pem$/],
  ["*.key", /\.key$/],
  [".envrc", /^\.envrc$/],
];

const ENVIRONMENT = /^(?!.*\b(examples?|sample|template|tmpl|tpl|dist|schema|defaults?)\b).+\.env$/;

const PATHS: readonly (readonly [rule: string, path: RegExp])[] = [
  [".kube/config", /(^|\/)\.kube\/config$/],
  [".docker/config.json", /(^|\/)\.docker\/config\.json$/],
  ["gh/hosts.yml", /(^|\/)gh\/hosts\.ya?ml$/],
];

/** Undefined for the name of an ordinary file. */
export function credentialName(path: string): NameRule | undefined {
  const parts = path.toLowerCase().split("/");
  const name = parts.pop() ?? "";
  const folder = parts.find((part) => FOLDERS.has(part));
  if (folder !== undefined) return { rule: `${folder}/`, isPublicAllowed: false };
  if (PUBLIC_ENDINGS.test(name)) return undefined;
  const named = NAMES.find(([, pattern]) => pattern.test(name)) ?? PATHS.find(([, at]) => at.test(path.toLowerCase()));
  if (named !== undefined) return { rule: named[0], isPublicAllowed: false };
  // Those of tests mostly try out how such files are read.
  if (ENVIRONMENT.test(name)) return { rule: "*.env", isPublicAllowed: isOfTests(path) };
  const mixed = MIXED.find(([, pattern]) => pattern.test(name));
  return mixed && { rule: mixed[0], isPublicAllowed: true };
}

/** What HFS+ leaves out when it compares names: zero-width and direction marks, as UTF-8. */
const UNSEEN = new RegExp(
  ["\u200c-\u200f", "\u202a-\u202e", "\u206a-\u206f", "\ufeff"]
    .flatMap((range) => {
      const [from = "", to = from] = range.split("-");
      const [first, last] = [from.charCodeAt(0), to.charCodeAt(0)];
      return Array.from({ length: last - first + 1 }, (_, at) => pathFrom(String.fromCharCode(first + at)));
    })
    .join("|"),
  "g",
);

/** Whether some file system takes a part of the path for `.git`: git stores no such path, and nobody should. */
export function isGitName(path: string): boolean {
  if (!/\.?git/i.test(path) && !/[\x80-\xff]/.test(path)) return false;
  return path.split(/[/\\]/).some((part) => {
    const seen = part.replace(UNSEEN, "").toLowerCase();
    return /^\.git[ .]*(:.*)?$/.test(seen) || /^git~\d+[ .]*(:.*)?$/.test(seen);
  });
}
