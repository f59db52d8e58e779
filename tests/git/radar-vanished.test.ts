// Names that are gone from the whole repository and that the other side newly mentions, whatever it is that holds them.

import { describe, expect, test } from "bun:test";
import { judge, told } from "./radar-names-judge.ts";
import type { Case, Files } from "./radar-names-texts.ts";

const BUILDER = `package com.acme;

public class PlanBuilder extends Base {
    private String name;

    public PlanBuilder withOwner(String owner) {
        return this;
    }

    @Override
    public String describe() {
        return name;
    }

    public Plan finish() {
        return new Plan();
    }

    public static class Part {
        public int weightOf() {
            return 1;
        }
    }
}
`;
const JAVA: Files = {
  "src/com/acme/PlanBuilder.java": BUILDER,
  "src/com/acme/Plan.java": "package com.acme;\n\npublic class Plan {\n}\n",
  "src/com/acme/Old.java": "package com.acme;\n\nclass Old {\n}\n",
};
const using = (body: string): Files => ({
  "src/com/acme/Use.java": `package com.acme;\n\nclass Use {\n    ${body}\n}\n`,
});
const renamed = (from: string, to: string): Files => ({
  "src/com/acme/PlanBuilder.java": BUILDER.replaceAll(from, to),
});

const COUNTER = `pub struct Counter;

impl Counter {
    pub fn count_up(&self) -> u32 {
        1
    }

    pub fn reset(&self) {}
}
`;
const RUST: Files = {
  "Cargo.toml": '[package]\nname = "tally"\n',
  "src/lib.rs": "mod counter;\npub use counter::Counter;\n",
  "src/counter.rs": COUNTER,
};
const inTest = (text: string): Files => ({ "tests/use.rs": text });
const recounted = (from: string, to: string): Files => ({ "src/counter.rs": COUNTER.replaceAll(from, to) });

const one = async (story: Omit<Case, "about">) => told((await judge([{ about: "", ...story }]))[0]);

describe("a name that is gone everywhere is told of", () => {
  test("as a method on what another call gave", async () => {
    const b = using('Plan load() { return new PlanBuilder().withOwner("a").finish(); }');
    expect(await one({ base: JAVA, a: renamed("withOwner", "ownedBy"), b })).toEqual([
      "withOwner a src/com/acme/PlanBuilder.java src/com/acme/Use.java",
    ]);
    expect(
      await one({
        base: JAVA,
        a: using("int of(PlanBuilder.Part part) { return part.weightOf(); }"),
        b: renamed("weightOf", "mass"),
      }),
    ).toEqual(["weightOf b src/com/acme/PlanBuilder.java src/com/acme/Use.java"]);
  });

  test("as a method of Rust, and a type that another file hands on", async () => {
    const b = inTest("use tally::Counter;\n\nfn up(counter: &Counter) -> u32 {\n    counter.count_up()\n}\n");
    expect(await one({ base: RUST, a: recounted("count_up", "increment"), b })).toEqual([
      "count_up a src/counter.rs tests/use.rs",
    ]);
    const a = { ...recounted("Counter", "Tally"), "src/lib.rs": "mod counter;\npub use counter::Tally;\n" };
    expect(await one({ base: RUST, a, b })).toEqual(["Counter a src/counter.rs tests/use.rs"]);
  });

  test("where only a comment still has it", async () => {
    const base = { ...JAVA, "src/com/acme/Old.java": "package com.acme;\n\n// Once withOwner.\nclass Old {\n}\n" };
    const b = using('Plan load() { return new PlanBuilder().withOwner("a").finish(); }');
    expect(await one({ base, a: renamed("withOwner", "ownedBy"), b })).toHaveLength(1);
  });

  test("once for a file that uses it, by the type that stands there", async () => {
    const other = "package com.acme;\n\npublic class Wrap {\n    public void withOwner(String owner) {\n    }\n}\n";
    for (const name of ["Also", "Wrap"]) {
      const path = `src/com/acme/${name}.java`;
      const base = { ...JAVA, [path]: other.replace("Wrap", name) };
      const a = {
        ...renamed("withOwner", "ownedBy"),
        [path]: other.replace("Wrap", name).replace("withOwner", "ownedBy"),
      };
      const b = using('Plan load() { return new PlanBuilder().withOwner("a").finish(); }');
      expect(await one({ base, a, b })).toEqual(["withOwner a src/com/acme/PlanBuilder.java src/com/acme/Use.java"]);
    }
  });

  test("as a single word, where a type of its file stands beside it", async () => {
    const a = recounted("reset", "clear");
    const b = inTest("use tally::Counter;\n\nfn back(counter: &Counter) {\n    counter.reset()\n}\n");
    expect(await one({ base: RUST, a, b })).toEqual(["reset a src/counter.rs tests/use.rs"]);
    expect(await one({ base: RUST, a, b: inTest("fn back(clock: &std::Clock) {\n    clock.reset()\n}\n") })).toEqual(
      [],
    );
  });
});

describe("a name is not told of", () => {
  test("that something else in the repository has", async () => {
    const base = {
      ...JAVA,
      "src/com/acme/Old.java": "package com.acme;\n\nclass Old {\n    void withOwner(String owner) {\n    }\n}\n",
    };
    const b = using('void load(Old old) { old.withOwner("a"); }');
    expect(await one({ base, a: renamed("withOwner", "ownedBy"), b })).toEqual([]);
  });

  test("that its user declares for itself, in whatever of its files", async () => {
    const a = renamed("withOwner", "ownedBy");
    const own = using('void withOwner(String owner) {\n        withOwner("b");\n    }');
    expect(await one({ base: JAVA, a, b: own })).toEqual([]);
    const beside =
      "package com.acme;\n\nclass Beside {\n    Beside withOwner(String owner) {\n        return this;\n    }\n}\n";
    const b = { ...using('void load(Beside it) { it.withOwner("a"); }'), "src/com/acme/Beside.java": beside };
    expect(await one({ base: JAVA, a, b })).toEqual([]);
    const bound = inTest("fn back() -> u32 {\n    let count_up = 1;\n    count_up\n}\n");
    expect(await one({ base: RUST, a: recounted("count_up", "increment"), b: bound })).toEqual([]);
  });

  test("that is of another type by name, or comes from a class above", async () => {
    const b = using('void load(PlanBuilder it) { Strings.withOwner("a"); }');
    expect(await one({ base: JAVA, a: renamed("withOwner", "ownedBy"), b })).toEqual([]);
    const inherited = using("String load(PlanBuilder it) { return it.describe(); }");
    const a = { "src/com/acme/PlanBuilder.java": BUILDER.replace(/ {4}@Override[^}]*}\n\n/, "") };
    expect(await one({ base: JAVA, a, b: inherited })).toEqual([]);
  });

  test("that its user has used before, or only has in words", async () => {
    const base = { ...JAVA, ...using('Plan load(PlanBuilder it) { return it.withOwner("a").finish(); }') };
    const a = { "src/com/acme/PlanBuilder.java": BUILDER.replace("withOwner", "ownedBy") };
    const b = using('Plan load(PlanBuilder it) { return it.withOwner("b").finish(); }');
    expect(await one({ base, a, b })).toEqual([]);
    const words = using('// withOwner\n    String load(PlanBuilder it) { return "withOwner"; }');
    expect(await one({ base: JAVA, a, b: words })).toEqual([]);
  });
});
