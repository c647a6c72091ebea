/**
 * Leaves out as many of the steps as it can while it still fails: halves first, then quarters, down to single ones.
 * @param fails runs with these steps only. Called `runsMax` times at most.
 */
export function shrink(
  steps: readonly number[],
  fails: (steps: ReadonlySet<number>) => boolean,
  runsMax: number,
): readonly number[] {
  let best = steps;
  let runs = 0;
  let isSmaller = true;
  while (isSmaller) {
    isSmaller = false;
    for (let size = Math.max(1, best.length >> 1); size >= 1; size >>= 1) {
      for (let at = 0; at < best.length;) {
        if (runs++ >= runsMax) return best;
        const fewer = best.toSpliced(at, size);
        if (fails(new Set(fewer))) {
          best = fewer;
          isSmaller = true;
        } else at += size;
      }
    }
  }
  return best;
}

/** Numbers as people write them: `1,4-9`. */
export function writeSteps(steps: readonly number[]): string {
  const parts: string[] = [];
  for (let index = 0; index < steps.length; index++) {
    const first = steps[index] ?? 0;
    let last = first;
    while (steps[index + 1] === last + 1) last = steps[++index] ?? last;
    parts.push(first === last ? String(first) : `${first}-${last}`);
  }
  return parts.join(',');
}

/** @throws RangeError for what `writeSteps` would not write. */
export function readSteps(text: string): Set<number> {
  const steps = new Set<number>();
  for (const part of text.split(',')) {
    const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (from === undefined) throw new RangeError(`not a list of steps such as 1,4-9: ${text}`);
    for (let step = Number(from); step <= Number(to ?? from); step++) steps.add(step);
  }
  return steps;
}
