/** The groups of steps that `--only` takes, in the order in which they run. */
export const groups = [
  'format',
  'lint',
  'types',
  'tidy',
  'docs',
  'unit',
  'simulate',
  'service',
  'durability',
  'doctor',
  'clients',
  'samples',
  'guide',
] as const;
export type Group = (typeof groups)[number];

/** What the command line asks for. */
export type Options =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly message: string }
  | { readonly kind: 'run'; readonly fix: boolean; readonly only: readonly Group[] };

export const usage = `Usage: npm test [-- OPTIONS]

Runs all checks and ends with the line "N passed, N failed".

  --only STEP   only this step; may be given more than once: ${groups.join(', ')}
  --fix         first let the formatter and the linter repair what they can
  --help        this text`;

/** Reads the command line. */
export function parseArguments(args: readonly string[]): Options {
  const only: Group[] = [];
  let fix = false;
  for (let index = 0; index < args.length; index += 1) {
    const [name, inline] = (args[index] ?? '').split('=', 2);
    if (name === '--help' || name === '-h') return { kind: 'help' };
    if (name === '--fix') fix = true;
    else if (name === '--only') {
      if (inline === undefined) index += 1;
      const value = inline ?? args[index];
      const group = groups.find((one) => one === value);
      if (group === undefined) return { kind: 'wrong', message: `--only takes one of: ${groups.join(', ')}` };
      only.push(group);
    } else return { kind: 'wrong', message: `There is no option ${name}.` };
  }
  return { kind: 'run', fix, only };
}
