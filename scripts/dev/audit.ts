// `bun run audit`: known vulnerabilities of the locked dependencies. Exit 0: none are known; 1: some are; 3: nobody
// could say. No answer is never taken for a good one.

import { join } from "node:path";

const DEADLINE_MS = 120_000;

interface Answer {
  stdout: string;
  stderr: string;
  exit: number;
}

interface Verdict {
  exit: 0 | 1 | 3;
  lines: string[];
}

/** The answer is the registry's own: package name → its advisories (Bun 1.4). */
export function judgeAudit({ stdout, stderr, exit }: Answer): Verdict {
  const advisories = parseAdvisories(stdout);
  if (advisories === undefined || (exit !== 0 && advisories.length === 0)) {
    return { exit: 3, lines: ["No answer: the package registry did not say what is known.", stderr.trim()] };
  }
  if (advisories.length === 0) return { exit: 0, lines: ["No known vulnerabilities in the locked dependencies."] };
  return { exit: 1, lines: [`${advisories.length} known vulnerabilities:`, ...advisories] };
}

function parseAdvisories(stdout: string): string[] | undefined {
  try {
    const answer: unknown = JSON.parse(stdout);
    if (typeof answer !== "object" || answer === null || Array.isArray(answer)) return undefined;
    return Object.entries(answer).flatMap(([name, list]) => {
      if (!Array.isArray(list)) throw new Error(`not a list: ${name}`);
      return list.map((advisory: unknown) => `  ${name}: ${describe(advisory)}`);
    });
  } catch {
    return undefined;
  }
}

function describe(advisory: unknown): string {
  const fields: Record<string, unknown> = { ...(typeof advisory === "object" ? advisory : {}) };
  const named = ["severity", "vulnerable_versions", "title", "url"].map((name) => fields[name]);
  return named.filter((value) => typeof value === "string").join(" · ") || JSON.stringify(advisory);
}

async function ask(): Promise<Answer> {
  const child = Bun.spawn([process.execPath, "audit", "--json"], {
    cwd: join(import.meta.dir, "../.."),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: DEADLINE_MS,
  });
  const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { stdout, stderr, exit };
}

if (import.meta.main) {
  const verdict = judgeAudit(await ask());
  await Bun.write(verdict.exit === 0 ? Bun.stdout : Bun.stderr, `${verdict.lines.join("\n")}\n`);
  process.exit(verdict.exit);
}
