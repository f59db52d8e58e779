// Bounded concurrency.

/** As `Promise.all` of the works, at most `atOnce` of them at a time; answers stand in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const answers: R[] = [];
  // One iterator for all of them: each takes the next item that is left.
  const left = items.entries();
  const worker = async () => {
    for (const [i, item] of left) answers[i] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return answers;
}
