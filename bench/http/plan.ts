/** What the bench tells the process that makes the HTTP requests, and what it hears from it. */
export interface CannonPlan {
  readonly url: string;
  readonly connections: number;
  /** Requests per second, all connections together; 0: as fast as they are answered. */
  readonly rate: number;
  readonly seconds: number;
}

export interface CannonResult {
  readonly requestsPerSecond: number;
  /** From when a request was to be sent. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Answered with another status than 2xx, not answered, or cut off. */
  readonly failed: number;
}
