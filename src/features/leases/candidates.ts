// Which ports a checkout asks for, and in which order. Pure: the same checkout always asks for the same ones.

export interface PortRange {
  from: number;
  /** The last one of the range. */
  to: number;
}

export interface Checkout {
  /** Real path of the common git directory. */
  gitDir: string;
  isMain: boolean;
  branch: string | null;
  /** Its name below the repository's `worktrees/`. */
  adminName: string | null;
}

/**
 * Ports above 1023 that browsers refuse to open (https://fetch.spec.whatwg.org/#port-blocking): they would work with
 * curl and with nothing else.
 */
const REFUSED_BY_BROWSERS: ReadonlySet<number> = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
]);

/** Every port of the range that may be handed out, beginning at the checkout's own and going round. */
export function* candidates(checkout: Checkout, { from, to }: PortRange): Generator<number> {
  const size = to - from + 1;
  const first = hash(`${checkout.gitDir}\0${keyOf(checkout)}`) % size;
  for (let step = 0; step < size; step++) {
    const port = from + ((first + step) % size);
    if (!REFUSED_BY_BROWSERS.has(port)) yield port;
  }
}

// Branches come and go in the main checkout while its servers run on, so it has a key of its own, as has a detached HEAD.
function keyOf({ isMain, branch, adminName }: Checkout): string {
  if (isMain) return "main";
  return branch === null ? `worktree ${adminName ?? ""}` : `branch ${branch}`;
}

function hash(text: string): number {
  const digest = new Bun.CryptoHasher("sha256").update(text).digest();
  return digest.readUInt32BE(0);
}
