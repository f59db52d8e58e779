// The data directory and the registry in it: whether they are whole, ours alone, on a disk of this machine, and of a
// release that this one understands.

import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { v } from "../../core/shape.ts";
import { counted, shellWord, sizeText } from "../../core/text.ts";
import { type Db, SCHEMA_VERSION, versionText } from "../../db/db.ts";
import { type Inspected, inspectDb } from "../../db/inspect.ts";
import { verifyMigrations } from "../../db/migrate.ts";
import { lastWriter } from "../skew/skew.ts";
import { type Check, failed } from "./check.ts";
import { codeOf, nearestThere } from "./files.ts";
import type { Effects, Scene } from "./scene.ts";

export async function checkDatabase({ world }: Scene): Promise<Check[]> {
  return [...checkDirectory(world), ...checkRegistry(world), ...checkRights(world)];
}

function checkDirectory({ paths }: Pick<Effects, "paths">): Check[] {
  const name = "data directory";
  const directory = paths.home;
  const existing = nearestThere(directory);
  const hint = "Make it writable, or set PARALLEL_CC_HOME to a directory that is.";
  try {
    if (!statSync(existing).isDirectory()) {
      return [{ name, status: "fail", detail: `${existing} is no directory.`, hint }];
    }
    accessSync(existing, constants.W_OK | constants.X_OK);
    const network = networkOf(existing);
    if (network === undefined) {
      const isThere = existing === directory;
      return [{ name, status: "ok", detail: isThere ? directory : `${directory}, made when it is first needed` }];
    }
    const detail = `${directory} is on a network file system (${network}), where SQLite's locks may not hold.`;
    return [{ name, status: "warn", detail, hint: "Set PARALLEL_CC_HOME to a directory on a disk of this machine." }];
  } catch (thrown) {
    return [{ name, status: "fail", detail: `${directory} cannot be used (${codeOf(thrown)}).`, hint }];
  }
}

/** statfs(2) of Linux; elsewhere these numbers mean something else. */
const NETWORKS: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x01021997, "9P"],
  [0x5346414f, "AFS"],
  [0x00c36400, "Ceph"],
  [0x0bd00bd0, "Lustre"],
]);

function networkOf(directory: string): string | undefined {
  return process.platform === "linux" ? NETWORKS.get(statfsSync(directory).type) : undefined;
}

function checkRegistry(world: Pick<Effects, "paths" | "now" | "version">): Check[] {
  const first = lookAt(world);
  // Another command may have changed it under our eyes: what is broken is broken when looked at again.
  return first.every(({ status }) => status !== "fail") ? first : lookAt(world);
}

function lookAt(world: Pick<Effects, "paths" | "now" | "version">): Check[] {
  const file = world.paths.database;
  let inspected: Inspected | undefined;
  try {
    inspected = inspectDb({ file, clock: world.now });
    if (inspected.kind === "none") {
      return [{ name: "database", status: "ok", detail: "none yet; the first session makes it" }];
    }
    return judge(world, inspected);
  } catch (thrown) {
    return [failed("database", thrown)];
  } finally {
    if (inspected !== undefined && inspected.kind !== "none") inspected.db.close();
  }
}

type Found = Exclude<Inspected, { kind: "none" }>;

function judge({ version }: Pick<Effects, "version">, { kind, schema, db }: Found): Check[] {
  const name = "database";
  const known = versionText(SCHEMA_VERSION);
  if (kind === "newer") {
    const detail = `${db.file} was written by ${newerWriter(db)} (schema ${schema}); this one, ${version}, knows ${known}.`;
    return [{ name, status: "fail", detail, hint: "Update this one, or use the newer one. Nothing was changed." }];
  }
  const broken = brokenPages(db);
  if (broken.length > 0) {
    const hint = `Move it aside with its -wal and -shm files and keep it; a new one is made${backupHint(db.file)}.`;
    return [{ name, status: "fail", detail: `${db.file} is damaged: ${broken.join("; ")}`, hint }];
  }
  const parts = [`schema ${schema}`, sizeText(statSync(db.file).size), ...backupWords(db.file)];
  if (kind === "older") parts.splice(1, 0, `the next command brings it to ${known}, after a copy`);
  else verifyMigrations(db);
  const found: Check[] = [{ name, status: "ok", detail: `${db.file}; ${parts.join("; ")}` }];
  return kind === "older" ? found : [...found, ...checkRows(db), ...checkWriter(db, version)];
}

