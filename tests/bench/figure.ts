// A figure: what is measured, against which unit, and the most it may be. Ours and the unit run in turns (A B, B A, …)
// on the same machine after one round to warm up, so that whatever else it does weighs on both.

import { makePlace, type Place } from "../support/place.ts";
import { type Clock, provideEmpty, timeOf } from "./spawn.ts";

export type Bound =
  | { ratio: number }
  | { megabytes: number }
  | { ms: number }
  /** So many, and so many units on top. */
  | { ms: number; andRatio: number };

export interface Figure {
  name: string;
  /** What the unit is, in a few words. */
  unit: string;
  measures: "ms" | "MB";
  /** How many units ours may be, or how many of what is measured; undefined when it is only told. */
  bound: Bound | undefined;
  rounds: number;
  /** Makes everything ready; what must end afterwards is put on the stack. */
  prepare(place: Place, stack: AsyncDisposableStack, clock: Clock): Promise<Contest>;
}

/** One turn of each, in what the figure measures. */
export interface Contest {
  ours(): number | Promise<number>;
  unit(): number | Promise<number>;
}

export interface Series {
  ours: number[];
  unit: number[];
}

export interface Verdict {
  ours: number;
  unit: number;
  ratio: number;
  isOver: boolean;
}

export async function measure(figure: Figure, clock = timeOf): Promise<Series> {
  await provideEmpty();
  await using place = await makePlace();
  await using stack = new AsyncDisposableStack();
  const contest = await figure.prepare(place, stack, clock);
  const series: Series = { ours: [], unit: [] };
  for (let round = -1; round < figure.rounds; round++) {
    const order = round % 2 === 0 ? (["unit", "ours"] as const) : (["ours", "unit"] as const);
    for (const side of order) {
      const value = await contest[side]();
      if (round >= 0) series[side].push(value);
    }
  }
  return series;
}

/** By the medians, which a busy moment does not move; by the minima where nothing but the program itself may count. */
export function judge(figure: Figure, series: Series, by: (values: readonly number[]) => number): Verdict {
  const [ours, unit] = [by(series.ours), by(series.unit)];
  const { bound } = figure;
  const ratio = ours / unit;
  const isOver = bound !== undefined && ours > mostOf(bound, unit);
  return { ours, unit, ratio, isOver };
}

function mostOf(bound: Bound, unit: number): number {
  if ("ratio" in bound) return bound.ratio * unit;
  if ("megabytes" in bound) return bound.megabytes;
  return "andRatio" in bound ? bound.ms + bound.andRatio * unit : bound.ms;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return ((sorted[middle] ?? Number.NaN) + (sorted[sorted.length - 1 - middle] ?? Number.NaN)) / 2;
}

export function minimum(values: readonly number[]): number {
  return Math.min(...values);
}
