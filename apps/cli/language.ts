import type { Text } from '../../packages/faults/mod.ts';

/** The languages in which people are spoken to. */
export type Language = keyof Text;

/**
 * The language of a person by the locale of their environment (POSIX: `LC_ALL` before `LC_MESSAGES` before `LANG`).
 * Everything that is not Chinese is English.
 */
export function detectLanguage(env: Readonly<Record<string, string | undefined>>): Language {
  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  return /^zh/i.test(locale) ? 'zh' : 'en';
}
