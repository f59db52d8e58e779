// Random histories of a branch and its target, and an oracle that knows of every line where it came from. Lines have
// identities that git does not see: blocks of a file read the same, so an edit can be made in the wrong one.

import { deflateSync } from "node:zlib";
import { type Gen, gen } from "../support/random.ts";

interface Line {
  id: string;
  text: string;
}

/** Takes a line away, puts one in its place, or puts one behind another. */
interface Edit {
  file: string;
  remove?: Line;
  add?: Line;
  /** Where `add` goes when nothing is removed. */
  after?: string;
}

type State = ReadonlyMap<string, readonly Line[]>;

interface Commit {
  id: string;
  parents: readonly string[];
  state: State;
  /** Those that could be made. */
  edits: readonly Edit[];
}

const DOINGS = [
  ...["work", "work", "undo", "other", "other", "near", "twin", "squash", "squash-some", "pick", "rebase"],
  ...["merge", "forward", "merge-in", "revert", "revert-silently", "by-side"],
] as const;

export type Doing = {
  what: (typeof DOINGS)[number];
  a: number;
  b: number;
  c: number;
};

const doing = gen.record<Doing>({
  what: gen.pick(...(DOINGS as unknown as [Doing["what"], ...Doing["what"][]])), // Not empty, as is seen above.
  a: gen.int(0, 40),
  b: gen.int(0, 40),
  c: gen.int(0, 3),
});

/** Long ones tell most; a failure still shrinks to the shortest. */
export const histories: Gen<Doing[]> = {
  make: (random) => Array.from({ length: random.int(3, 18) }, () => doing.make(random)),
  shrink: gen.list(doing).shrink,
};

const BLOCKS = 5;
const BLOCK = ["{", "alpha", "beta", "gamma", "delta", "epsilon", "}"];

function firstState(): State {
  const repeated = Array.from({ length: BLOCKS }, (_, block) =>
    BLOCK.map((text, line) => ({ id: `${block}.${line}`, text })),
  ).flat();
  const plain = Array.from({ length: 24 }, (_, line) => ({ id: `p${line}`, text: `plain ${line}` }));
  return new Map([
    ["blocks.txt", repeated],
    ["plain.txt", plain],
  ]);
}

function applied(state: State, edit: Edit): State | undefined {
  const lines = state.get(edit.file) ?? [];
  const at = lines.findIndex(({ id }) => id === (edit.remove?.id ?? edit.after));
  const isThere = edit.add !== undefined && lines.some(({ id }) => id === edit.add?.id);
  if (at < 0 || isThere) return undefined;
  const added = edit.add === undefined ? [] : [edit.add];
  const next = edit.remove === undefined ? lines.toSpliced(at + 1, 0, ...added) : lines.toSpliced(at, 1, ...added);
  return new Map(state).set(edit.file, next);
}

function undone({ file, remove, add, after }: Edit, state: State): Edit {
  if (remove === undefined) return { file, ...(add === undefined ? {} : { remove: add }) };
  if (add !== undefined) return { file, remove: add, add: remove };
  const lines = state.get(file) ?? [];
  const before = lines[lines.findIndex(({ id }) => id === remove.id) - 1];
  return { file, add: remove, after: after ?? before?.id ?? "" };
}

/** What happened, in git's objects and in the oracle's. */
export class History {
  readonly objects = new Map<string, { type: number; bytes: Buffer }>();
  readonly #commits = new Map<string, Commit>();
  /** Edits that the target took back in so many words, or byte for byte. */
  readonly #takenBack = new Set<Edit>();
  readonly #undoes = new Map<Edit, Edit>();
  /** Own edits that the branch undid itself: what of them stands in it by now came with the target. */
  readonly #withdrawn = new Set<Edit>();
  /** Which own edit an own one undoes: undone itself, it brings that one back. */
  readonly #withdraws = new Map<Edit, Edit>();
  readonly #forwarded = new Set<string>();
  readonly #own: Commit[] = [];
  readonly #lines = new Set<string>();
  #texts = 0;
  #clock = 0;
  /** Where the branch last was given the target's commits, and the other way round. */
  #mergedIn = 0;
  #merged = 0;
  readonly fork: Commit;
  target: Commit;
  tip: Commit;
  #targetEdits: Edit[] = [];

  constructor(doings: readonly Doing[]) {
    const root = this.#commit([], firstState(), []);
    this.fork = root;
    this.target = root;
    this.tip = root;
    this.#remember(root.state);
    for (const doing of doings) this.#do(doing);
  }

