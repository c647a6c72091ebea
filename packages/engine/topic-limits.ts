import { utf8Length } from '../codec/mod.ts';
import type { LimitName, Limits } from './limits.ts';
import { topicLevels } from './topic/names.ts';

/** A limit on topics that a topic or filter is over, and a sentence about it. */
export interface TopicExcess {
  readonly limit: LimitName;
  readonly text: string;
}

/** Says that a text is longer than a topic may be; null when it is not. */
export function topicBytesOverLimit(text: string, { topicBytes: bytes }: Limits): TopicExcess | null {
  // A UTF-16 unit is at most 3 bytes, so most topics need no counting.
  if (bytes !== null && text.length * 3 > bytes && utf8Length(text) > bytes)
    return { limit: 'topicBytes', text: `topic of more than ${bytes} bytes` };
  return null;
}

/** Says which limit on topics the topic or filter is over; null when it is over none. */
export function topicOverLimit(topic: string, limits: Limits): TopicExcess | null {
  const { topicLevels: levels } = limits;
  const excess = topicBytesOverLimit(topic, limits);
  if (excess !== null) return excess;
  if (levels !== null && topic.length >= levels && topicLevels(topic) > levels)
    return { limit: 'topicLevels', text: `topic of more than ${levels} levels` };
  return null;
}

/** Whether the topic is one that only the server itself may publish to. */
export function isServerTopic(topic: string): boolean {
  return topic.startsWith('$SYS/') || topic.startsWith('$share/');
}
