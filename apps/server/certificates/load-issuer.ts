import './reflect.ts';
import type * as issuer from './issue.ts';

/**
 * Imports what makes certificates. Late, because the library takes a tenth of a second to load and most starts need none;
 * and after reflect.ts, which a static import beside it would not be: Bun runs CommonJS modules first.
 */
export function loadIssuer(): Promise<typeof issuer> {
  return import('./issue.ts');
}