  /**
   * Every surviving effect of the branch's own edits came into the target, and was not taken back there. Without the
   * fork nobody can tell commits that were fast-forwarded from those the target had before.
   */
  isLanded(isForkKnown: boolean): boolean {
    const reached = this.#reachable(this.target.id);
    const ever = new Set(reached.flatMap(({ state }) => idsOf(state)));
    const removed = new Set(reached.flatMap(({ edits }) => edits.map(({ remove }) => remove?.id)));
    const here = new Set(idsOf(this.tip.state));
    const there = new Set(idsOf(this.target.state));
    const judged = this.#own.filter(({ id }) => isForkKnown || !this.#forwarded.has(id));
    return judged.every(({ edits }) =>
      edits.every((edit) => {
        if (this.#withdrawn.has(edit)) return true;
        const { add, remove } = edit;
        // A line that the target had before, put back, is no work.
        const isStanding = add !== undefined && here.has(add.id) && !this.#lines.has(add.id);
        const mustGo = remove !== undefined && !here.has(remove.id) && this.#lines.has(remove.id);
        const hasCome = (!isStanding || ever.has(add.id)) && (!mustGo || removed.has(remove.id));
        // A line that went again by another edit is gone there all the same.
        const isBack = mustGo && there.has(remove.id);
        return hasCome && !((isStanding || isBack) && this.#takenBack.has(edit));
      }),
    );
  }

  #do({ what, a, b, c }: Doing): void {
    if (what === "work") this.#work(a, b, c);
    else if (what === "undo") this.#undo(a);
    else if (what === "other") this.#onTarget("Other", [this.#edit(this.target.state, a, b, c)]);
    else if (what === "near") this.#near(a, b);
    else if (what === "twin") this.#twin(a);
    else if (what === "squash") this.#land("Squash", this.#own.slice(this.#merged), c === 0);
    else if (what === "squash-some") this.#land("Squash some", this.#own.slice(0, 1 + (a % 3)), c === 0);
    else if (what === "pick") this.#land("Pick", this.#own.slice(a % 5, (a % 5) + 1), false);
    else if (what === "rebase") for (const one of this.#own.slice(this.#merged)) this.#land("Rebase", [one], false);
    else if (what === "merge") this.#merge();
    else if (what === "forward") this.#forward();
    else if (what === "merge-in") this.#mergeIn();
    else if (what === "revert") this.#revert(a, true);
    else if (what === "revert-silently") this.#revert(a, false);
    else this.#bySide();
  }

  #work(a: number, b: number, c: number): void {
    const first = this.#edit(this.tip.state, a, b, c);
    const state = applied(this.tip.state, first);
    if (state === undefined) return;
    const second = a % 3 === 0 ? this.#edit(state, b + 7, a, c + 1) : undefined;
    const after = second === undefined ? undefined : applied(state, second);
    const edits = second === undefined || after === undefined ? [first] : [first, second];
    this.tip = this.#commit([this.tip.id], after ?? state, edits);
    this.#own.push(this.tip);
  }

  #undo(a: number): void {
    const undoing = this.#own[a % Math.max(1, this.#own.length)];
    if (undoing === undefined) return;
    const before = this.#commits.get(undoing.parents[0] ?? "")?.state ?? this.fork.state;
    const pairs = undoing.edits.map((edit) => ({ edit, undo: undone(edit, before) })).reverse();
    const inverse = pairs.map(({ undo }) => undo);
    const { state, made } = through(this.tip.state, inverse);
    if (made.length < inverse.length) return;
    this.tip = this.#commit([this.tip.id], state, made);
    this.#own.push(this.tip);
    for (const { edit, undo } of pairs) {
      this.#withdraws.set(undo, edit);
      this.#withdrawn.add(edit);
      const original = this.#withdraws.get(edit);
      if (original !== undefined) this.#withdrawn.delete(original);
    }
  }

