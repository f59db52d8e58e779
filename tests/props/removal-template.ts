// The repositories that every course begins with, made once and copied: a forge, a clone of it that people work in, a
// colleague's clone, and a library that is a submodule of it.

import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { pcc } from "../support/cli.ts";
import { makePlace, type Place } from "../support/place.ts";
import { makeRepo, runGit } from "../support/repo.ts";

const SETTINGS = `[gc]
	auto = 0
[maintenance]
	auto = false
[core]
	fsync = none
	editor = true
[init]
	templateDir =
	defaultBranch = main
[protocol "file"]
	allow = always
[fetch]
	recurseSubmodules = false
[advice]
	addEmbeddedRepo = false
	detachedHead = false
[sequence]
	editor = true
[rerere]
	enabled = false
`;
/** A file that git does not ignore, in each worktree of ours, with a name of its own. */
const SET_UP = 'echo made > "set-up-$PARALLEL_CC_BRANCH.txt"';

const PARTS = ["forge.git", "lib.git", "repo", "colleague", "nested", "home"];

export async function makeTemplate(): Promise<Place> {
  const place = await makePlace();
  writeFileSync(place.at("home/.gitconfig-of-tests"), SETTINGS);
  const env = place.env();
  const git = (folder: string, ...args: string[]) => runGit(args, { cwd: place.at(folder), env });
  await makeRepo(place, { name: "lib.git", bare: true, files: 2 });
  const seed = await makeRepo(place, { name: "seed" });
  mkdirSync(place.at("seed/folder"));
  const files = {
    "shared.txt": "one\ntwo\nthree\nfour\nfive\nsix\n",
    "gone.txt": "may go\n",
    "script.sh": "#!/bin/sh\n",
    "folder/inner.txt": "inner\n",
    ".gitignore": "*.out\nbuild/\n",
    ".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = ../lib.git\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(place.at("seed", name), text);
  const lib = await git("lib.git", "rev-parse", "main");
  await git("seed", "update-index", "--add", "--cacheinfo", `160000,${lib},lib`);
  await git("seed", "add", "-A");
  await git("seed", "update-index", "--add", "--cacheinfo", `160000,${lib},lib`);
  await seed.git("commit", "-q", "-m", "The files");
  await git("", "clone", "-q", "--bare", "seed", "forge.git");
  for (const clone of ["repo", "colleague"]) await git("", "clone", "-q", "forge.git", clone);
  await makeRepo(place, { name: "nested" });
  // Nothing goes on beside the steps. The database is made once, too.
  mkdirSync(place.at("home/.parallel-cc"), { mode: 0o700 });
  const settings = { cleanup: { auto: false }, worktree: { postCreate: SET_UP } };
  writeFileSync(place.at("home/.parallel-cc/config.json"), JSON.stringify(settings));
  await pcc(place, ["status", "--json"]);
  return place;
}

/** A place of its own with a copy of all of it. */
export async function copyTemplate(template: Place): Promise<Place> {
  const place = await makePlace();
  for (const part of PARTS) cpSync(template.at(part), place.at(part), { recursive: true, verbatimSymlinks: true });
  for (const config of ["repo/.git/config", "colleague/.git/config"]) {
    const text = readFileSync(place.at(config), "utf8");
    writeFileSync(place.at(config), text.replaceAll(template.path, place.path));
  }
  return place;
}
