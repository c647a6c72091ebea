/** Waits for a promise, at most so long. @throws Error that names what was waited for. */
export async function within<T>(what: string, milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${milliseconds} ms in vain for ${what}`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks again until the answer is not null, at most so long. For states of another process that send no event
 * (a metric, a log file); everywhere else wait for the event.
 */
export async function eventually<T>(
  what: string,
  milliseconds: number,
  ask: () => Promise<T | null> | T | null,
): Promise<T> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > end) throw new Error(`waited ${milliseconds} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
