// One look after another at the sessions of a repository or a checkout, and what has changed since the last. What could
// not be read changes nothing: the next look may.

import { statSync } from "node:fs";
import { asFailure, Failure } from "../../core/failure.ts";
import { type Db, parseUtc } from "../../db/db.ts";
import type { World } from "../../world.ts";
import { takeDelivery, takeNewsOf } from "../messages/messages.ts";
import {
  activityOf,
  allSessions,
  isLocal,
  type KnownSession,
  livenessOfAll,
  sessionOfClaude,
  sessionsOf,
} from "../roster/roster.ts";
import type { Watched } from "./place.ts";

export interface SessionEvent {
  /** `present`: it was there before the first look. */
  event: "present" | "started" | "ended";
  session: KnownSession;
  /** In the checkout of who asks. */
  isHere: boolean;
}

export interface Delivered {
  event: "delivered";
  /** The own one. */
  session: KnownSession;
  isHere: true;
  /** Of several lines. */
  text: string;
}

interface Seen {
  session: KnownSession;
  /** It is over, or who asks need not be told of it. */
  isSilent: boolean;
}

type Effects = Pick<World, "dbInHaste" | "paths" | "processes" | "parentPid" | "cwd" | "env" | "log" | "now">;

interface Asking extends Watched {
  /** Who asks: the claude that started us. */
  claude: number;
  /** Only its checkout, and only who comes: whether the others still live is not looked at then. */
  isHere: boolean;
}

const NEW_MS = 60_000;

/** Far more than any chain of shells between two sessions. */
const MAX_ANCESTORS = 16;

export class Lookout {
  readonly #world: Effects;
  readonly #asking: Asking;
  #open: { db: Db; inode: number } | undefined;
  #own: KnownSession | undefined;
  #seen: Map<string, Seen> | undefined;
  #checkout: string | undefined;

  constructor(world: Effects, asking: Asking) {
    this.#world = world;
    this.#asking = asking;
  }

  async look(): Promise<SessionEvent[]> {
    const rows = await this.#rows();
    if (rows === undefined) return [];
    const isFirst = this.#seen === undefined;
    const before = this.#seen ?? new Map<string, Seen>();
    const fresh = rows.filter(({ id }) => !before.has(id));
    // Only a session that was not there can be the own one, or be alive unknown to us.
    const liveness = livenessOfAll(this.#world.processes, this.#asking.isHere ? fresh : rows);
    const isOver = ({ id }: KnownSession) => liveness.get(id)?.state === "dead";
    const seen = new Map<string, Seen>();
    const events: SessionEvent[] = [];
    const tell = (event: SessionEvent["event"], session: KnownSession) => {
      events.push({ event, session, isHere: session.worktree_path === this.#checkout });
    };
    for (const session of rows) {
      const known = before.get(session.id);
      const isSilent = known?.isSilent ?? (session.id === this.#own?.id || this.#isChild(session));
      if (!isSilent && known === undefined && !isOver(session))
        tell(isFirst && !this.#isNewcomer(session, rows) ? "present" : "started", session);
      if (!isSilent && known !== undefined && isOver(session)) tell("ended", session);
      seen.set(session.id, { session, isSilent: isSilent || isOver(session) });
    }
    for (const { session, isSilent } of before.values()) {
      if (!isSilent && !seen.has(session.id)) tell("ended", session);
    }
    this.#seen = seen;
    return events;
  }

  /** What others have sent to the own session, while it is idle: a busy one gets it by its hooks. */
  async delivery(): Promise<Delivered | undefined> {
    return this.#unlessUnread(async () => {
      const [db, own] = [await this.#db(), this.#own];
      if (db === undefined || own === undefined || activityOf(own) !== "idle") return undefined;
      const text = takeDelivery(db, own, "monitor", { kinds: ["message"] });
      return text === undefined ? undefined : { event: "delivered", session: own, isHere: true, text };
    });
  }

  /** Whether the own session is still to be told that this one has begun; from now on it counts as told. */
  async isUntold({ id: about }: KnownSession): Promise<boolean> {
    const isUntold = await this.#unlessUnread(async () => {
      const [db, own] = [await this.#db(), this.#own];
      if (db === undefined || own === undefined) return true;
      return takeNewsOf(db, { sessionId: own.id, topic: "session.started", about });
    });
    return isUntold ?? true;
  }

  close(): void {
    this.#open?.db.close();
    this.#open = undefined;
  }

  /** Undefined when they cannot be read just now. */
  #rows(): Promise<KnownSession[] | undefined> {
    return this.#unlessUnread(async () => {
      const db = await this.#db();
      // Where there is no database, nobody is at work.
      if (db === undefined) return [];
      const { repository, checkout, isHere } = this.#asking;
      const all = repository === undefined ? allSessions(db) : sessionsOf(db, repository);
      const rows = all.filter((one) => one.state === "active" && isLocal(one));
      this.#recogniseOwn(db, rows);
      const mine = this.#own?.worktree_path ?? checkout;
      // Elsewhere by now: who is there was there before.
      if (isHere && mine !== this.#checkout) this.#seen = undefined;
      this.#checkout = mine;
      return isHere ? rows.filter((one) => one.worktree_path === mine) : rows;
    });
  }

  /** Undefined when the database cannot be read, or written, just now. */
  async #unlessUnread<T>(question: () => Promise<T>): Promise<T | undefined> {
    try {
      return await question();
    } catch (thrown) {
      const { kind, code } = asFailure(thrown);
      if (kind === "internal" || kind === "cancelled") throw thrown;
      this.#world.log("debug", "watch.unread", { code });
      this.close();
      return undefined;
    }
  }

