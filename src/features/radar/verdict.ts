// What merging the work of two sides gives, as it is kept and told.

import { NUMBER, orNull, TEXT, v } from "../../core/shape.ts";
import { CONFLICT_KINDS } from "../../git/merge-tree.ts";

export const VERDICTS = ["clean", "same-files", "conflict", "unknown"] as const;
export type VerdictName = (typeof VERDICTS)[number];

/** `distinct-types`: a file here, a link there; `merged`: both have changed it, and it merges. */
export const FILE_KINDS = [...CONFLICT_KINDS, "distinct-types", "merged"] as const;

const rangeShape = () => v.strictObject({ from: NUMBER, to: NUMBER });

export const fileShape = () =>
  v.strictObject({
    path: TEXT,
    kind: v.picklist(FILE_KINDS),
    /** Lines from 1, both included, in the file as either side has it. Of a merged one, null is who has not changed them. */
    regions: v.array(v.strictObject({ a: orNull(rangeShape()), b: orNull(rangeShape()) })),
  });
export type JudgedFile = v.InferOutput<ReturnType<typeof fileShape>>;

export const warningShape = () =>
  v.strictObject({
    kind: v.picklist(["removed-name"]),
    name: TEXT,
    /** Which side took the name away, and where it was. */
    removedBy: v.picklist(["a", "b"]),
    removedFrom: TEXT,
    /** Where the other one newly uses it. */
    usedIn: TEXT,
    line: NUMBER,
  });
export type Warning = v.InferOutput<ReturnType<typeof warningShape>>;

export const judgedShape = () =>
  v.strictObject({
    verdict: v.picklist(VERDICTS),
    /** Of an unknown one. */
    why: v.optional(TEXT),
    files: v.array(fileShape()),
    /** In all. */
    fileCount: NUMBER,
    warnings: v.array(warningShape()),
    /** How many files either side brings to the other. */
    brings: v.strictObject({ a: NUMBER, b: NUMBER }),
  });
export type Judged = v.InferOutput<ReturnType<typeof judgedShape>>;

export function unknownFor(why: string): Judged {
  return { verdict: "unknown", why, files: [], fileCount: 0, warnings: [], brings: { a: 0, b: 0 } };
}

/** The same, told by the other side. */
export function turned(judged: Judged): Judged {
  return {
    ...judged,
    files: judged.files.map((file) => ({ ...file, regions: file.regions.map(({ a, b }) => ({ a: b, b: a })) })),
    warnings: judged.warnings.map((one) => ({ ...one, removedBy: one.removedBy === "a" ? "b" : "a" })),
    brings: { a: judged.brings.b, b: judged.brings.a },
  };
}
