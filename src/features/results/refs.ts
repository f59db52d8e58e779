// References of a result in the user's repository: outside of branches and tags, and each by compare-and-swap.

import type { Git } from "../../git/git.ts";
import { foldersOf } from "./raw-paths.ts";

interface Target {
  ref: string;
  id: string;
}

/** Each by compare-and-swap. A name that has become a directory of names, or the other way round, gives way. */
export async function setRefs(repository: Git, targets: readonly Target[], more: string): Promise<void> {
  const wanted = compatible(targets);
  const listed = await repository.output([
    "for-each-ref",
    "--format=%(objectname) %(refname)",
    ...wanted.slice(0, 1).map(({ ref }) => ref),
    more,
  ]);
  const now = new Map(
    listed
      .split("\n")
      .filter(Boolean)
      .map((line) => [line.slice(line.indexOf(" ") + 1), line.slice(0, line.indexOf(" "))]),
  );
  const isInTheWay = (ref: string) =>
    wanted.some((one) => one.ref !== ref && (one.ref.startsWith(`${ref}/`) || ref.startsWith(`${one.ref}/`)));
  const inTheWay = [...now].filter(([ref]) => isInTheWay(ref));
  await update(
    repository,
    inTheWay.map(([ref, id]) => `delete ${ref} ${id}`),
  );
  await update(
    repository,
    wanted.flatMap(({ ref, id }) => {
      const before = inTheWay.some(([other]) => other === ref) ? undefined : now.get(ref);
      if (before === id) return [];
      return [before === undefined ? `create ${ref} ${id}` : `update ${ref} ${id} ${before}`];
    }),
  );
}

/** Names that git takes, and of those that cannot stand beside each other the first: a sandbox says what it likes. */
function compatible(targets: readonly Target[]): Target[] {
  const kept = new Map<string, Target>();
  const folders = new Set<string>();
  for (const target of targets) {
    const above = [...foldersOf(target.ref)];
    if (!isRefName(target.ref) || kept.has(target.ref) || folders.has(target.ref)) continue;
    if (above.some((folder) => kept.has(folder))) continue;
    kept.set(target.ref, target);
    for (const folder of above) folders.add(folder);
  }
  return [...kept.values()];
}

// As git check-ref-format has it.
function isRefName(ref: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a name may not have.
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|[/.]$/.test(ref)) return false;
  return ref.split("/").every((part) => !part.startsWith(".") && !part.endsWith(".lock"));
}

async function update(repository: Git, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  await repository.output(["update-ref", "--stdin"], { input: `start\n${lines.join("\n")}\nprepare\ncommit\n` });
}