function checkRows(db: Db): Check[] {
  const dangling = db.all(v.object({ parent: v.string() }), "PRAGMA foreign_key_check").length;
  if (dangling === 0) return [];
  const detail = `${counted(dangling, "row")} of ${db.file} refer to rows that are gone.`;
  return [{ name: "database", status: "warn", detail, hint: "They do no harm: no command looks at them." }];
}

function checkWriter(db: Db, version: string): Check[] {
  const last = lastWriter(db);
  if (last === undefined || Bun.semver.order(last, version) <= 0) return [];
  const detail = `parallel-cc ${last} registered in it last; this one is ${version}.`;
  const hint = "Two installations share this registry: use the newer one alone.";
  return [{ name: "database", status: "warn", detail, hint }];
}

function newerWriter(db: Db): string {
  try {
    return `parallel-cc ${lastWriter(db) ?? "of a newer release"}`;
  } catch {
    // That release may have other tables.
    return "a newer parallel-cc";
  }
}

const QUICK_CHECK = v.object({ quick_check: v.string() });

/** The first few of them. */
function brokenPages(db: Db): string[] {
  const lines = db.all(QUICK_CHECK, "PRAGMA quick_check(3)").flatMap((row) => row.quick_check.split("\n"));
  return lines.filter((line) => line !== "ok" && !line.startsWith("***")).slice(0, 3);
}

/** Copies that were made before it was changed, of this release and of earlier ones. */
function backupsOf(file: string): string[] {
  const copy = /^coordinator\.db\.(backup-.+|v[\d.]+\.backup)$/;
  return readdirSync(dirname(file)).flatMap((name) =>
    copy.test(name) && !name.includes(".partial") ? [join(dirname(file), name)] : [],
  );
}

function backupWords(file: string): string[] {
  const backups = backupsOf(file);
  if (backups.length === 0) return [];
  const bytes = backups.reduce((sum, path) => sum + statSync(path).size, 0);
  return [`${backups.length === 1 ? "1 copy" : `${backups.length} copies`} of before (${sizeText(bytes)})`];
}

function backupHint(file: string): string {
  return backupsOf(file).length === 0 ? "" : ", or put one of the copies beside it in its place";
}

/** Prompts and paths stand in it: nobody else's to read. */
function checkRights({ paths }: Pick<Effects, "paths">): Check[] {
  const name = "permissions";
  // The modes of Windows say nothing.
  if (process.platform === "win32" || !existsSync(paths.home) || !statSync(paths.home).isDirectory()) return [];
  try {
    const files = readdirSync(paths.home).filter((file) => /^(coordinator\.db|config\.json)/.test(file));
    const all = [paths.home, ...files.map((file) => join(paths.home, file))];
    const open = all.filter((path) => (statSync(path).mode & 0o077) !== 0);
    const foreign = all.find((path) => statSync(path).uid !== process.getuid?.());
    if (foreign !== undefined) {
      const detail = `${foreign} belongs to another user.`;
      return [{ name, status: "warn", detail, hint: "Run parallel-cc as the user whose it is." }];
    }
    const [first, ...more] = open;
    if (first === undefined) return [{ name, status: "ok", detail: "the data directory is yours alone" }];
    const others = more.length === 0 ? "" : ` and ${counted(more.length, "file")} in it`;
    const hint = `chmod go= ${open.map(shellWord).join(" ")}`;
    return [{ name, status: "warn", detail: `${first}${others} may be read by other users.`, hint }];
  } catch (thrown) {
    return [
      failed(name, new Failure({ code: "doctor.rights", message: `${paths.home}: ${codeOf(thrown)}.`, cause: thrown })),
    ];
  }
}
