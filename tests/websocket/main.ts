/** Runs the outside suite and writes docs/reference/websocket.md. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { render } from './document.ts';
import { runSuite } from './suite.ts';
import { passes } from './verdict.ts';

const cases = await runSuite();
writeFileSync(resolve(import.meta.dirname, '../../docs/reference/websocket.md'), render(cases));
const wrong = cases.filter((one) => !passes(one));
for (const one of wrong) console.error(JSON.stringify(one));
console.log(`${cases.length - wrong.length} of ${cases.length} cases are as they should be`);
process.exitCode = wrong.length === 0 ? 0 : 1;
