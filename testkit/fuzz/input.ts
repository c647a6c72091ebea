/** One thing that is done to what is tested: `verb` says what, `bytes` with what. */
export interface Step {
  readonly verb: string;
  readonly bytes: Uint8Array;
}

/** An input is its steps. As a file it is a line for each: the verb, a space, the bytes in hexadecimal. */
export type Input = readonly Step[];

export function writeInput(input: Input): string {
  return input.map(({ verb, bytes }) => `${verb} ${bytes.toHex()}`.trimEnd()).join('\n') + '\n';
}

/** Reads what `writeInput` wrote; lines that start with `#` are remarks. */
export function readInput(text: string): Step[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [verb = '', hex = ''] = line.split(' ');
      return { verb, bytes: Uint8Array.fromHex(hex) };
    });
}
