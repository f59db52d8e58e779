// What doctor answers for each thing it looks at.

import { asFailure } from "../../core/failure.ts";

export interface Check {
  name: string;
  /** A failure keeps parallel-cc from its work; a warning does not, but should be seen to. */
  status: "ok" | "warn" | "fail";
  detail: string;
  hint?: string | undefined;
}

export function failed(name: string, thrown: unknown): Check {
  const { message, hint } = asFailure(thrown);
  return { name, status: "fail", detail: message, hint };
}
