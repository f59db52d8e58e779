// A repository with its worktrees, byte for byte: files, modes, links, index entries, HEADs, branches, reflogs, stash
// entries. Two pictures of the same thing are equal; what differs is told path by path.

import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "./place.ts";
import { runGit } from "./repo.ts";

/** What there is, and a text that tells it from anything else. */
export type Picture = ReadonlyMap<string, string>;

export interface PictureInput {
  /** Top of the main checkout. */
  repo: string;
  worktrees: readonly string[];
}

/** Without what parallel-cc keeps for itself in the repository, and without objects: `git fsck` tells of those. */
export async function pictureOf(place: Place, { repo, worktrees }: PictureInput): Promise<Picture> {
  const picture = new Map<string, string>();
  const gitDir = join(repo, ".git");
  const env = place.env();
  addTree(picture, repo, "main", (path) => path === ".git");
  for (const top of worktrees) {
    const name = top.slice(top.lastIndexOf("/") + 1);
    addTree(picture, top, `tree ${name}`);
    const adminDir = join(gitDir, "worktrees", name);
    addTree(picture, adminDir, `admin ${name}`, (path) => path === "index");
    const index = existsSync(join(adminDir, "index")) && existsSync(top);
    picture.set(`index ${name}`, index ? await runGit(["ls-files", "-z", "--stage", "-v"], { cwd: top, env }) : "none");
  }
  addTree(picture, join(gitDir, "logs"), "logs", (path) => lstatSync(join(gitDir, "logs", path)).isDirectory());
  const refs = await runGit(["for-each-ref", "--format=%(refname) %(objectname)"], { cwd: repo, env });
  for (const line of refs.split("\n")) {
    const [ref = "", commit = ""] = line.split(" ");
    if (!ref.startsWith("refs/parallel-cc/")) picture.set(ref, commit);
  }
  for (const file of ["HEAD", "config"]) picture.set(file, readFileSync(join(gitDir, file), "utf8"));
  return picture;
}

/** Without some of it. */
export function without(picture: Picture, isLeft: (key: string) => boolean): Picture {
  return new Map([...picture].filter(([key]) => !isLeft(key)));
}

/** What is another in `after`; empty when they are equal. */
export function differences(before: Picture, after: Picture): string[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys.flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    return was === is ? [] : [`${key}: ${told(was)} became ${told(is)}`];
  });
}

function told(text: string | undefined): string {
  return text === undefined ? "nothing" : text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function addTree(picture: Map<string, string>, top: string, name: string, isLeft: (path: string) => boolean = nothing) {
  if (lstatSync(top, { throwIfNoEntry: false }) === undefined) return;
  if (!isLeft("")) picture.set(name, factsOf(top));
  const left = readdirSync(top);
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const isOut = isLeft(path);
    if (!isOut) picture.set(`${name}/${path}`, factsOf(join(top, path)));
    // Of a reflog's folders only the files count: git takes an empty one away, and makes it again.
    const isEntered = lstatSync(join(top, path)).isDirectory() && (!isOut || name === "logs");
    if (isEntered) left.push(...readdirSync(join(top, path)).map((entry) => `${path}/${entry}`));
  }
}

function nothing(): boolean {
  return false;
}

function factsOf(path: string): string {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return `link to ${readlinkSync(path)}`;
  const mode = (found.mode & 0o7777).toString(8);
  if (found.isDirectory()) return `directory ${mode}`;
  return found.isFile() ? `file ${mode} ${createHash("sha1").update(readFileSync(path)).digest("hex")}` : "special";
}
