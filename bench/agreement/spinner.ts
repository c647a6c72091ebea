/** Wants a core for itself until the program that started it is gone; see rivals.ts. */
const turnMs = 50;
const parent = process.ppid;
while (process.ppid === parent) {
  const until = performance.now() + turnMs;
  while (performance.now() < until);
}
