// What stands in a checkout, down to the bytes: every file with its rights, the index, and what git keeps for it. Read
// from the disk without a git, which would write while it looks.

import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

export interface Print {
  /** Path below the checkout → what it is: "644 <blob id>", "link <blob id>", "directory 755", "index <digest>". */
  files: Map<string, string>;
  /** The same for its git directory: HEAD, reflog, what is under way, submodules. */
  admin: Map<string, string>;
  /** Repositories inside it, as paths below it. */
  nested: string[];
  index: IndexEntry[];
}

/** In the git directory of a main checkout, what belongs to the checkout. */
const OF_MAIN_CHECKOUT = /^(HEAD|index|[A-Z]+_HEAD|logs\/HEAD|(rebase-merge|rebase-apply|modules)\/.*|MERGE_\w+)$/;
/** Whoever fetches or packs writes these. */
const OF_NO_MATTER = /^(FETCH_HEAD|gc\.pid|gc\.log)$|\.lock$/;

export function printOf(top: string, adminDir: string): Print {
  const files = new Map<string, string>();
  const nested: string[] = [];
  walk(top, "", (path, what) => {
    if (path === ".git" && what.kind === "directory") return false;
    // A submodule has a file there.
    if (path.endsWith("/.git") && what.kind === "directory") nested.push(path.slice(0, -"/.git".length));
    files.set(path, textOf(join(top, path), path, what));
    return true;
  });
  const admin = new Map<string, string>();
  const isMain = adminDir === join(top, ".git");
  walk(adminDir, "", (path, what) => {
    if (isMain && what.kind === "directory") return /^(logs|rebase-|modules)/.test(path);
    if (OF_NO_MATTER.test(path) || (isMain && !OF_MAIN_CHECKOUT.test(path))) return false;
    admin.set(path, textOf(join(adminDir, path), path, what));
    return true;
  });
  return { files, admin, nested, index: indexOf(join(adminDir, "index")) };
}

interface Found {
  kind: "file" | "directory" | "link" | "other";
  rights: string;
}

function walk(top: string, below: string, visit: (path: string, what: Found) => boolean): void {
  for (const name of readdirSync(join(top, below))) {
    const path = below === "" ? name : `${below}/${name}`;
    const stat = lstatSync(join(top, path));
    const kind = stat.isFile() ? "file" : stat.isDirectory() ? "directory" : stat.isSymbolicLink() ? "link" : "other";
    const isWanted = visit(path, { kind, rights: (stat.mode & 0o7777).toString(8) });
    if (isWanted && kind === "directory") walk(top, path, visit);
  }
}

function textOf(full: string, path: string, { kind, rights }: Found): string {
  if (kind === "link") return `link ${blobId(Buffer.from(readlinkSync(full)))}`;
  if (kind !== "file") return `${kind} ${rights}`;
  // Looking at a repository may refresh the times in its index: what it says stays.
  if (/(^|\/)index$/.test(path) && isIndex(full)) return `index ${digest(indexOf(full))}`;
  return `${rights} ${blobId(readFileSync(full))}`;
}

/**
 * What a rescue ref keeps of it: nothing that git ignores, no repositories inside, no directories for themselves.
 */
export function savedByGit({ files, admin, nested, index }: Print): Print {
  const links = index.filter(({ mode }) => mode === "160000").map(({ path }) => path);
  const isWithin = (path: string) => [...nested, ...links].some((one) => path === one || path.startsWith(`${one}/`));
  const isSaved = (path: string, text: string) =>
    !text.startsWith("directory ") && !isWithin(path) && !/\.out$|^build\//.test(path);
  return {
    files: new Map([...files].filter(([path, text]) => isSaved(path, text))),
    admin: new Map([
      ...[...admin].filter(([path, text]) => !text.startsWith("directory ") && !path.startsWith("modules/")),
      ["index", `index ${digest(index)}`],
    ]),
    nested: [],
    index,
  };
}

/** As git names a blob of these bytes. */
export function blobId(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** The ids of all files of a print, and where they are. */
export function contentOf({ files, admin }: Pick<Print, "files" | "admin">, where: string): Map<string, string> {
  const content = new Map<string, string>();
  const add = (path: string, text: string) => {
    const [kind, id] = text.split(" ");
    if (id !== undefined && kind !== "directory" && kind !== "other" && kind !== "index") content.set(id, path);
  };
  for (const [path, text] of files) if (path !== ".git") add(`${where}/${path}`, text);
  for (const [path, text] of admin) if (path.startsWith("modules/")) add(`${where} (${path})`, text);
  return content;
}

export interface IndexEntry {
  path: string;
  mode: string;
  id: string;
  stage: number;
  /** Git takes it for unchanged without looking. */
  isHidden: boolean;
  /** Both words of flags, as git wrote them. */
  flags: string;
}

function isIndex(file: string): boolean {
  return readFileSync(file).subarray(0, 4).toString("latin1") === "DIRC";
}

/** Versions 2 and 3; git writes no others unless it is told to. */
export function indexOf(file: string): IndexEntry[] {
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return [];
  const bytes = readFileSync(file);
  const count = bytes.readUInt32BE(8);
  const entries: IndexEntry[] = [];
  for (let at = 12; entries.length < count; ) {
    const mode = bytes.readUInt32BE(at + 24).toString(8);
    const id = bytes.subarray(at + 40, at + 60).toString("hex");
    const flags = bytes.readUInt16BE(at + 60);
    const isExtended = (flags & 0x4000) !== 0;
    const more = isExtended ? bytes.readUInt16BE(at + 62) : 0;
    const start = at + (isExtended ? 64 : 62);
    const end = bytes.indexOf(0, start);
    entries.push({
      path: bytes.subarray(start, end).toString("utf8"),
      mode,
      id,
      stage: (flags >> 12) & 3,
      isHidden: (flags & 0x8000) !== 0 || (more & 0x4000) !== 0,
      flags: `${flags >> 12}.${more}`,
    });
    // Padded with 1 to 8 NULs to a multiple of eight.
    at += (end - at + 8) & ~7;
  }
  return entries;
}

function digest(entries: readonly IndexEntry[]): string {
  const text = entries.map(({ path, mode, id, flags }) => `${mode} ${id} ${flags} ${path}\0`).join("");
  return blobId(Buffer.from(text));
}

/** Every difference, in words; none when both stand for the same bytes. */
export function differences(before: Pick<Print, "files" | "admin">, after: Pick<Print, "files" | "admin">): string[] {
  return [
    ...differing(before.files, after.files).map((line) => `file ${line}`),
    ...differing(before.admin, after.admin).map((line) => `git's ${line}`),
  ];
}

function differing(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths]
    .filter((path) => before.get(path) !== after.get(path))
    .map((path) => `${JSON.stringify(path)}: ${before.get(path) ?? "absent"} → ${after.get(path) ?? "absent"}`);
}
