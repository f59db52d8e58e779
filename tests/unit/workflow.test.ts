// The workflow runs elsewhere; here it is read: that it is YAML, and that what it names is there.

import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { v } from "../../src/core/shape.ts";

const ROOT = join(import.meta.dir, "../..");
const STEP = v.object({
  uses: v.optional(v.string()),
  run: v.optional(v.string()),
  if: v.optional(v.string()),
});
const JOB = v.object({
  "runs-on": v.string(),
  if: v.optional(v.string()),
  needs: v.optional(v.string()),
  permissions: v.optional(v.record(v.string(), v.string())),
  strategy: v.optional(v.object({ matrix: v.object({ os: v.array(v.string()) }) })),
  steps: v.array(STEP),
});
const WORKFLOW = v.object({
  on: v.object({ push: v.object({ branches: v.array(v.string()), tags: v.array(v.string()) }) }),
  permissions: v.record(v.string(), v.string()),
  defaults: v.object({ run: v.object({ shell: v.string() }) }),
  jobs: v.object({ test: JOB, release: JOB }),
});

const { jobs, ...workflow } = v.parse(
  WORKFLOW,
  Bun.YAML.parse(await Bun.file(join(ROOT, ".github/workflows/ci.yml")).text()),
);
const steps = Object.values(jobs).flatMap((job) => job.steps);
const commands = (job: keyof typeof jobs): string => jobs[job].steps.map(({ run = "" }) => run).join("\n");

test("install.sh and test.sh run on Linux, macOS and Windows, in bash", () => {
  const systems = (jobs.test.strategy?.matrix.os ?? []).map((os) => os.split("-")[0] ?? os);
  expect(systems.sort()).toEqual(["macos", "ubuntu", "windows"]);
  expect(jobs.test["runs-on"]).toBe("$" + "{{ matrix.os }}");
  expect(workflow.defaults.run.shell).toBe("bash");
  expect(jobs.test.steps.filter((step) => step.if === undefined).map((step) => step.run)).toEqual(
    expect.arrayContaining(["./scripts/install.sh", "./scripts/test.sh"]),
  );
});

test("every script that is named is there and can be run", () => {
  const named = steps.flatMap(({ run = "" }) => run.match(/(?:\.\/)?scripts\/[\w./-]+/g) ?? []);
  expect(named.length).toBeGreaterThanOrEqual(3);
  for (const path of named) {
    const isStarted = path.startsWith("./");
    expect(statSync(join(ROOT, path)).mode & (isStarted ? 0o111 : 0o400)).toBeGreaterThan(0);
  }
});

test("an action of others is one of a known major version", () => {
  const used = steps.flatMap(({ uses }) => uses ?? []);
  expect(used.length).toBeGreaterThan(0);
  for (const action of used) expect(action).toMatch(/^actions\/[a-z-]+@(v\d+|[0-9a-f]{40})$/);
});

test("a tag, and nothing else, releases all programs with their sums once every test has passed", () => {
  expect(workflow.on.push.tags).toEqual(["v*"]);
  expect(jobs.release.if).toBe("startsWith(github.ref, 'refs/tags/v')");
  expect(jobs.release.needs).toBe("test");
  expect(commands("release")).toContain("bun run build --target all\n");
  expect(commands("release")).toMatch(/gh release create .* dist\/parallel-cc-\* dist\/SHA256SUMS/);
});

test("only the release may write to the repository", () => {
  expect(workflow.permissions).toEqual({ contents: "read" });
  expect(jobs.test.permissions).toBeUndefined();
  expect(jobs.release.permissions).toEqual({ contents: "write" });
});
