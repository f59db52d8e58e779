// JSON Schema of our schemas, for agents. Made by valibot's own converter; what it cannot say is an error, so that no
// schema promises less or more than is checked. What we note for the command line (`metadata`) is left out.

import { toJsonSchema } from "@valibot/to-json-schema";
import { v } from "../core/shape.ts";

/** What MCP asks of the schema of a tool: an object. */
const OBJECT = v.looseObject({ type: v.literal("object") });
export type ObjectSchema = v.InferOutput<typeof OBJECT>;

export function describeShape(schema: v.GenericSchema): ObjectSchema {
  const { $schema: _, ...described } = toJsonSchema(schema, {
    errorMode: "throw",
    typeMode: "input",
    ignoreActions: ["metadata"],
  });
  return v.parse(OBJECT, described);
}
