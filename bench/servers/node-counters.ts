import { seriesValue } from '../swarm/buffered.ts';

/** What nodes have done since they started, all together, by their own metrics. */
export interface NodeCounters {
  /** Events ordered, each once however many members get it. */
  readonly events: number;
  readonly frames: number;
  /** Packets between nodes, heartbeats among them. */
  readonly packets: number;
  /** Rooms written to Redis. */
  readonly commits: number;
}

const SERIES = {
  events: 'roomcast_events_total',
  frames: 'roomcast_event_frames_total',
  packets: 'roomcast_packets_out_total',
  commits: 'roomcast_commits_total',
} as const satisfies Record<keyof NodeCounters, string>;

export async function fetchCounters(ports: readonly number[]): Promise<NodeCounters> {
  const texts = await Promise.all(ports.map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()));
  return sumCounters(texts);
}

/** From the text format of Prometheus, one text per node. */
export function sumCounters(metrics: readonly string[]): NodeCounters {
  const sum = (name: string) => metrics.reduce((total, text) => total + seriesValue(text, name), 0);
  return {
    events: sum(SERIES.events),
    frames: sum(SERIES.frames),
    packets: sum(SERIES.packets),
    commits: sum(SERIES.commits),
  };
}

export function countersBetween(from: NodeCounters, to: NodeCounters): NodeCounters {
  return {
    events: to.events - from.events,
    frames: to.frames - from.frames,
    packets: to.packets - from.packets,
    commits: to.commits - from.commits,
  };
}
