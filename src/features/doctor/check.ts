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

/** `1.2 GB`, in units of 1024. */
export function sizeText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size < 10 && unit > 0 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}
