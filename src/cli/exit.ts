// What a shell sees of a failure: its exit code.

import type { Failure, FailureKind } from "../core/failure.ts";

const EXIT: Readonly<Record<FailureKind, number>> = { user: 1, unavailable: 1, usage: 2, internal: 70, cancelled: 130 };
const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** 128 and its number for a signal, as shells have it. */
export function exitCodeOf(failure: Failure): number {
  const signal = failure.kind === "cancelled" ? SIGNALS[String(failure.details["signal"])] : undefined;
  return signal === undefined ? EXIT[failure.kind] : 128 + signal;
}
