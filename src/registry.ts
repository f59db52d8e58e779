// First word → room. A room is loaded when its word is typed; `all` is for help, docs and completeness tests.

import type { AnyAgentOperation, AnyOperation } from "./core/operation.ts";
import type { World } from "./world.ts";

export type Room = {
  operations: readonly AnyOperation<World>[];
  /** Those without a command. */
  agentOperations?: readonly AnyAgentOperation<World>[];
};

const sessions = () => import("./features/sessions/operations.ts");
const database = () => import("./features/database/operations.ts");
const merges = () => joined(import("./features/merges/operations.ts"), import("./features/arrivals/operations.ts"));
const cleanup = () => import("./features/cleanup/operations.ts");
const config = () => import("./features/config/operations.ts");
const leases = () => import("./features/leases/operations.ts");
const completions = () => import("./features/completions/operations.ts");
const doctor = () => import("./features/doctor/operations.ts");
const install = () => import("./features/install/operations.ts");
const mcp = () => import("./mcp/operations.ts");
const claims = () => import("./features/claims/operations.ts");
const hooks = () => import("./features/hooks/operations.ts");
const watch = () => import("./features/watch/operations.ts");
const messages = () => import("./features/messages/operations.ts");
const notes = () => import("./features/notes/operations.ts");
const conflicts = () => joined(import("./features/radar/operations.ts"), import("./features/conflicts/operations.ts"));
const rebase = () => import("./features/rebase/operations.ts");
const demo = () => import("./features/demo/operations.ts");
const sandbox = () =>
  joined(import("./features/sandboxes/operations.ts"), import("./features/providers/operations.ts"));

/** In the order of help. No prototype: `toString` is not a command. */
export const ROOMS: Readonly<Record<string, () => Promise<Room>>> = Object.assign(Object.create(null), {
  register: sessions,
  start: sessions,
  release: sessions,
  stop: sessions,
  heartbeat: sessions,
  status: sessions,
  list: sessions,
  watch,
  env: leases,
  claims,
  conflicts,
  rebase,
  messages,
  notes,
  cleanup,
  worktree: cleanup,
  undo: cleanup,
  merge: merges,
  config,
  completions,
  doctor,
  install,
  mcp,
  hook: hooks,
  statusline: hooks,
  demo,
  sandbox,
  update: database,
  migrate: database,
});

/** Of a noun that several rooms have verbs for. */
async function joined(...rooms: readonly Promise<Room>[]): Promise<Room> {
  const loaded = await Promise.all(rooms);
  return {
    operations: loaded.flatMap(({ operations }) => operations),
    agentOperations: loaded.flatMap(({ agentOperations = [] }) => agentOperations),
  };
}

export async function allOperations(): Promise<AnyOperation<World>[]> {
  return (await allRooms()).flatMap((room) => room.operations);
}

/** What agents can call. */
export async function allTools(): Promise<AnyAgentOperation<World>[]> {
  return (await allRooms()).flatMap(({ operations, agentOperations = [] }) => [
    ...operations.flatMap((one) => (one.mcp === undefined ? [] : { ...one, mcp: one.mcp })),
    ...agentOperations,
  ]);
}

function allRooms(): Promise<Room[]> {
  return Promise.all([...new Set(Object.values(ROOMS))].map((load) => load()));
}
