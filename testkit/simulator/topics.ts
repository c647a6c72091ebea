/** Topics and filters as the model understands them, apart from the engine's own (MQTT 5.0 section 4.7). */

/** Whether a filter without `$share` matches the topic. Topics of the simulation never begin with `$`. */
export function matches(topicFilter: string, topic: string): boolean {
  const filter = topicFilter.split('/');
  const levels = topic.split('/');
  for (const [index, part] of filter.entries()) {
    if (part === '#') return true;
    if (index >= levels.length || (part !== '+' && part !== levels[index])) return false;
  }
  return filter.length === levels.length;
}

/** The filter behind `$share/NAME/`; the filter itself where it is not shared. */
export function plainFilter(topicFilter: string): string {
  return isShared(topicFilter) ? topicFilter.split('/').slice(2).join('/') : topicFilter;
}

export function isShared(topicFilter: string): boolean {
  return topicFilter.startsWith('$share/');
}

/** `s/` is mostly for shared subscriptions, `r/` is retained, `x/` has access rules, `w/` is for wills. */
export const topics = ['t/a', 't/a', 't/b', 's/a', 's/a', 'r/a', 'r/b', 'r/c', 'm/a', 'x/a', 'x/h'] as const;

export const willTopics = ['w/a', 'w/b'] as const;

export const filters = [
  't/a',
  't/a',
  't/+',
  't/#',
  '#',
  '+/a',
  'r/#',
  'r/a',
  'r/+',
  'm/a',
  '$share/g/s/a',
  '$share/g/s/a',
  '$share/g/s/#',
  '$share/h/s/a',
  '$share/g/m/a',
  'x/#',
  'x/h',
  'x/+',
  'w/#',
  'w/a',
] as const;
