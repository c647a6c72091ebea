import type { Text } from '../../../packages/faults/mod.ts';

/** The languages of the guide, as they stand in its addresses and in `lang`. */
export const guideLanguages = ['en', 'zh-CN'] as const;
export type GuideLanguage = (typeof guideLanguages)[number];

/** The other one. */
export function otherLanguage(language: GuideLanguage): GuideLanguage {
  return language === 'en' ? 'zh-CN' : 'en';
}

/** The key of a text in both languages. */
export function textKey(language: GuideLanguage): keyof Text {
  return language === 'en' ? 'en' : 'zh';
}

/**
 * The language that a reader prefers (RFC 9110 section 12.5.4).
 * @param acceptLanguage the header; English where it names neither language.
 */
export function preferredLanguage(acceptLanguage: string | null): GuideLanguage {
  let best: GuideLanguage = 'en';
  let bestWeight = 0;
  for (const range of (acceptLanguage ?? '').split(',')) {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const language = /^zh(?:-|$)/.test(tag) ? 'zh-CN' : /^en(?:-|$)/.test(tag) ? 'en' : null;
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = quality === undefined ? 1 : Number(quality.slice(2));
    if (language !== null && weight > bestWeight) [best, bestWeight] = [language, weight];
  }
  return best;
}
