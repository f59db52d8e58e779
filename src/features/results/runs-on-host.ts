// Files that programs of this machine run or obey by themselves, once they stand in a checkout: what a result changes of
// them is pointed out. What runs only when somebody asks for it by name, as a Makefile or the project's code, is not.

import { v } from "../../core/shape.ts";

interface Rule {
  /** Of the path, in any case. */
  sign: RegExp;
  what: string;
}

const RULES: readonly Rule[] = [
  { sign: /(^|\/)\.claude\//, what: "settings, hooks, commands or skills of Claude Code" },
  { sign: /(^|\/)\.mcp\.json$/, what: "servers that agents start" },
  { sign: /(^|\/)(claude|claude\.local|agents|gemini)\.md$/, what: "what agents are told to do" },
  { sign: /(^|\/)\.(cursor|codex|gemini|opencode|windsurf|aider[^/]*|continue)(\/|$)/, what: "settings of an agent" },
  { sign: /^\.parallel-cc\.json$/, what: "settings of parallel-cc" },
  { sign: /(^|\/)\.(husky|githooks|git-hooks)\//, what: "hooks of git" },
  {
    sign: /(^|\/)(\.?lefthook(-local)?\.(ya?ml|json|toml)|\.pre-commit-config\.ya?ml|\.overcommit\.yml)$/,
    what: "hooks of git",
  },
  { sign: /(^|\/)\.?(lint-?staged|simple-git-hooks)(rc)?(\.[a-z]+)*$/, what: "hooks of git" },
  { sign: /(^|\/)\.(gitattributes|gitmodules|gitconfig|lfsconfig)$/, what: "settings of git" },
  { sign: /^\.(github|gitea|forgejo)\/(workflows|actions)\//, what: "continuous integration" },
  { sign: /^\.(circleci|buildkite|woodpecker|semaphore|teamcity)\//, what: "continuous integration" },
  {
    sign: /^(\.gitlab-ci|\.travis|\.drone|\.woodpecker|\.appveyor|appveyor|azure-pipelines|bitbucket-pipelines|cloudbuild)\.ya?ml$/,
    what: "continuous integration",
  },
  { sign: /(^|\/)jenkinsfile$/, what: "continuous integration" },
  { sign: /(^|\/)\.vscode\/(tasks|settings|launch|extensions|mcp)\.json$/, what: "tasks or settings of an editor" },
  {
    sign: /(^|\/)(\.idea\/|[^/]+\.code-workspace$|\.exrc$|\.nvim\.lua$|\.dir-locals\.el$)/,
    what: "settings of an editor",
  },
  { sign: /(^|\/)\.devcontainer(\/|\.json$)/, what: "a development container" },
  {
    sign: /(^|\/)(\.envrc|\.?mise(\.local)?\.toml|\.config\/mise\/.*|\.tool-versions|\.autoenv)$/,
    what: "what a shell loads on entering",
  },
  {
    sign: /(^|\/)(\.npmrc|\.yarnrc(\.yml)?|\.pnpmfile\.c?js|bunfig\.toml|\.yarn\/(releases|plugins)\/.*)$/,
    what: "settings of a package manager",
  },
  {
    sign: /(^|\/)(pip\.conf|\.pypirc|\.cargo\/config(\.toml)?|\.bazelrc|\.mvn\/.*|gradle\/wrapper\/.*)$/,
    what: "settings of a build",
  },
];

/** Undefined: nothing runs it by itself. */
export function whatRuns(path: string): string | undefined {
  const name = path.toLowerCase();
  return RULES.find(({ sign }) => sign.test(name))?.what;
}

export function isPackageFile(path: string): boolean {
  return /(^|\/)package\.json$/.test(path);
}

const PACKAGE = v.object({ scripts: v.optional(v.record(v.string(), v.unknown()), {}) });

/** Names of the scripts that are new or others; undefined: it cannot be read. */
export function changedScripts(before: string | undefined, now: string): string[] | undefined {
  const [was, is] = [before === undefined ? {} : (scriptsOf(before) ?? {}), scriptsOf(now)];
  if (is === undefined) return undefined;
  return Object.keys(is).filter((name) => is[name] !== was[name]);
}

function scriptsOf(text: string): Record<string, unknown> | undefined {
  try {
    const parsed = v.safeParse(PACKAGE, JSON.parse(text));
    return parsed.success ? parsed.output.scripts : undefined;
  } catch {
    return undefined;
  }
}
