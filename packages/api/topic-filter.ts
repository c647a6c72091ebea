/** What may be written as a topic filter or topic name in the REST API (MQTT 5.0 section 4.7). */

/** Levels that an access rule may have; `#` covers what lies deeper. */
export const ruleLevelsMax = 64;
/** Characters that the topic filter of an access rule may have. */
export const ruleTopicFilterCharactersMax = 1024;

const placeholders: ReadonlySet<string> = new Set(['${clientid}', '${username}']);

/**
 * Checks the topic filter of an access rule.
 * @returns null when it is one, else one sentence without a full stop.
 */
export function checkRuleTopicFilter(topicFilter: string): string | null {
  const problem = checkTopicFilter(topicFilter);
  if (problem !== null) return problem;
  if (topicFilter.length > ruleTopicFilterCharactersMax)
    return `a topic filter of a rule has at most ${ruleTopicFilterCharactersMax} characters`;
  const levels = topicFilter.split('/');
  if (levels.length > ruleLevelsMax) return `a topic filter of a rule has at most ${ruleLevelsMax} levels`;
  if (topicFilter.startsWith('$share/'))
    return 'a shared subscription is judged by its topic filter: leave $share/NAME/ out';
  if (levels.some((level) => level.includes('${') && !placeholders.has(level)))
    return 'a placeholder is ${clientid} or ${username} and stands as a whole level';
  return null;
}

/**
 * Checks a topic filter as a client may subscribe to it, `$share/` included.
 * @returns null when it is one, else one sentence without a full stop.
 */
export function checkTopicFilter(topicFilter: string): string | null {
  const shared = /^\$share\/([^/]*)\/?(.*)$/s.exec(topicFilter);
  if (shared !== null) {
    const [, name = '', inner = ''] = shared;
    if (name === '' || /[+#]/.test(name) || inner === '') return 'a shared subscription is $share/NAME/FILTER';
    return checkTopicFilter(inner);
  }
  const levels = topicFilter.split('/');
  if (levels.some((level) => level.includes('+') && level !== '+')) return '+ stands as a whole level';
  if (levels.some((level, at) => level.includes('#') && (level !== '#' || at !== levels.length - 1)))
    return '# stands as a whole level, the last one';
  return checkText(topicFilter, 'a topic filter');
}

/**
 * Checks a topic name as a client may publish to it.
 * @returns null when it is one, else one sentence without a full stop.
 */
export function checkTopicName(topic: string): string | null {
  if (/[+#]/.test(topic)) return 'a topic to publish to has no wildcards + and #';
  return checkText(topic, 'a topic');
}

function checkText(text: string, what: string): string | null {
  if (text === '') return `${what} has at least one character`;
  if (!text.isWellFormed() || /\p{Cc}/u.test(text)) return `${what} has no control characters`;
  return new TextEncoder().encode(text).length > 65_535 ? `${what} has at most 65535 bytes` : null;
}
