// Where in a settings file a value stands.

import { childNamed, readTree } from "../../files/json-tree.ts";
import { placeOf } from "../../files/jsonc.ts";

/** From 1; undefined when it is not there. */
export function placeOfValue(path: string, { text, at }: { text: string; at: readonly string[] }) {
  let value = readTree(path, text).root;
  let start = value?.start;
  for (const key of at) {
    const child = value === undefined ? undefined : childNamed(value, key);
    value = child?.value;
    start = child?.start;
  }
  return start === undefined ? undefined : placeOf(text, start);
}
