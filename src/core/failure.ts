// The one error that people, scripts and agents see. `kind` alone decides the exit code; `code` is what a program
// may test; `message` says what happened, `hint` what to do. Anything else thrown is a bug in parallel-cc.

export type FailureKind = "user" | "usage" | "unavailable" | "cancelled" | "internal";

export interface FailureInput {
  kind?: FailureKind;
  /** Namespaced and stable, for example `worktree.dirty`. */
  code: string;
  message: string;
  hint?: string | undefined;
  details?: Record<string, unknown>;
  cause?: unknown;
}

export class Failure extends Error {
  readonly kind: FailureKind;
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: Record<string, unknown>;

  constructor(input: FailureInput) {
    super(input.message, input.cause === undefined ? {} : { cause: input.cause });
    this.name = "Failure";
    this.kind = input.kind ?? "user";
    this.code = input.code;
    this.hint = input.hint;
    this.details = input.details ?? {};
  }
}

/** A usage failure (exit 2): the call itself was wrong. */
export function usage(code: string, message: string, hint?: string): Failure {
  return new Failure({ kind: "usage", code: `usage.${code}`, message, hint });
}

/** What programs and agents are answered in its place. */
export function errorDocument({ code, message, hint, details }: Failure) {
  return { error: { code, message, hint: hint ?? null, details } };
}

/** Turns whatever was thrown into a Failure; what is not one already is an internal bug. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new Failure({
    kind: "internal",
    code: "internal.bug",
    message: `Unexpected error: ${message}`,
    hint: "This is a bug in parallel-cc. Run again with PARALLEL_CC_LOG_LEVEL=debug and report what it prints.",
    cause: thrown,
  });
}
