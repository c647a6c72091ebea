/**
 * The tables as Kysely sees them. Only what SQLite and PostgreSQL share: times are milliseconds since 1970, booleans are 0 and 1,
 * bytes are base64url text.
 */
export interface DeploymentsTable {
  id: string;
  name: string;
  type: 'serverless' | 'dedicated';
  state: 'running' | 'stopped';
  /** 1 for the first deployment, which also answers to the names of the installation. */
  is_first: number;
  mqtt_port: number | null;
  ws_port: number | null;
  /** JSON: the limits that were set. */
  limits: string;
  created_at: number;
  deleted_at: number | null;
}

export interface CredentialsTable {
  deployment_id: string;
  username: string;
  salt: string;
  mac: string;
  pepper_key_id: string;
  disabled: number;
  created_at: number;
  changed_at: number;
}

/** Further names that lead to a deployment (custom domains), lower case. */
export interface NamesTable {
  name: string;
  deployment_id: string;
  created_at: number;
}

export interface AccessRulesTable {
  deployment_id: string;
  id: string;
  kind: 'clientId' | 'username' | 'all';
  /** The client id or user name; null where the kind is `all`. */
  subject: string | null;
  action: 'publish' | 'subscribe' | 'all';
  permission: 'allow' | 'deny';
  topic_filter: string;
  /** Among the rules of the same kind, from 1, without gaps. */
  position: number;
  created_at: number;
  changed_at: number;
}

/** What holds where no access rule matches; `allow` for a deployment that has no row. */
export interface AccessDefaultsTable {
  deployment_id: string;
  permission: 'allow' | 'deny';
}

/** The limits of the installation that were set; null is none. */
export interface InstallationLimitsTable {
  name: string;
  value: number | null;
}

export interface Tables {
  deployments: DeploymentsTable;
  credentials: CredentialsTable;
  names: NamesTable;
  access_rules: AccessRulesTable;
  access_defaults: AccessDefaultsTable;
  installation_limits: InstallationLimitsTable;
}
