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
 * A reservation lives by its registrar alone: once that is gone nobody finishes it, whoever it was made for.
 * A row of an earlier release knows a pid and when it was written, no more.
 */
export function livenessOf(processes: Processes, session: KnownSession): Liveness {
  if (session.git_dir === null) {
    const identity = { pid: session.pid, startTime: null, bootId: null, pidNamespace: null, host: null };
    return processes.probe(identity, { notAfter: parseUtc(session.created_at) });
  }
  const role = session.state === "creating" ? "registrar" : undefined;
  const probes = session.processes
    .filter((row) => role === undefined || row.role === role)
    .map((row) => processes.probe(identityOf(row)));
  const living = probes.find((probe) => probe.state === "alive") ?? probes.find((probe) => probe.state === "unknown");
  return living ?? probes[0] ?? { state: "dead", why: "no process of it is recorded" };
}

export function mayLive(processes: Processes, session: KnownSession): boolean {
  return livenessOf(processes, session).state !== "dead";
}

/** Sessions whose life and death a process on this machine decides; those in a sandbox have their own rules. */
export function isLocal(session: KnownSession): boolean {
  return session.execution_mode === null || session.execution_mode === "local";
}
