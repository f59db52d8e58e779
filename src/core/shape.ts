// The only importer of valibot: schemas for everything that comes from outside (arguments, JSON, rows, git).
export * as v from "valibot";
