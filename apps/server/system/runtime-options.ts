import { ptr } from 'bun:ffi';
import { openLibc } from './libc.ts';

/**
 * What the runtime takes from its environment only, and only when it starts. The compiler of last resort (FTL) begins ten times later: what runs for every
 * message reaches it within the first seconds all the same, and what runs once a connect no longer costs more to compile than it will ever
 * give back. The one before it (DFG) begins three times earlier, so that the large functions of a connect have it after a few hundred (docs/adr/0010).
 */
export const runtimeOptions: Readonly<Record<string, string>> = {
  BUN_JSC_thresholdForFTLOptimizeAfterWarmUp: '1000000',
  BUN_JSC_thresholdForOptimizeAfterWarmUp: '300',
};

/** What stands in `options` and not in `environment`: what an operator has set stays. */
export function missingFrom(
  environment: Readonly<Record<string, string | undefined>>,
  options: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => environment[name] === undefined));
}

/**
 * Starts this program anew in the same process, with these settings added to its environment: same process id, arguments, standard streams. Does nothing
 * where they are all there, so that it happens once. Returns where it did nothing or the system cannot: then the service only warms up more slowly.
 */
export function startAnewWith(
  options: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  const missing = missingFrom(environment, options);
  if (Object.keys(missing).length === 0) return;
  const libc = openLibc({ execve: { args: ['ptr', 'ptr', 'ptr'], returns: 'i32' } });
  if (libc === null) return;
  const next = Object.entries({ ...environment, ...missing }).filter(([, value]) => value !== undefined);
  const program = terminated(process.execPath);
  const args = pointersTo([process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
  const variables = pointersTo(next.map(([name, value]) => `${name}=${value}`));
  // Returns only where it fails.
  libc.execve(ptr(program), ptr(args.pointers), ptr(variables.pointers));
}

/** A text as the C library takes it. */
function terminated(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

/** An array of texts as the C library takes it, its end marked by a null pointer. `texts` are what it points to: they have to live as long. */
function pointersTo(texts: readonly string[]): {
  readonly pointers: BigUint64Array;
  readonly texts: readonly Uint8Array[];
} {
  const kept = texts.map(terminated);
  return { pointers: BigUint64Array.from([...kept.map((text) => BigInt(ptr(text))), 0n]), texts: kept };
}
