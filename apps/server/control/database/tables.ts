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

export interface Tables {
  deployments: DeploymentsTable;
  credentials: CredentialsTable;
  names: NamesTable;
}
