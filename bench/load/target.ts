/** Where the service is. */
export interface Target {
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** SNI; without it the first deployment. */
  readonly serverName?: string;
}
