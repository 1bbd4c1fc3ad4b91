/** What the nodes of a world take for their Redis. */
export interface Store {
  /** Of the Redis that commands go to now, for who asks it something. */
  address(): Promise<{ readonly host: string; readonly port: number }>;
  /** Settings by which this node finds it, where REDIS_URL of `address` does not do. */
  nodeEnv(nodeId: string): Readonly<Record<string, string | undefined>>;
}
