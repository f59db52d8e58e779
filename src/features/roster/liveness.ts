// Whether a session lives: while any of its processes does. What cannot be decided counts as alive.

import { parseUtc } from "../../db/db.ts";
import type { Liveness, Processes, ProcessIdentity } from "../../proc/alive.ts";
import type { KnownSession, ProcessRow } from "./store.ts";

export function identityOf(row: ProcessRow): ProcessIdentity {
  return {
    pid: row.pid,
    startTime: row.start_time,
    bootId: row.boot_id,
    pidNamespace: row.pid_namespace,
    host: row.host,
  };
}

/**
 * Looks at all at once, which on macOS is one spawn instead of one for each. A reservation lives by its registrar
 * alone: once that is gone nobody finishes it, whoever it was made for. A row of an earlier release knows a pid and
 * when it was written, no more.
 */
export function livenessOfAll(processes: Processes, sessions: readonly KnownSession[]): Map<string, Liveness> {
  const rows = sessions.flatMap(provingRows);
  const probes = processes.probeAll(rows.map(identityOf));
  const probesOf = Map.groupBy(probes.keys(), (i) => rows[i]?.session_id ?? "");
  return new Map(
    sessions.map((one) => {
      if (one.git_dir === null) return [one.id, livenessOfOldRow(processes, one)];
      return [one.id, together((probesOf.get(one.id) ?? []).flatMap((i) => probes[i] ?? []))];
    }),
  );
}

/** Those that work and are not certainly over. */
export function livingOf({ processes }: { processes: Processes }, sessions: readonly KnownSession[]): KnownSession[] {
  const active = sessions.filter((one) => one.state === "active");
  const liveness = livenessOfAll(processes, active);
  return active.filter((one) => liveness.get(one.id)?.state !== "dead");
}

export function mayLive(processes: Processes, session: KnownSession): boolean {
  return livenessOfAll(processes, [session]).get(session.id)?.state !== "dead";
}

function provingRows(session: KnownSession): readonly ProcessRow[] {
  if (session.git_dir === null) return [];
  return session.state === "active" ? session.processes : session.processes.filter((row) => row.role === "registrar");
}

function together(probes: readonly Liveness[]): Liveness {
  const living = probes.find((probe) => probe.state === "alive") ?? probes.find((probe) => probe.state === "unknown");
  return living ?? probes[0] ?? { state: "dead", why: "no process of it is recorded" };
}

function livenessOfOldRow(processes: Processes, { pid, created_at }: KnownSession): Liveness {
  const identity = { pid, startTime: null, bootId: null, pidNamespace: null, host: null };
  return processes.probe(identity, { notAfter: parseUtc(created_at) });
}

/** Sessions whose life and death a process on this machine decides; those in a sandbox have their own rules. */
export function isLocal(session: KnownSession): boolean {
  return session.execution_mode === null || session.execution_mode === "local";
}
