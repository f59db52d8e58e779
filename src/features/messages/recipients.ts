// Who is meant by a name, an id or its beginning: a living session of the repository, and never the sender itself.

import { Failure } from "../../core/failure.ts";
import { printable } from "../../core/text.ts";
import { type Db, isoText } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { type KnownSession, livingOf, type RepositoryKey, sessionsOf, whoIs } from "../roster/roster.ts";
import { endedCalled } from "./store.ts";

export interface Meant {
  /** `all`, a session's id, four or more characters that it begins with, or a name. */
  to: string;
  sender: KnownSession | undefined;
  repository: RepositoryKey;
}

/** Errors: `usage.ambiguous`, `message.to-self`, `session.ended`, `session.none`. None only for `all`. */
export function recipientsMeant(world: Pick<World, "processes">, db: Db, meant: Meant): KnownSession[] {
  const { to, sender, repository } = meant;
  const known = sessionsOf(db, repository);
  const living = livingOf(world, known);
  const others = living.filter(({ id }) => id !== sender?.id);
  if (to === "all") return others;
  const [found, ...more] = calledSo(others, to);
  if (found !== undefined && more.length === 0) return [found];
  if (found !== undefined) throw ambiguous(to, [found, ...more]);
  if (sender !== undefined && calledSo([sender], to).length > 0) {
    throw new Failure({ code: "message.to-self", message: `"${printable(to)}" is the sender itself.` });
  }
  const dead = calledSo(known, to).find(({ id, state }) => state === "active" && !living.some((one) => one.id === id));
  if (dead !== undefined) throw ended(`${whoIs(dead)} has ended: none of its processes runs`);
  const [past] = endedCalled(db, { ...repository, called: to, prefix: prefixIn(to) ?? null });
  if (past !== undefined) throw ended(`${whoIs(past)} has ended, at ${isoText(past.ended_at)}`);
  throw nobody(to, others);
}

/** An id means one; a name goes before the beginning of an id. */
function calledSo<S extends Pick<KnownSession, "id" | "name">>(sessions: readonly S[], to: string): S[] {
  const prefix = prefixIn(to);
  const ways = [
    sessions.filter(({ id }) => id === to),
    sessions.filter(({ name }) => name === to),
    prefix === undefined ? [] : sessions.filter(({ id }) => id.startsWith(prefix)),
  ];
  return ways.find(({ length }) => length > 0) ?? [];
}

function prefixIn(to: string): string | undefined {
  return /^[0-9a-f-]{4,}$/i.test(to) ? to.toLowerCase() : undefined;
}

function ambiguous(to: string, found: readonly KnownSession[]): Failure {
  const which = found.map(({ id, name }) => (name === null ? id : `${id} ("${printable(name)}")`)).join(", ");
  return new Failure({
    kind: "usage",
    code: "usage.ambiguous",
    message: `${found.length} sessions are meant by "${printable(to)}": ${which}.`,
    hint: "Name one by its id.",
  });
}

function ended(what: string): Failure {
  return new Failure({
    code: "session.ended",
    message: `${what[0]?.toUpperCase()}${what.slice(1)}.`,
    hint: "Write it down for whoever comes: share_note, or `parallel-cc notes add`.",
  });
}

function nobody(to: string, others: readonly KnownSession[]): Failure {
  const atWork = others.map(whoIs).join(", ");
  return new Failure({
    code: "session.none",
    message: `No session of this repository goes by "${printable(to)}".`,
    hint: atWork === "" ? "No other session is at work in it." : `At work in it: ${atWork}.`,
  });
}
