// `scripts/test.sh`: type-check, lint, docs, build, every suite that this machine can run, and the coverage of src/.
// Ends with the line `N passed, N failed` and a non-zero exit when anything failed. With CI=true nothing may be left out.

import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { addLcov, type Coverage, percent, total, unloaded } from "./coverage.ts";
import { type Counts, parseReport } from "./junit.ts";
import { choose, findSuites, type Suite, wordsBefore } from "./suites.ts";

const ROOT = join(import.meta.dir, "../..");
const OUTPUT = "coverage";
const LEAST_PERCENT = 85;
/** For one test; a suite on two busy cores must not fail for slowness. */
const TEST_TIMEOUT_MS = 60_000;
/** A suite that hangs is a failure with a name, not the end of the whole run. */
const SUITE_TIMEOUT_MS = 20 * 60_000;
/** It ends the process, so only the compiled program runs it. */
const NOT_LOADABLE = "src/main.ts";

const BUN = process.execPath;
interface Step {
  name: string;
  command: string[];
  /** A program. */
  needs?: string;
  /** Done for this suite alone. */
  suite?: string;
}
const STEPS: readonly Step[] = [
  { name: "types", command: [BUN, "node_modules/typescript/bin/tsc", "--noEmit"] },
  { name: "lint", command: [BUN, "node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."] },
  { name: "shell", command: ["shellcheck", "--external-sources"], needs: "shellcheck" },
  { name: "docs", command: [BUN, "scripts/dev/docs.ts", "--check"] },
  { name: "build", command: [BUN, "build.ts"] },
  { name: "clients", command: [BUN, "scripts/dev/clients.ts"], suite: "client" },
];

interface Outcome extends Counts {
  /** What went wrong beside failed tests. */
  faults: string[];
}

