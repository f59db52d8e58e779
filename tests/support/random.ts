// Generated cases: a seeded generator, and `forAll`, which shows the seed and the smallest case it finds when a belief
// does not hold. Set PROPERTY_SEED to run a failure again, PROPERTY_RUNS for more cases.

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number;
  bool(): boolean;
  pick<Value>(values: readonly [Value, ...Value[]]): Value;
}

/** mulberry32: 32 bits of state, the same numbers everywhere. */
export function makeRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const int = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    int,
    bool: () => next() < 0.5,
    pick: (values) => values[int(0, values.length - 1)] ?? values[0],
  };
}

export interface Gen<Value> {
  make(random: Random): Value;
  /** Simpler values to try in place of a failing one, the simplest first. */
  shrink(value: Value): Iterable<Value>;
}

export const gen = {
  int: (least: number, most: number): Gen<number> => ({
    make: (random) => random.int(least, most),
    *shrink(value) {
      const nearest = Math.min(Math.max(0, least), most);
      if (value === nearest) return;
      yield nearest;
      for (let step = Math.trunc((value - nearest) / 2); step !== 0; step = Math.trunc(step / 2)) yield value - step;
    },
  }),
  pick: <Value>(...values: [Value, ...Value[]]): Gen<Value> => ({
    make: (random) => random.pick(values),
    shrink: (value) => values.slice(0, Math.max(0, values.indexOf(value))),
  }),
  list: <Value>(item: Gen<Value>, most = 8): Gen<Value[]> => ({
    // Empty and short lists come often: most mistakes live there.
    make: (random) =>
      Array.from({ length: random.int(0, random.bool() ? Math.min(2, most) : most) }, () => item.make(random)),
    *shrink(values) {
      if (values.length === 0) return;
      yield [];
      if (values.length > 3) yield values.slice(0, values.length >> 1);
      for (const index of values.keys()) yield values.toSpliced(index, 1);
      for (const [index, value] of values.entries()) {
        for (const simpler of item.shrink(value)) yield values.with(index, simpler);
      }
    },
  }),
  /** Texts with what breaks quoting, splitting and widths. */
  text: (most = 12, alphabet = ODD_CHARACTERS): Gen<string> => {
    const characters = gen.list(gen.pick(...alphabet), most);
    return {
      make: (random) => characters.make(random).join(""),
      *shrink(value) {
        for (const simpler of characters.shrink([...value])) yield simpler.join("");
      },
    };
  },
  record: <Shape extends Record<string, unknown>>(fields: { [Key in keyof Shape]: Gen<Shape[Key]> }): Gen<Shape> => ({
    make: (random) => {
      const made: Partial<Shape> = {};
      for (const key in fields) made[key] = fields[key].make(random);
      return made as Shape; // Every key of fields was just filled in.
    },
    *shrink(value) {
      for (const key in fields) {
        for (const simpler of fields[key].shrink(value[key])) yield { ...value, [key]: simpler };
      }
    },
  }),
};

export const ODD_CHARACTERS: [string, ...string[]] = [
  "a",
  ..."bz09",
  ..." \t\n\r'\"`$(){}[]\\/;&|<>*?!#~-=.:,%@^",
  "é",
  "ß",
  "漢",
  "🙂",
  "e\u0301",
  "\u202e",
  "\u200b",
];

export interface PropertyInput {
  runs?: number;
  seed?: number;
  /** Most steps of shrinking. */
  shrinks?: number;
}

/** Holds when `property` neither throws nor gives false for any generated value. */
export async function forAll<Value>(
  name: string,
  values: Gen<Value>,
  property: (value: Value) => unknown,
  input: PropertyInput = {},
): Promise<void> {
  const runs = input.runs ?? Number(process.env["PROPERTY_RUNS"] ?? 100);
  const seed = input.seed ?? Number(process.env["PROPERTY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  for (let run = 0; run < runs; run++) {
    const value = values.make(makeRandom(seed + run));
    const cause = await refute(property, value);
    if (cause === undefined) continue;
    const smallest = await shrink(values, property, { value, cause, left: input.shrinks ?? 500 });
    const message = smallest.cause instanceof Error ? smallest.cause.message : String(smallest.cause);
    const again = `PROPERTY_SEED=${seed + run} PROPERTY_RUNS=1`;
    throw new Error(`${name}: does not hold for ${JSON.stringify(smallest.value)} (${again}): ${message}`, {
      cause: smallest.cause,
    });
  }
}

interface Counterexample<Value> {
  value: Value;
  cause: unknown;
  left: number;
}

async function shrink<Value>(
  values: Gen<Value>,
  property: (value: Value) => unknown,
  found: Counterexample<Value>,
): Promise<Counterexample<Value>> {
  let best = found;
  for (let simpler = true; simpler; ) {
    simpler = false;
    for (const value of values.shrink(best.value)) {
      if (best.left <= 0) return best;
      const cause = await refute(property, value);
      best = { ...best, left: best.left - 1 };
      if (cause === undefined) continue;
      best = { ...best, value, cause };
      simpler = true;
      break;
    }
  }
  return best;
}

/** Why the property does not hold, or undefined when it does. */
async function refute<Value>(property: (value: Value) => unknown, value: Value): Promise<unknown> {
  try {
    return (await property(value)) === false ? new Error("it gave false") : undefined;
  } catch (thrown) {
    return thrown ?? new Error("it threw nothing");
  }
}
