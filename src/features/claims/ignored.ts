// Files that nobody is warned of: `claims.ignore`, patterns as in .gitignore. Pure.

/** `path` from the top of a checkout. */
export function isIgnored(patterns: readonly string[], path: string): boolean {
  let isIt = false;
  for (const pattern of patterns) {
    const isBack = pattern.startsWith("!");
    const bare = (isBack ? pattern.slice(1) : pattern).replace(/\/$/, "");
    if (bare !== "" && matches(bare, pattern.endsWith("/"), path)) isIt = !isBack;
  }
  return isIt;
}

/** Without a slash it is a name anywhere; with one, a path from the top. All below a directory goes with it. */
function matches(bare: string, isDirectory: boolean, path: string): boolean {
  const glob = bare.includes("/") ? bare.replace(/^\//, "") : `**/${bare}`;
  return new Bun.Glob(`${glob}/**`).match(path) ? path !== bare : !isDirectory && new Bun.Glob(glob).match(path);
}
