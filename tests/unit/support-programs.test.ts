import { expect, test } from "bun:test";
import { makePlace, type Place } from "../support/place.ts";
import { makePrograms, type Programs } from "../support/programs.ts";

async function call(place: Place, programs: Programs, argv: string[], input = "") {
  const child = Bun.spawn([`${programs.folder}/${argv[0]}`, ...argv.slice(1)], {
    cwd: place.home,
    env: place.env({ path: [programs.folder], extra: { ODD: "two\nlines = 'x'" } }),
    stdin: new Blob([input]),
    stderr: "pipe",
  });
  const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { stdout, stderr, exit };
}

test("a fake answers in order and records arguments, environment, place and stdin as they were", async () => {
  await using place = await makePlace("odd 'place'\nhere");
  const programs = await makePrograms(place, {
    gh: { answers: [{ stdout: "it's\n$(one)" }, { stderr: "no", exit: 4 }], readStdin: true },
  });
  expect(await call(place, programs, ["gh", "pr", "", "a b\n'c'"], "told")).toEqual({
    stdout: "it's\n$(one)",
    stderr: "",
    exit: 0,
  });
  expect(await call(place, programs, ["gh"])).toEqual({ stdout: "", stderr: "no", exit: 4 });
  const calls = await programs.expectCalled("gh", 2);
  expect(calls[0]?.argv).toEqual(["pr", "", "a b\n'c'"]);
  expect(calls[0]?.env["ODD"]).toBe("two\nlines = 'x'");
  expect(calls[0]?.cwd).toBe(place.home);
  expect(calls[0]?.stdin).toBe("told");
  expect(calls[1]?.argv).toEqual([]);
});

test("a call too many and a call that never came are errors", async () => {
  await using place = await makePlace();
  const programs = await makePrograms(place, { claude: { answers: [{}] }, docker: {} });
  await expect(programs.expectCalled("claude")).rejects.toThrow("claude was never called");
  await call(place, programs, ["claude", "-p"]);
  await expect(programs.expectCalled("claude", 2)).rejects.toThrow("1 times, not 2");
  expect((await call(place, programs, ["claude", "again"])).exit).toBe(99);
  await expect(programs.expectCalled("claude")).rejects.toThrow("more often");
  await call(place, programs, ["docker"]);
  await call(place, programs, ["docker"]);
  await programs.expectCalled("docker", 2);
});

test("fakes called at once each take an answer of their own", async () => {
  await using place = await makePlace();
  const answers = Array.from({ length: 8 }, (_, index) => ({ stdout: String(index) }));
  const programs = await makePrograms(place, { gh: { answers } });
  const said = await Promise.all(answers.map(() => call(place, programs, ["gh"])));
  expect(said.map(({ stdout }) => stdout).sort()).toEqual(answers.map(({ stdout }) => stdout));
});

test("a new script continues the record", async () => {
  await using place = await makePlace();
  const programs = await makePrograms(place, { gh: { answers: [{ stdout: "one" }] } });
  await call(place, programs, ["gh"]);
  await programs.add("gh", { answers: [{ sh: 'printf "%s" "$1"; false' }] });
  expect(await call(place, programs, ["gh", "two"])).toEqual({ stdout: "two", stderr: "", exit: 1 });
  await programs.expectCalled("gh", 2);
});
