// Whose a stash entry is: its session's that has the branch out now, else that stood there when it was made, else that was
// given the branch. Where two may have made it, it is the one's that has the branch now; what is not decided is nobody's.

import type { KnownSession } from "../roster/roster.ts";
import { Heads } from "./heads.ts";
import { currentBranches, type Others } from "./others.ts";
import type { StashEntry } from "./places.ts";

export class StashMakers {
  readonly #others: Others;
  readonly #gitDir: string;
  readonly #own: KnownSession | undefined;
  readonly #heads = new Heads();

  constructor(others: Others, gitDir: string) {
    this.#others = others;
    this.#gitDir = gitDir;
    this.#own = others.ownIn(gitDir);
  }

  otherOf(entry: StashEntry): KnownSession | undefined {
    const own = this.#own;
    if (own !== undefined && hasOut(own, entry)) return undefined;
    const heads = this.#heads;
    const stoodThere = own !== undefined && heads.stoodAt(own, entry);
    const holder = this.#other((one) => hasOut(one, entry) && (!stoodThere || heads.stoodAt(one, entry)));
    if (holder !== undefined || stoodThere) return holder;
    const maker = this.#other((one) => heads.stoodAt(one, entry));
    if (maker !== undefined || (own !== undefined && wasGiven(own, entry))) return maker;
    return this.#other((one) => wasGiven(one, entry));
  }

  isOwn(entry: StashEntry): boolean {
    const own = this.#own;
    if (own === undefined || this.otherOf(entry) !== undefined) return false;
    return hasOut(own, entry) || wasGiven(own, entry) || this.#heads.stoodAt(own, entry);
  }

  #other(holds: (session: KnownSession) => boolean): KnownSession | undefined {
    return this.#others.elsewhere(this.#gitDir, holds);
  }
}

function hasOut(session: KnownSession, { branch }: StashEntry): boolean {
  return branch !== undefined && currentBranches(session).includes(branch);
}

function wasGiven(session: KnownSession, { branch }: StashEntry): boolean {
  return branch !== undefined && session.branch === branch;
}
