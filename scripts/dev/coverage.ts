// Coverage of src/ from the lcov files of several runs. A line hit in any run is hit. Bun 1.4 writes only how many
// functions of a file were hit, not which: the best run counts, which never says too much.

export interface FileCoverage {
  functions: number;
  functionsHit: number;
  /** Line number → was it hit. */
  lines: Map<number, boolean>;
}

export interface Total {
  functions: number;
  functionsHit: number;
  lines: number;
  linesHit: number;
}

export type Coverage = Map<string, FileCoverage>;

export function addLcov(coverage: Coverage, lcov: string): void {
  let file: FileCoverage = emptyFile();
  for (const row of lcov.split("\n")) {
    const colon = row.indexOf(":");
    const value = row.slice(colon + 1);
    switch (row.slice(0, colon)) {
      case "SF":
        file = coverage.get(value) ?? emptyFile();
        coverage.set(value, file);
        break;
      case "FNF":
        file.functions = Math.max(file.functions, Number(value));
        break;
      case "FNH":
        file.functionsHit = Math.max(file.functionsHit, Number(value));
        break;
      case "DA": {
        const [line = 0, hits = 0] = value.split(",").map(Number);
        file.lines.set(line, hits > 0 || file.lines.get(line) === true);
        break;
      }
    }
  }
}

function emptyFile(): FileCoverage {
  return { functions: 0, functionsHit: 0, lines: new Map() };
}

export function total(files: Iterable<FileCoverage>): Total {
  const sum: Total = { functions: 0, functionsHit: 0, lines: 0, linesHit: 0 };
  for (const { functions, functionsHit, lines } of files) {
    sum.functions += functions;
    sum.functionsHit += functionsHit;
    sum.lines += lines.size;
    for (const hit of lines.values()) sum.linesHit += hit ? 1 : 0;
  }
  return sum;
}

export function percent(hit: number, of: number): number {
  return of === 0 ? 100 : (100 * hit) / of;
}

const transpiler = new Bun.Transpiler({ loader: "ts" });

/** Sources with code that no run loaded. A file of types alone has none. */
export function unloaded(coverage: Coverage, sources: ReadonlyMap<string, string>): string[] {
  return [...sources]
    .filter(([path, source]) => !coverage.has(path) && /\S/.test(withoutImports(transpiler.transformSync(source))))
    .map(([path]) => path);
}

function withoutImports(code: string): string {
  return code.replace(/^\s*(import\b[^;]*;|export \{\};?)/gm, "");
}