  /** An edit of the target beside, or on, what the branch worked at. */
  #near(a: number, b: number): void {
    const edits = this.#own[a % Math.max(1, this.#own.length)]?.edits ?? [];
    const about = edits[0];
    if (about === undefined) return;
    const lines = this.target.state.get(about.file) ?? [];
    const at = lines.findIndex(({ id }) => [about.add?.id, about.remove?.id, about.after].includes(id));
    const line = lines[Math.max(0, Math.min(lines.length - 1, at + (b % 7) - 3))];
    if (at < 0 || line === undefined) return;
    this.#onTarget("Near", [{ file: about.file, remove: line, add: this.#line(`${line.id}=`) }]);
  }

  /** The same edit in another block that reads the same. */
  #twin(a: number): void {
    const edits = this.#own[a % Math.max(1, this.#own.length)]?.edits ?? [];
    const other = (id: string) =>
      id.replace(/^(\d)\.(\d)$/, (_, block, line) => `${(Number(block) + 1) % BLOCKS}.${line}`);
    const twins = edits.map(({ file, remove, add, after }): Edit => {
      const place = other(remove?.id ?? after ?? "");
      return {
        file,
        ...(remove === undefined ? { after: place } : { remove: { ...remove, id: place } }),
        ...(add === undefined ? {} : { add: { id: `twin ${place} ${add.text}`, text: add.text } }),
      };
    });
    const isReal = edits.every(({ remove, after }) => /^\d\.\d$/.test(remove?.id ?? after ?? ""));
    if (isReal && through(this.target.state, twins).made.length === twins.length) this.#onTarget("Twin", twins);
  }

  /** Some of it may be left out by hand, where it does not apply. */
  #land(message: string, commits: readonly Commit[], isByHand: boolean): void {
    const edits = commits.flatMap((one) => one.edits);
    if (edits.length === 0) return;
    const { made } = through(this.target.state, edits);
    if (made.length === edits.length || (isByHand && made.length > 0)) this.#onTarget(message, edits);
  }

  /** All of it is in the target's history then, whatever was left out by hand. */
  #merge(): void {
    const edits = this.#own.slice(this.#merged).flatMap((one) => one.edits);
    const { state, made } = through(this.target.state, edits);
    if (this.#own.length === this.#merged || this.#reaches(this.target.id, this.tip.id)) return;
    this.target = this.#commit([this.target.id, this.tip.id], state, made);
    this.#landed(edits);
    this.#merged = this.#own.length;
  }

  #forward(): void {
    if (!this.#reaches(this.tip.id, this.target.id) || this.tip.id === this.target.id) return;
    this.target = this.tip;
    // Also what had been merged before, when the branch took that merge in: it stands on the target's own line now.
    const line = new Set(this.#targetLine());
    for (const one of this.#own) if (line.has(one)) this.#forwarded.add(one.id);
    this.#landed(this.#own.slice(this.#merged).flatMap(({ edits }) => edits));
    this.#merged = this.#own.length;
  }

  #mergeIn(): void {
    if (this.#reaches(this.tip.id, this.target.id)) return;
    const { state } = through(this.tip.state, this.#targetEdits.slice(this.#mergedIn));
    this.tip = this.#commit([this.tip.id, this.target.id], state, []);
    this.#remember(this.target.state);
    this.#mergedIn = this.#targetEdits.length;
  }

  #bySide(): void {
    const from = this.#commits.get(this.target.parents[0] ?? "") ?? this.target;
    const edits = this.#own.slice(this.#merged).flatMap((one) => one.edits);
    const side = through(from.state, edits);
    const main = through(this.target.state, edits);
    if (edits.length === 0 || side.made.length < edits.length || main.made.length < edits.length) return;
    const squash = this.#commit([from.id], side.state, side.made, "Squash on a side branch");
    this.target = this.#commit([this.target.id, squash.id], main.state, main.made, "Merge a side branch");
    this.#landed(main.made);
  }

  #revert(a: number, isSaid: boolean): void {
    const line = this.#targetLine();
    const reverted = line[a % Math.max(1, Math.min(4, line.length))];
    const parent = this.#commits.get(reverted?.parents[0] ?? "");
    if (reverted === undefined || parent === undefined || reverted.edits.length === 0) return;
    const touched = new Set(reverted.edits.map(({ file }) => file));
    // What is undone without a word, in files that went on, cannot be told from work on them.
    const isExact = [...touched].every((file) => this.target.state.get(file) === reverted.state.get(file));
    // Nor can the undoing of a copy in other surroundings, once the branch's own commits are in the target as well.
    const isCopy = reverted.parents.length === 1 && !this.#own.includes(reverted);
    if (!isSaid && (!isExact || (isCopy && this.#merged > 0))) return;
    const inverse = reverted.edits.map((edit) => {
      const undoing = undone(edit, parent.state);
      this.#undoes.set(undoing, edit);
      return undoing;
    });
    const was = new Set<string | undefined>(idsOf(this.target.state));
    const { state, made } = through(this.target.state, inverse.reverse());
    const is = new Set<string | undefined>(idsOf(state));
    if (made.length < reverted.edits.length) return;
    const message = isSaid ? `Revert "x"\n\nThis reverts commit ${reverted.id}.` : "Go back";
    this.target = this.#commit([this.target.id], state, made, message);
    this.#landed(made);
    for (const edit of reverted.edits) {
      // What another edit of the same commit undoes had no effect to take back.
      const isGone =
        edit.add === undefined
          ? !was.has(edit.remove?.id) && is.has(edit.remove?.id)
          : was.has(edit.add.id) && !is.has(edit.add.id);
      if (!isGone) continue;
      const original = this.#undoes.get(edit);
      if (original === undefined) this.#takenBack.add(edit);
      else this.#takenBack.delete(original);
    }
  }

  #onTarget(message: string, edits: readonly Edit[]): void {
    const { state, made } = through(this.target.state, edits);
    if (made.length === 0) return;
    this.target = this.#commit([this.target.id], state, made, message);
    this.#landed(made);
  }

  #landed(edits: readonly Edit[]): void {
    this.#targetEdits.push(...edits);
    // The same effect may come by another edit than the one that was taken back.
    for (const { add, remove } of edits) {
      for (const one of this.#takenBack) {
        if (one.add?.id === add?.id && one.remove?.id === remove?.id) this.#takenBack.delete(one);
      }
    }
  }

  #edit(state: State, a: number, b: number, c: number): Edit {
    const file = a % 2 === 0 ? "blocks.txt" : "plain.txt";
    const lines = state.get(file) ?? [];
    const line = lines[(a + b) % lines.length] ?? { id: "", text: "" };
    if (c === 0 && lines.length > 12) return { file, remove: line };
    if (c === 1) return { file, after: line.id, add: this.#line(`${line.id}>`) };
    return { file, remove: line, add: this.#line(`${line.id}=`) };
  }

  #line(start: string): Line {
    const text = `new ${this.#texts++}`;
    return { id: `${start}${text}`, text };
  }

  #targetLine(): Commit[] {
    const line: Commit[] = [];
    for (let at: Commit | undefined = this.target; at !== undefined; at = this.#commits.get(at.parents[0] ?? ""))
      line.push(at);
    return line;
  }

  #reachable(from: string): Commit[] {
    const found = new Map<string, Commit>();
    const open = [from];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const commit = this.#commits.get(id);
      if (commit === undefined || found.has(id)) continue;
      found.set(id, commit);
      open.push(...commit.parents);
    }
    return [...found.values()];
  }

  #reaches(from: string, to: string): boolean {
    return this.#reachable(from).some(({ id }) => id === to);
  }

  #remember(state: State): void {
    for (const id of idsOf(state)) this.#lines.add(id);
  }

  #commit(parents: string[], state: State, edits: readonly Edit[], message = "Work"): Commit {
    const entries = [...state].map(([name, lines]) => {
      const id = this.#object(3, Buffer.from(lines.map(({ text }) => `${text}\n`).join("")));
      return Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(id, "hex")]);
    });
    const tree = this.#object(2, Buffer.concat(entries));
    const who = `A <a@example.com> ${1_893_456_000 + this.#clock++} +0000`;
    const above = parents.map((id) => `parent ${id}\n`).join("");
    const id = this.#object(1, Buffer.from(`tree ${tree}\n${above}author ${who}\ncommitter ${who}\n\n${message}\n`));
    const commit = { id, parents, state, edits };
    this.#commits.set(id, commit);
    return commit;
  }

  #object(type: 1 | 2 | 3, bytes: Buffer): string {
    const name = { 1: "commit", 2: "tree", 3: "blob" }[type];
    const id = new Bun.CryptoHasher("sha1").update(`${name} ${bytes.length}\0`).update(bytes).digest("hex");
    this.objects.set(id, { type, bytes });
    return id;
  }
}

function through(state: State, edits: readonly Edit[]): { state: State; made: Edit[] } {
  const made: Edit[] = [];
  let at = state;
  for (const edit of edits) {
    const next = applied(at, edit);
    if (next === undefined) continue;
    at = next;
    made.push(edit);
  }
  return { state: at, made };
}

function idsOf(state: State): string[] {
  return [...state.values()].flatMap((lines) => lines.map(({ id }) => id));
}

/** A pack of the objects, for `git index-pack`. */
export function packOf({ objects }: History): Uint8Array {
  const header = Buffer.alloc(12);
  header.write("PACK");
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(objects.size, 8);
  const parts: Uint8Array[] = [header];
  for (const { type, bytes } of objects.values()) {
    let size = bytes.length;
    let byte = (type << 4) | (size & 15);
    size >>= 4;
    const head: number[] = [];
    for (; size > 0; size >>= 7) {
      head.push(byte | 128);
      byte = size & 127;
    }
    parts.push(Buffer.from([...head, byte]), deflateSync(bytes, { level: 1 }));
  }
  const body = Buffer.concat(parts);
  return Buffer.concat([body, new Bun.CryptoHasher("sha1").update(body).digest()]);
}
