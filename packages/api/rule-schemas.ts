/** Access rules in the REST API as zod schemas, with the types that they give. */
import { z } from 'zod';
import { checkRuleTopicFilter, ruleTopicFilterCharactersMax } from './topic-filter.ts';

const time = z.iso.datetime().describe('ISO 8601, UTC.');

/** Characters that the client id or user name of a rule may have. */
export const ruleSubjectCharactersMax = 1024;

export const ruleKindSchema = z
  .enum(['clientId', 'username', 'all'])
  .describe('Whom the rule is about. Rules of client ids are tried first, then those of user names, then the others.');
export type RuleKind = z.infer<typeof ruleKindSchema>;

export const ruleActionSchema = z.enum(['publish', 'subscribe', 'all']);
export type RuleAction = z.infer<typeof ruleActionSchema>;

export const rulePermissionSchema = z.enum(['allow', 'deny']);
export type RulePermission = z.infer<typeof rulePermissionSchema>;

const subjectRule = `a client id or user name has 1 to ${ruleSubjectCharactersMax} characters, none of them a control character`;

export const ruleSubjectSchema = z
  .string()
  .min(1, { error: subjectRule })
  .max(ruleSubjectCharactersMax, { error: subjectRule })
  .refine((name) => name.isWellFormed() && !/\p{Cc}/u.test(name), { error: subjectRule })
  .describe('The client id or user name, letter by letter; left out where the kind is "all".');

export const ruleTopicFilterSchema = z
  .string()
  .superRefine((topicFilter, context) => {
    const problem = checkRuleTopicFilter(topicFilter);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  })
  .meta({
    minLength: 1,
    maxLength: ruleTopicFilterCharactersMax,
    description:
      'A topic filter with + and #. The levels ${clientid} and ${username} stand for those of the client; where these contain +, # or / the rule matches nothing. A filter that begins with a wildcard or placeholder matches no topic that begins with $.',
  });

const position = z
  .int({ error: 'a position is a whole number from 1' })
  .min(1, { error: 'a position is a whole number from 1' })
  .describe('Place among the rules of the same kind, from 1; a number that is too high means the end.');

export const accessRuleSchema = z
  .object({
    id: z.string(),
    kind: ruleKindSchema,
    subject: z.string().nullable().describe('The client id or user name; null where the kind is "all".'),
    action: ruleActionSchema,
    permission: rulePermissionSchema,
    topicFilter: z.string(),
    position: z.int().min(1).describe('Place among the rules of the same kind, from 1.'),
    createdAt: time,
    changedAt: time,
  })
  .meta({ id: 'AccessRule' });
export type AccessRule = z.infer<typeof accessRuleSchema>;

export const accessRuleListSchema = z
  .object({
    default: rulePermissionSchema.describe('What holds where no rule matches.'),
    rules: z
      .array(accessRuleSchema)
      .describe('In the order in which they are tried: the first one that matches decides.'),
  })
  .meta({ id: 'AccessRuleList' });
export type AccessRuleList = z.infer<typeof accessRuleListSchema>;

export const createAccessRuleSchema = z
  .strictObject({
    kind: ruleKindSchema,
    subject: ruleSubjectSchema.nullable().optional(),
    action: ruleActionSchema.default('all'),
    permission: rulePermissionSchema,
    topicFilter: ruleTopicFilterSchema,
    position: position.optional(),
  })
  .meta({ id: 'CreateAccessRule' });
export type CreateAccessRule = z.input<typeof createAccessRuleSchema>;

export const changeAccessRuleSchema = z
  .strictObject({
    kind: ruleKindSchema.optional(),
    subject: ruleSubjectSchema.nullable().optional(),
    action: ruleActionSchema.optional(),
    permission: rulePermissionSchema.optional(),
    topicFilter: ruleTopicFilterSchema.optional(),
    position: position.optional(),
    before: z.string().optional().describe('Moves the rule in front of the rule with this id, of the same kind.'),
    after: z.string().optional().describe('Moves the rule behind the rule with this id, of the same kind.'),
  })
  .meta({ id: 'ChangeAccessRule', description: 'What is left out stays. Give position, before or after to move.' });
export type ChangeAccessRule = z.input<typeof changeAccessRuleSchema>;

export const ruleDefaultSchema = z.strictObject({ permission: rulePermissionSchema }).meta({ id: 'RuleDefault' });
export type RuleDefault = z.infer<typeof ruleDefaultSchema>;

export const tryAccessSchema = z
  .strictObject({
    clientId: z.string(),
    username: z.string().nullable().optional(),
    action: z.enum(['publish', 'subscribe']),
    topic: z.string().describe('The topic to publish to, or the topic filter to subscribe to.'),
  })
  .meta({ id: 'TryAccess' });
export type TryAccess = z.input<typeof tryAccessSchema>;

export const accessAnswerSchema = z
  .object({
    allowed: z.boolean(),
    partly: z
      .boolean()
      .describe('A subscription that stands although a part of its topics is denied: those are not delivered.'),
    rule: accessRuleSchema
      .nullable()
      .describe('The rule that decided (what is "partly" allowed: the rule that denies); null: the default.'),
    explanation: z.string().describe('One sentence that says why.'),
  })
  .meta({ id: 'AccessAnswer' });
export type AccessAnswer = z.infer<typeof accessAnswerSchema>;

export const importedSchema = z
  .object({
    imported: z.int().min(0),
    warnings: z.array(z.string()).describe('What was taken and might be better; each names its line.'),
  })
  .meta({ id: 'Imported' });
export type Imported = z.infer<typeof importedSchema>;
