// The law of the source tree, as pure functions from a tree to what breaks it. The tree is { path → source }, paths
// relative to the repository ("src/main.ts").

import { posix } from "node:path";
import { codeOf, type Import, importsOf } from "./source.ts";

export type Tree = ReadonlyMap<string, string>;

const RANKS = ["core", "adapters", "features", "doors", "registry", "main"] as const;
type Rank = (typeof RANKS)[number];

const RANK_OF_FOLDER: Readonly<Record<string, Rank>> = {
  core: "core",
  git: "adapters",
  db: "adapters",
  proc: "adapters",
  files: "adapters",
  log: "adapters",
  features: "features",
  cli: "doors",
  mcp: "doors",
  "main.ts": "main",
  "world.ts": "registry",
  "registry.ts": "registry",
};

function rankOf(path: string): Rank | undefined {
  return RANK_OF_FOLDER[path.split("/")[1] ?? ""];
}

/** Imports, types included, only go down. Two go up: doors look commands up, and signatures name the World. */
export function rankViolations(tree: Tree): string[] {
  const violations: string[] = [];
  for (const path of tree.keys()) {
    if (rankOf(path) === undefined && path !== "src/embedded.d.ts") violations.push(`${path}: has no rank`);
  }
  for (const { path, target, kind } of innerImports(tree)) {
    const from = rankOf(path);
    const to = rankOf(target);
    if (from === undefined || to === undefined) continue;
    if (RANKS.indexOf(to) <= RANKS.indexOf(from)) continue;
    if (from === "doors" && (target === "src/registry.ts" || target === "src/world.ts")) continue;
    if (from === "features" && target === "src/world.ts" && kind === "type") continue;
    violations.push(`${path}: ${from} may not import ${to} (${target})`);
  }
  return violations;
}

/** A room is entered by its door, `<room>/<room>.ts`; only the registry also takes its `operations.ts`. */
export function roomViolations(tree: Tree): string[] {
  return innerImports(tree).flatMap(({ path, target }) => {
    const room = roomOf(target);
    if (room === undefined || roomOf(path) === room) return [];
    if (target === `src/features/${room}/${room}.ts`) return [];
    if (path === "src/registry.ts" && target === `src/features/${room}/operations.ts`) return [];
    return [`${path}: enters the room ${room} by ${posix.basename(target)}, not by its door`];
  });
}

function roomOf(path: string): string | undefined {
  return /^src\/features\/([^/]+)\//.exec(path)?.[1];
}

interface Home {
  what: string;
  /** Sought in the code without comments and texts. */
  sign: RegExp;
  /** Files, folders ending in "/"; none: nowhere. */
  home: string | readonly string[] | undefined;
}

