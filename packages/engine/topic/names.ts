/** Topic Names and Topic Filters (MQTT 5.0 sections 4.7 and 4.8): what is valid, and what matches what. */

const slash = 0x2f;
const plus = 0x2b;
const hash = 0x23;
const dollar = 0x24;

/** Topic Names and Topic Filters are UTF-8 strings of a two-byte length. */
const topicBytesMax = 65_535;

const sharePrefix = '$share/';

/** A Shared Subscription taken apart (MQTT 5.0 section 4.8.2). */
export interface SharedFilter {
  readonly shareName: string;
  /** What is matched: the part behind the ShareName. */
  readonly topicFilter: string;
}

/** Length in bytes of the UTF-8 form. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // A surrogate pair is two units and four bytes, so each half adds one.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

function hasValidLength(topic: string): boolean {
  if (topic.length === 0) return false; // [MQTT-4.7.3-1]
  // No UTF-16 unit takes more than three bytes, so that most strings need no count.
  return topic.length * 3 <= topicBytesMax || utf8Bytes(topic) <= topicBytesMax; // [MQTT-4.7.3-3]
}

/** Whether a PUBLISH or a will may carry the Topic Name. That it is well-formed UTF-8 is the codec's to see. */
export function isValidTopicName(topic: string): boolean {
  if (!hasValidLength(topic)) return false;
  for (let index = 0; index < topic.length; index++) {
    const unit = topic.charCodeAt(index);
    if (unit === plus || unit === hash) return false; // [MQTT-4.7.1-1]
    if (unit === 0) return false; // [MQTT-4.7.3-2]
  }
  return true;
}

/**
 * Whether the string is a Topic Filter by section 4.7. What section 4.8 asks of a Shared Subscription on top of it
 * is said by `parseSharedFilter`.
 */
export function isValidTopicFilter(topicFilter: string): boolean {
  if (!hasValidLength(topicFilter)) return false;
  const last = topicFilter.length - 1;
  for (let index = 0; index <= last; index++) {
    const unit = topicFilter.charCodeAt(index);
    if (unit === 0) return false; // [MQTT-4.7.3-2]
    if (unit !== plus && unit !== hash) continue;
    if (index > 0 && topicFilter.charCodeAt(index - 1) !== slash) return false; // [MQTT-4.7.1-2] [MQTT-4.7.1-3]
    if (unit === hash && index !== last) return false; // [MQTT-4.7.1-2]
    if (unit === plus && index !== last && topicFilter.charCodeAt(index + 1) !== slash) return false; // [MQTT-4.7.1-3]
  }
  return true;
}

/** Whether the Topic Filter has a wildcard; else it matches one Topic Name only, its own. */
export function hasWildcard(topicFilter: string): boolean {
  return topicFilter.includes('+') || topicFilter.includes('#');
}

/** Levels of a Topic Name or Topic Filter: one more than it has separators; empty levels count. */
export function topicLevels(topic: string): number {
  let levels = 1;
  for (let at = topic.indexOf('/'); at !== -1; at = topic.indexOf('/', at + 1)) levels++;
  return levels;
}

/** Whether a valid Topic Filter (no `$share/`) matches a valid Topic Name. Allocates nothing. */
export function topicMatchesFilter(topic: string, topicFilter: string): boolean {
  if (topic.charCodeAt(0) === dollar) {
    const first = topicFilter.charCodeAt(0);
    if (first === plus || first === hash) return false; // [MQTT-4.7.2-1]
  }
  let at = 0;
  for (let index = 0; index < topicFilter.length; index++) {
    const unit = topicFilter.charCodeAt(index);
    if (unit === hash) return true;
    if (unit === plus) {
      while (at < topic.length && topic.charCodeAt(at) !== slash) at++;
      continue;
    }
    // `sport/#` matches `sport` too: the wildcard stands for the parent level and below (section 4.7.1.2).
    if (at === topic.length) return unit === slash && topicFilter.charCodeAt(index + 1) === hash;
    if (topic.charCodeAt(at) !== unit) return false;
    at++;
  }
  return at === topic.length;
}

/**
 * Takes `$share/NAME/FILTER` apart (MQTT 5.0 section 4.8.2).
 * @returns null for an ordinary Topic Filter, `'invalid'` where it starts like a Shared Subscription and is none.
 */
export function parseSharedFilter(topicFilter: string): SharedFilter | null | 'invalid' {
  if (!topicFilter.startsWith(sharePrefix)) return null;
  const end = topicFilter.indexOf('/', sharePrefix.length);
  if (end === -1) return 'invalid'; // [MQTT-4.8.2-2]
  const shareName = topicFilter.slice(sharePrefix.length, end);
  if (shareName === '') return 'invalid'; // [MQTT-4.8.2-1]
  if (hasWildcard(shareName)) return 'invalid'; // [MQTT-4.8.2-2]
  const inner = topicFilter.slice(end + 1);
  return isValidTopicFilter(inner) && !shareName.includes('\0') ? { shareName, topicFilter: inner } : 'invalid';
}
