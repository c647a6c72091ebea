import { rmSync } from 'node:fs';
import type { DataDirectory } from './config/data-directory.ts';

/** Where the running service is reached, for the commands of the same machine. */
export interface Runtime {
  readonly http: number;
  readonly httpHost: string;
  readonly tls: boolean;
  readonly pid: number;
}

const NAME = 'runtime.json';

/** Writes the file that exists while the service runs; disposing removes it. */
export function runtimeFile(directory: DataDirectory, runtime: Runtime): Disposable {
  directory.write(NAME, `${JSON.stringify(runtime)}\n`);
  return { [Symbol.dispose]: () => rmSync(directory.file(NAME), { force: true }) };
}
