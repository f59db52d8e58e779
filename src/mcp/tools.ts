// The tools that agents have: the operations with a door for them, listed and called. It knows nothing of the wire.

import { asFailure, errorDocument, Failure, usage } from "../core/failure.ts";
import type { AnyAgentOperation } from "../core/operation.ts";
import { v } from "../core/shape.ts";
import { nearest, printable } from "../core/text.ts";
import { allTools } from "../registry.ts";
import type { World } from "../world.ts";
import { describeShape, type ObjectSchema } from "./describe.ts";

type Tool = AnyAgentOperation<World>;

export interface ListedTool {
  name: string;
  description: string;
  inputSchema: ObjectSchema;
  outputSchema: ObjectSchema;
  annotations: {
    title: string;
    readOnlyHint: boolean;
    destructiveHint: boolean;
    idempotentHint: boolean;
    openWorldHint: boolean;
  };
  _meta?: Record<string, unknown>;
}

/** An answer, or a failure as text alone: clients hold structured content against the schema of answers. */
export type Called = {
  content: [{ type: "text"; text: string }];
  structuredContent?: Record<string, unknown>;
  isError?: true;
};

/** In the order of help. */
export async function listTools(): Promise<ListedTool[]> {
  return (await allTools()).map((one) => {
    const { tool, description, annotations, isAlwaysLoaded, input, output } = one.mcp;
    return {
      name: tool,
      description,
      inputSchema: describeShape((input?.shape ?? one.input)()),
      outputSchema: describeShape((output?.shape ?? one.output)()),
      annotations: {
        title: one.summary,
        readOnlyHint: annotations.isReadOnly,
        destructiveHint: annotations.isDestructive,
        idempotentHint: annotations.isIdempotent,
        // None asks anybody but this machine.
        openWorldHint: false,
      },
      // Each says it: where the server is entered to be always loaded, all that say nothing are.
      _meta: { [ALWAYS_LOADED]: isAlwaysLoaded === true },
    };
  });
}

/** Claude Code's own word (2.1.328). */
const ALWAYS_LOADED = "anthropic/alwaysLoad";

/** Never throws. */
export async function callTool(world: World, call: { name: string; given: unknown }): Promise<Called> {
  let one: Tool | undefined;
  try {
    one = await requireTool(call.name);
    const input = shapeArguments(one, call.given);
    const output = await one.run(world, one.mcp.input === undefined ? input : one.mcp.input.read(input));
    const answer = v.parse(ANSWER, one.mcp.output === undefined ? output : one.mcp.output.write(output));
    return { content: [{ type: "text", text: JSON.stringify(answer) }], structuredContent: answer };
  } catch (thrown) {
    const failure = asFailure(thrown);
    if (failure.kind === "internal") {
      const stack = failure.cause instanceof Error ? failure.cause.stack : undefined;
      world.log("error", "tool.failed", { tool: call.name, code: failure.code, message: failure.message, stack });
    }
    const told = errorDocument(failure);
    const error = { ...told.error, hint: hintFor(one, failure.hint) };
    return { content: [{ type: "text", text: JSON.stringify({ error }) }], isError: true };
  }
}

/** As the tool's own argument, where the command line has a flag. */
function hintFor(one: Tool | undefined, hint: string | undefined): string | null {
  if (hint === undefined) return null;
  const takesPath = one !== undefined && "repo_path" in (one.mcp.input?.shape ?? one.input)().entries;
  return takesPath ? hint.replaceAll("--repo <path>", "repo_path") : hint;
}

const ANSWER = v.record(v.string(), v.unknown());

async function requireTool(name: string): Promise<Tool> {
  const tools = await allTools();
  const found = tools.find(({ mcp }) => mcp.tool === name || camelCase(mcp.tool) === name);
  if (found !== undefined) return found;
  const names = tools.map(({ mcp }) => mcp.tool);
  const close = nearest(name, names);
  const hint = close === undefined ? `There are ${names.join(", ")}.` : `Did you mean ${close}?`;
  throw usage("unknown-tool", `There is no tool "${shown(name)}".`, hint);
}

/** As an earlier manual spelt them. */
function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The first thing that does not fit, told by its name and what would. */
function shapeArguments({ input, mcp }: Tool, given: unknown): unknown {
  const shape = (mcp.input?.shape ?? input)();
  const result = v.safeParse(shape, given);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const key = String(issue.path?.[0]?.key ?? "");
  const known = Object.keys(shape.entries);
  if (!known.includes(key)) {
    const hint = known.length === 0 ? `${mcp.tool} takes no arguments.` : `It takes ${known.join(", ")}.`;
    throw usage("unexpected", `${mcp.tool} has no argument "${shown(key)}".`, hint);
  }
  const isMissing = issue.path?.[0]?.value === undefined;
  throw new Failure({
    kind: "usage",
    code: isMissing ? "usage.missing" : "usage.bad-value",
    message: isMissing
      ? `The argument ${key} is missing.`
      : `The argument ${key} does not fit: ${shown(issue.message)}`,
    hint: `See the input schema of ${mcp.tool}.`,
  });
}

const MOST_SHOWN = 200;

/** What came from outside, made short: it may be of any length. */
function shown(text: string): string {
  return printable(text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text);
}
