/** One access rule, as the control plane stores it. */
export interface AccessRuleEntry {
  readonly id: string;
  /** Whom it is about: one client id, one user name, or everybody. */
  readonly kind: 'clientId' | 'username' | 'all';
  /** The client id or user name; null where the kind is `all`. */
  readonly subject: string | null;
  readonly action: 'publish' | 'subscribe' | 'all';
  readonly permission: 'allow' | 'deny';
  /** May hold `+`, `#`, and as whole levels `${clientid}` and `${username}`. */
  readonly topicFilter: string;
}

/** All access rules of a deployment. */
export interface AccessRuleList {
  /** What holds where no rule matches. */
  readonly default: 'allow' | 'deny';
  /** In any order of kinds; rules of one kind are tried in the order in which they stand here. */
  readonly rules: readonly AccessRuleEntry[];
}

const shownCharactersMax = 80;

/** A rule on one line, so that a person finds it: `rule k3x9ab22: deny publish plant/# for user name meter`. */
export function describeRule(rule: AccessRuleEntry): string {
  const whom = { clientId: 'client id', username: 'user name', all: 'everybody' }[rule.kind];
  const subject = rule.subject === null ? '' : ` ${shorten(rule.subject)}`;
  const action = rule.action === 'all' ? 'publish and subscribe' : rule.action;
  return `rule ${rule.id}: ${rule.permission} ${action} ${shorten(rule.topicFilter)} for ${whom}${subject}`;
}

function shorten(text: string): string {
  return text.length > shownCharactersMax ? `${text.slice(0, shownCharactersMax)}…` : text;
}