  /** Kept open: opening and closing it each time would be the greater part of the work. */
  async #db(): Promise<Db | undefined> {
    const inode = inodeOf(this.#world.paths.database);
    if (this.#open?.inode !== inode) this.close();
    if (inode === undefined) return undefined;
    this.#open ??= { db: await this.#world.dbInHaste(), inode };
    return this.#open.db;
  }

  /** It may come to be known only after us: the hook that registers it and we are started at once. */
  #recogniseOwn(db: Db, rows: readonly KnownSession[]): void {
    const same = rows.find(({ id }) => id === this.#own?.id);
    const isNew = same === undefined && rows.some(({ id }) => this.#seen?.has(id) !== true);
    this.#own = same ?? (isNew ? sessionOfClaude(this.#world, db, this.#asking.claude) : undefined);
  }

  /**
   * It came after the own session was told of the others, and before we looked: the client starts us some seconds later.
   * Not for long, lest it be told again when we are started again.
   */
  #isNewcomer(session: KnownSession, rows: readonly KnownSession[]): boolean {
    const own = rows.findIndex(({ id }) => id === this.#own?.id);
    if (!this.#asking.isHere || own < 0 || rows.indexOf(session) < own) return false;
    return this.#world.now().getTime() - parseUtc(session.created_at).getTime() < NEW_MS;
  }

  /** A claude that the own one runs in a tool of its own is no news to it. */
  #isChild({ processes }: KnownSession): boolean {
    const own = new Set(this.#own?.processes.map(({ pid }) => pid));
    return own.size > 0 && processes.some(({ pid }) => this.#hasAncestor(pid, own));
  }

  #hasAncestor(pid: number, wanted: ReadonlySet<number>): boolean {
    let at = this.#world.processes.parent(pid);
    for (let step = 0; at !== undefined && at > 1 && step < MAX_ANCESTORS; step++) {
      if (wanted.has(at)) return true;
      at = this.#world.processes.parent(at);
    }
    return false;
  }
}

/** Undefined where there is no file. */
function inodeOf(file: string): number | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false })?.ino;
  } catch (cause) {
    const message = `${file} cannot be looked at.`;
    throw new Failure({ kind: "unavailable", code: "watch.unreadable", message, cause });
  }
}