const HOMES: readonly Home[] = [
  { what: "process.exit", sign: /\bprocess\s*\.\s*(exit|reallyExit|abort)\b/, home: "src/main.ts" },
  { what: "the environment", sign: /\b(process|Bun|import\s*\.\s*meta)\s*\.\s*env\b/, home: "src/world.ts" },
  { what: "the working directory", sign: /\bprocess\s*\.\s*(cwd|chdir)\b/, home: "src/world.ts" },
  { what: "the home directory", sign: /\b(homedir|userInfo)\s*\(/, home: "src/world.ts" },
  {
    what: "opening a port",
    sign: /\bBun\s*\.\s*(listen|serve|udpSocket)\b/,
    home: ["src/proc/port.ts", "src/proc/socket.ts"],
  },
  { what: "starting a process", sign: /\bBun\s*\.\s*(spawn|spawnSync|\$)/, home: "src/proc/spawn.ts" },
  {
    what: "the clock",
    sign: /\bDate\s*\.\s*now\b|\bnew\s+Date\s*(\(\s*\)|(?!\s*\())|(?<!new\s+)\bDate\s*\(\s*\)/,
    home: "src/world.ts",
  },
  {
    what: "randomness",
    sign: /\bMath\s*\.\s*random\b|\brandom(UUID|UUIDv7|Bytes|Int)\b|\bgetRandomValues\b/,
    home: "src/world.ts",
  },
  { what: "console", sign: /\bconsole\s*\./, home: undefined },
  {
    what: "an alias of Bun or process",
    sign: /=\s*(Bun|process|globalThis)\s*(;|,|$)|\bglobalThis\s*\.\s*(Bun|process)\b/m,
    home: undefined,
  },
];

/** One home for each effect. */
export function homeViolations(tree: Tree): string[] {
  return [...tree].flatMap(([path, source]) => {
    const code = codeOf(source);
    return HOMES.filter(({ sign, home }) => !livesIn(path, home) && sign.test(code)).map(
      ({ what, home }) =>
        `${path}: ${what} lives ${home === undefined ? "nowhere" : `in ${[home].flat().join(" and ")}`}`,
    );
  });
}

function livesIn(path: string, home: string | readonly string[] | undefined): boolean {
  return [home ?? []].flat().some((one) => (one.endsWith("/") ? path.startsWith(one) : path === one));
}

const MODULE_HOMES: Readonly<Record<string, string | undefined>> = {
  valibot: "src/core/shape.ts",
  "bun:sqlite": "src/db/",
  "node:child_process": "src/proc/spawn.ts",
  child_process: "src/proc/spawn.ts",
  // Its parts are used as Bun.<part>, where the other rules see them.
  bun: undefined,
};

/** Modules with one home; a production dependency is imported by exactly one file, and nothing else is imported. */
export function moduleViolations(tree: Tree, dependencies: readonly string[]): string[] {
  const violations: string[] = [];
  const importers = new Map<string, Set<string>>(dependencies.map((name) => [name, new Set()]));
  for (const { path, specifier } of outerImports(tree)) {
    if (specifier in MODULE_HOMES && !livesIn(path, MODULE_HOMES[specifier])) {
      violations.push(`${path}: ${specifier} lives ${MODULE_HOMES[specifier] ?? "nowhere"}`);
    }
    const name = packageOf(specifier);
    if (name === undefined) continue;
    if (!importers.has(name)) violations.push(`${path}: ${name} is not a dependency of package.json`);
    importers.get(name)?.add(path);
  }
  for (const [name, paths] of importers) {
    if (paths.size !== 1) violations.push(`${name}: imported by ${[...paths].join(", ") || "no file"}, not by one`);
  }
  return violations;
}

/** The npm package of a specifier; undefined for what Bun brings along. */
function packageOf(specifier: string): string | undefined {
  if (/^(node:|bun(:|$))/.test(specifier) || specifier === "child_process") return undefined;
  return /^(@[^/]+\/[^/]+|[^/]+)/.exec(specifier)?.[0];
}

const VAGUE = /^(index|types?|utils?|helpers?|constants?|common|misc)$/;

/** Kebab-case nouns that say what is inside. */
export function nameViolations(tree: Tree): string[] {
  return [...tree.keys()].flatMap((path) => {
    const name = posix.basename(path).replace(/(\.d)?\.ts$/, "");
    if (VAGUE.test(name)) return [`${path}: ${name} says nothing; a thing lives with what makes it`];
    return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) ? [] : [`${path}: not in kebab-case`];
  });
}

const MOST_LINES = 400;

export function sizeViolations(tree: Tree): string[] {
  return [...tree].flatMap(([path, source]) => {
    const lines = source.split("\n").length - (source.endsWith("\n") ? 1 : 0);
    return lines > MOST_LINES ? [`${path}: ${lines} lines; over ${MOST_LINES} two things live in one`] : [];
  });
}

/** The only packages that every start may pay for; all others are loaded on first use. */
const EAGER = ["valibot"];

/** What `main.ts` reaches by static imports is loaded at every start, so no other package may be among it. */
export function reachViolations(tree: Tree, entry = "src/main.ts"): string[] {
  const violations: string[] = [];
  const trails = new Map([[entry, [entry]]]);
  for (const [path, trail] of trails) {
    for (const { specifier, kind } of importsOf(tree.get(path) ?? "")) {
      if (kind !== "static") continue;
      const target = resolveInner(path, specifier);
      if (target !== undefined) {
        if (tree.has(target) && !trails.has(target)) trails.set(target, [...trail, target]);
        continue;
      }
      const name = packageOf(specifier);
      if (name !== undefined && !EAGER.includes(name)) {
        violations.push(`${name} is loaded at every start: ${trail.join(" → ")}`);
      }
    }
  }
  return violations;
}

interface InnerImport extends Import {
  path: string;
  target: string;
}

function innerImports(tree: Tree): InnerImport[] {
  return everyImport(tree).flatMap((found) => {
    const target = resolveInner(found.path, found.specifier);
    return target === undefined ? [] : [{ ...found, target }];
  });
}

function outerImports(tree: Tree): (Import & { path: string })[] {
  return everyImport(tree).filter(({ path, specifier }) => resolveInner(path, specifier) === undefined);
}

function everyImport(tree: Tree): (Import & { path: string })[] {
  return [...tree].flatMap(([path, source]) => importsOf(source).map((found) => ({ ...found, path })));
}

/** The path of a relative import; undefined for a package or a built-in. */
function resolveInner(path: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : undefined;
}
