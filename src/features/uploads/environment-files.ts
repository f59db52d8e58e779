// Shell files that set up an environment (.envrc): most of them only choose tools, and some give away a key.

import { isRandom } from "./credential-contents.ts";

export const SECRET_NAME =
  /(SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|(API|ACCESS|PRIVATE|AUTH|ENCRYPTION|SIGNING)_?KEY|_PAT|_KEY)$/i;
const PLACEHOLDER =
  /^(postgres|password|secret|changeme|admin|root|none|null|true|false|<.*>)$|your|change|example|local/i;

/** Values that other programs give (`$(…)`, `$NAME`) are no secrets; nor are paths, and what stands in their place. */
export function setsNoSecret(text: string): boolean {
  const plain = text.replace(/^\s*#.*$/gm, "");
  for (const [, name = "", quoted, bare = ""] of plain.matchAll(
    /(?<![\w$])([A-Za-z_]\w*)=(?:["']([^"'\n]*)|([^\s"';]*))/g,
  )) {
    const value = quoted ?? bare;
    if (/[$`]|^[./~]/.test(value) || PLACEHOLDER.test(value)) continue;
    if (SECRET_NAME.test(name) ? value.length >= 6 : isKeyLike(value)) return false;
  }
  return true;
}

export function isKeyLike(value: string): boolean {
  return /^(?=.*\d)(?=.*[A-Za-z])[\w+=-]{24,}$/.test(value) && isRandom(value);
}
