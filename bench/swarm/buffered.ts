/** What waits at a Roomcast node for its clients to read, as its metrics tell it. */
export interface Buffered {
  readonly bytes: number;
  /** Of the client with the most. */
  readonly mostBytes: number;
  readonly lagging: number;
}

export async function fetchBuffered(host: string, port: number): Promise<Buffered> {
  const response = await fetch(`http://${host}:${port}/metrics`);
  return parseBuffered(await response.text());
}

/** From the text format of Prometheus. */
export function parseBuffered(metrics: string): Buffered {
  return {
    bytes: seriesValue(metrics, 'roomcast_buffered_bytes'),
    mostBytes: seriesValue(metrics, 'roomcast_buffered_most_bytes'),
    lagging: seriesValue(metrics, 'roomcast_lagging'),
  };
}

/** The value of a series that has one set of labels. */
export function seriesValue(metrics: string, name: string): number {
  const line = metrics.split('\n').find((text) => text.startsWith(`${name}{`) || text.startsWith(`${name} `));
  if (line === undefined) throw new Error(`the server has no metric ${name}`);
  return Number(line.slice(line.lastIndexOf(' ') + 1));
}
