// The story of the demo, part by part. What parallel-cc learns to do gets a part of its own here.

import { cleanup, land } from "./landing.ts";
import type { Part } from "./part.ts";
import { crash, edit, finish, start } from "./work.ts";

export const STORY: readonly Part[] = [start, edit, crash, finish, land, cleanup];
