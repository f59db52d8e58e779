// Handing out ports: those that the checkout has asked for before, when they are free, else the next ones. Chosen, tried
// and written down in one transaction, so no two sessions ever get the same.

import type { Db } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { type Checkout, candidates, type PortRange } from "./candidates.ts";
import { allLeases, portsOf, storeLease } from "./store.ts";

export interface LeaseRequest {
  sessionId: string;
  checkout: Checkout;
  count: number;
  range: PortRange;
  /** Which of these sessions are certainly over: what they hold is taken. Asked inside the transaction. */
  overAmong(sessionIds: readonly string[]): ReadonlySet<string>;
}

export interface Leased {
  /** All that were asked for, or what the session had before. */
  ports: number[];
  warnings: string[];
}

/** Where nothing may listen at all (a sandbox) every port seems taken: a tenth of a second is enough to see it. */
const MOST_TRIED = 1000;

/** A session that has ports keeps them, also when fewer are asked for by now. */
export function leasePorts(world: Pick<World, "isPortFree">, db: Db, request: LeaseRequest): Leased {
  const { sessionId, count, range } = request;
  const held = portsOf(db, sessionId);
  if (held.length >= count) return { ports: held, warnings: [] };
  return db.write(() => {
    const ports = portsOf(db, sessionId);
    const found = choose(world, allLeases(db), { ...request, count: count - ports.length });
    if (ports.length + found.length < count) return { ports, warnings: [exhausted(count, range)] };
    const isThere = found.every((port, i) => storeLease(db, { port, sessionId, position: ports.length + i + 1 }));
    return { ports: isThere ? [...ports, ...found] : [], warnings: [] };
  });
}

function choose(world: Pick<World, "isPortFree">, leases: ReadonlyMap<number, string>, request: LeaseRequest) {
  const { sessionId, checkout, count, range, overAmong } = request;
  let over: ReadonlySet<string> | undefined;
  const isHeld = (holder: string): boolean => {
    if (holder === sessionId) return true;
    over ??= overAmong([...new Set(leases.values())]);
    return !over.has(holder);
  };
  const found: number[] = [];
  let tried = 0;
  for (const port of candidates(checkout, range)) {
    if (found.length === count || tried === MOST_TRIED) break;
    const holder = leases.get(port);
    if (holder !== undefined && isHeld(holder)) continue;
    tried++;
    if (world.isPortFree(port)) found.push(port);
  }
  return found;
}

function exhausted(count: number, { from, to }: PortRange): string {
  const wanted = count === 1 ? "No port" : `No ${count} ports`;
  return (
    `${wanted} of ${from}-${to} could be had (leased to other sessions, in use, or not allowed here), so none was ` +
    "leased. `parallel-cc config set worktree.portRange <from-to>` gives another range."
  );
}