async function main(wanted: readonly string[]): Promise<number> {
  const isCi = process.env["CI"] === "true";
  process.chdir(ROOT);
  const suites = await findSuites(ROOT);
  const known = suites.map(({ name }) => name);
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    await tell(`No suite ${unknown.join(", ")}; there are ${known.join(", ")}.`);
    return 2;
  }
  const choice = choose(wanted.length === 0 ? suites : suites.filter(({ name }) => wanted.includes(name)));
  await rm(OUTPUT, { recursive: true, force: true });
  await mkdir(OUTPUT);

  const sum: Outcome = { passed: 0, failed: 0, skipped: 0, faults: [] };
  const left = [...choice.left];
  for (const step of STEPS) {
    if (step.suite !== undefined && !choice.run.some(({ name }) => name === step.suite)) continue;
    if (step.needs !== undefined && Bun.which(step.needs) === null) {
      left.push({ name: step.name, reason: `${step.needs} is not installed` });
    } else if (!(await runStep(step))) {
      sum.faults.push(`${step.name} failed`);
    }
  }
  for (const suite of choice.run) {
    const before = wordsBefore(suite.name);
    if (before === undefined) {
      await tell(`${suite.name} runs with a network: this machine cannot cut a process off`);
      if (isCi) sum.faults.push(`${suite.name} ran with a network, and this is CI`);
    }
    add(sum, await runSuite(suite, before ?? []));
  }
  // Without a whole suite the coverage says nothing.
  if (choice.run.length === suites.length) sum.faults.push(...(await judgeCoverage(choice.run)));

  for (const { name, reason } of left) await tell(`not run: ${name} (${reason})`);
  if (isCi) sum.faults.push(...left.map(({ name }) => `${name} did not run, and this is CI`));
  if (isCi && sum.skipped > 0) sum.faults.push(`${sum.skipped} tests were skipped, and this is CI`);
  if (sum.passed === 0) sum.faults.push("no test passed");
  for (const fault of sum.faults) await tell(`failed: ${fault}`);
  const failed = sum.failed + sum.faults.length;
  await Bun.write(Bun.stdout, `${sum.passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

async function runStep({ name, command }: { name: string; command: string[] }): Promise<boolean> {
  const started = performance.now();
  await tell(`== ${name}`);
  const files = name === "shell" ? await shellScripts() : [];
  const child = Bun.spawn([...command, ...files], { stdin: "ignore", stdout: "inherit", stderr: "inherit" });
  const exit = await child.exited;
  await tell(`== ${name}: ${exit === 0 ? "ok" : "failed"}, ${seconds(started)}`);
  return exit === 0;
}

async function shellScripts(): Promise<string[]> {
  return [".ci/run", ...(await Array.fromAsync(new Bun.Glob("scripts/**/*.sh").scan({ cwd: ROOT }))).sort()];
}

async function runSuite(suite: Suite, before: readonly string[]): Promise<Outcome> {
  const started = performance.now();
  const folder = join(OUTPUT, suite.name);
  const report = join(folder, "junit.xml");
  await mkdir(folder, { recursive: true });
  await tell(`== ${suite.name}: ${suite.files.length} files`);
  const child = Bun.spawn(
    [
      ...[...before, BUN, "test", "--only-failures", `--timeout=${TEST_TIMEOUT_MS}`],
      ...["--reporter=junit", `--reporter-outfile=${report}`],
      ...["--coverage", "--coverage-reporter=lcov", `--coverage-dir=${folder}`],
      ...suite.files.map((file) => `./${file}`),
    ],
    { stdin: "ignore", stdout: "inherit", stderr: "inherit", timeout: SUITE_TIMEOUT_MS, killSignal: "SIGKILL" },
  );
  const exit = await child.exited;
  const outcome = await judgeSuite(suite, report, child.signalCode ?? exit);
  const { passed, failed, skipped, faults } = outcome;
  const others = [skipped > 0 ? `, ${skipped} skipped` : "", ...faults.map((fault) => `, ${fault}`)].join("");
  await tell(`== ${suite.name}: ${passed} passed, ${failed} failed${others}, ${seconds(started)}`);
  return outcome;
}

async function judgeSuite(suite: Suite, report: string, ended: string | number): Promise<Outcome> {
  const file = Bun.file(report);
  if (!(await file.exists())) {
    return { passed: 0, failed: 0, skipped: 0, faults: [`${suite.name} ended with ${ended} and no report`] };
  }
  const { files, ...counts } = parseReport(await file.text());
  const faults = suite.files.filter((name) => !files.has(name)).map((name) => `${name} did not load, or holds no test`);
  if (ended !== 0 && counts.failed === 0 && faults.length === 0) faults.push(`${suite.name} ended with ${ended}`);
  return { ...counts, faults };
}

async function judgeCoverage(suites: readonly Suite[]): Promise<string[]> {
  const coverage: Coverage = new Map();
  for (const { name } of suites) {
    const lcov = Bun.file(join(OUTPUT, name, "lcov.info"));
    if (await lcov.exists()) addLcov(coverage, await lcov.text());
  }
  const sources = new Map<string, string>();
  for await (const path of new Bun.Glob("src/**/*.ts").scan({ cwd: ROOT })) {
    if (path !== NOT_LOADABLE && !path.endsWith(".d.ts")) sources.set(path, await Bun.file(join(ROOT, path)).text());
  }
  const ours = [...coverage].filter(([path]) => sources.has(path));
  const { functions, functionsHit, lines, linesHit } = total(ours.map(([, file]) => file));
  const kinds = { functions: percent(functionsHit, functions), lines: percent(linesHit, lines) };
  for (const [path, file] of ours.sort()) {
    const each = total([file]);
    const share = percent(each.linesHit, each.lines);
    if (share < LEAST_PERCENT) await tell(`   ${path}: ${share.toFixed(0)} % of its lines`);
  }
  await tell(`== coverage of src: functions ${kinds.functions.toFixed(1)} %, lines ${kinds.lines.toFixed(1)} %`);
  return [
    ...unloaded(coverage, sources).map((path) => `${path} is loaded by no test`),
    ...Object.entries(kinds)
      .filter(([, share]) => share < LEAST_PERCENT)
      .map(([kind, share]) => `${share.toFixed(1)} % of the ${kind} are covered, ${LEAST_PERCENT} % are wanted`),
  ];
}

function add(sum: Outcome, outcome: Outcome): void {
  sum.passed += outcome.passed;
  sum.failed += outcome.failed;
  sum.skipped += outcome.skipped;
  sum.faults.push(...outcome.faults);
}

function seconds(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}

async function tell(line: string): Promise<void> {
  await Bun.write(Bun.stdout, `${line}\n`);
}

process.exit(await main(process.argv.slice(2)));
