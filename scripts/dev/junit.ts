// Reads what `bun test --reporter=junit` wrote (Bun 1.4): how many tests passed, failed and were skipped.

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export interface Report extends Counts {
  /** Test files in it. One that failed to load is not among them. */
  files: Set<string>;
}

export function parseReport(xml: string): Report {
  const total = /<testsuites\b([^>]*)>/.exec(xml)?.[1];
  if (total === undefined) throw new Error("not a JUnit report");
  const failed = attribute(total, "failures") + attribute(total, "errors");
  const skipped = attribute(total, "skipped");
  const files = new Set(
    [...xml.matchAll(/<testsuite\b[^>]*?\sfile="([^"]*)"/g)].map(([, file]) => unescapeXml(file ?? "")),
  );
  return { passed: attribute(total, "tests") - failed - skipped, failed, skipped, files };
}

function attribute(attributes: string, name: string): number {
  return Number(new RegExp(`\\b${name}="(\\d+)"`).exec(attributes)?.[1] ?? 0);
}

function unescapeXml(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}
