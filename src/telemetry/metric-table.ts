/**
 * The table of all series: what a node counts, what it has right now, and how long things took. No names of rooms or users
 * are in it. docs/METRICS.md is made from it; the dashboard and the alert rules may use nothing else.
 */
import type { Counters } from '../base/counters.ts';

/** What a node has at the moment of a scrape. One that is null has no sample then. */
export interface Gauges {
  /** 1 or 0. */
  readonly ready: number;
  readonly connections: number;
  readonly sessions: number;
  readonly lagging: number;
  /** What waits for all clients, and for the one with the most. */
  readonly bufferedBytes: number;
  readonly bufferedMostBytes: number;
  readonly roomsOwned: number;
  /** Rooms that have members here and their owner elsewhere. */
  readonly roomsRelayed: number;
  readonly members: number;
  readonly peers: number;
  readonly roomsUnwritten: number;
  readonly framesHeld: number;
  /** 1 or 0. These and the rest: null where no Redis is meant to be, or where it did not tell. */
  readonly redisUp: number | null;
  readonly redisPingSec: number | null;
  readonly redisMemoryBytes: number | null;
  readonly redisMemoryBytesMax: number | null;
  readonly redisKeys: number | null;
  readonly redisReplicas: number | null;
  readonly redisReplicationLagBytes: number | null;
  readonly redisEvictions: number | null;
  readonly redisRefusals: number | null;
}

export type HistogramField = 'relayLag' | 'redisCalls';

export interface MetricRow<Field> {
  readonly field: Field;
  /** Without the prefix. Rows of one name differ by their reason. */
  readonly name: string;
  readonly help: string;
  readonly reason?: string;
}

/** A gauge that only grows, since it is counted elsewhere, is a counter to Prometheus. */
interface GaugeRow extends MetricRow<keyof Gauges> {
  readonly type?: 'counter';
}

export const METRIC_PREFIX = 'roomcast_';

const BAD_FRAMES = 'bad_frames_total';
const BAD_FRAMES_HELP = 'Connections closed for a bad frame (P3), by what was wrong.';

export const COUNTER_ROWS: readonly MetricRow<keyof Counters>[] = [
  { field: 'connectionsOpened', name: 'connections_opened_total', help: 'WebSockets opened.' },
  { field: 'connectionsRefused', name: 'connections_refused_total', help: 'Upgrades answered 400, 403 or 503.' },
  {
    field: 'connectionsReplaced',
    name: 'connections_replaced_total',
    help: 'Closed for a newer one of the session (P4).',
  },
  { field: 'sessionsOpened', name: 'sessions_opened_total', help: 'New sessions.' },
  { field: 'sessionsResumed', name: 'sessions_resumed_total', help: 'Sessions that came back by a resume token.' },
  { field: 'sessionsRefused', name: 'sessions_refused_total', help: 'HELLOs whose token was refused (4501).' },
  { field: 'helloTimeouts', name: 'hello_timeouts_total', help: 'Connections without a HELLO in time (4002).' },
  { field: 'framesIn', name: 'frames_in_total', help: 'Messages received from clients.' },
  { field: 'bytesIn', name: 'in_bytes_total', help: 'Bytes of the messages received from clients.' },
  { field: 'framesOut', name: 'frames_out_total', help: 'Frames sent to single clients; fan-out is not in it.' },
  { field: 'framesDropped', name: 'frames_out_dropped_total', help: 'Frames that a lagging client did not get.' },
  { field: 'badText', name: BAD_FRAMES, help: BAD_FRAMES_HELP, reason: 'text' },
  { field: 'badTooLarge', name: BAD_FRAMES, help: BAD_FRAMES_HELP, reason: 'too-large' },
  { field: 'badOrder', name: BAD_FRAMES, help: BAD_FRAMES_HELP, reason: 'order' },
  { field: 'badShape', name: BAD_FRAMES, help: BAD_FRAMES_HELP, reason: 'shape' },
  { field: 'rateLimited', name: 'rate_limited_total', help: 'Frames refused over a rate limit (P19).' },
  { field: 'rateLimitClosed', name: 'rate_limit_closed_total', help: 'Clients closed for going on over it (4503).' },
  { field: 'lagged', name: 'lagged_total', help: 'Times that a client fell behind its buffer.' },
  { field: 'closedTooSlow', name: 'too_slow_closed_total', help: 'Clients that did not drain in time (4001).' },
  { field: 'joins', name: 'joins_total', help: 'JOINs answered with JOINED.' },
  { field: 'joinsRefused', name: 'joins_refused_total', help: "JOINs over the node's JOINS_PER_SEC." },
  { field: 'events', name: 'events_total', help: 'Events ordered by rooms that this node owns.' },
  { field: 'frames', name: 'event_frames_total', help: 'EVENTS frames encoded by this node.' },
  { field: 'resyncs', name: 'resyncs_total', help: 'Fresh starts that an owner made for members or edges (SYNC).' },
  { field: 'catchUps', name: 'catch_ups_total', help: 'JOINs answered from the history (P7).' },
  { field: 'claims', name: 'room_claims_total', help: 'Rooms claimed in the directory.' },
  {
    field: 'copiesBrought',
    name: 'room_copies_brought_total',
    help: 'Of those, rooms that the store had forgotten and this node still held.',
  },
  { field: 'takeOvers', name: 'room_take_overs_total', help: 'Of those, rooms of a dead owner.' },
  {
    field: 'takeOversEarly',
    name: 'room_take_overs_early_total',
    help: "Of those, before the owner's heartbeat had run out.",
  },
  { field: 'fenced', name: 'room_fenced_total', help: 'Rooms lost to another owner.' },
  {
    field: 'tenuresLost',
    name: 'room_tenures_lost_total',
    help: 'Strict rooms that stood still, as this node could not renew its heartbeat in time.',
  },
  { field: 'handedOver', name: 'rooms_handed_over_total', help: 'Rooms that this node handed to another one (drain).' },
  { field: 'commits', name: 'commits_total', help: 'Rooms written to the store.' },
  { field: 'commitsFailed', name: 'commits_failed_total', help: 'Writes that the store did not take.' },
  { field: 'logAppends', name: 'log_appends_total', help: 'Frames appended to the logs of rooms.' },
  {
    field: 'logAppendsFailed',
    name: 'log_appends_failed_total',
    help: 'Times that the store refused a frame of a room while it took others.',
  },
  { field: 'handlerFaults', name: 'handler_faults_total', help: 'Handlers of rooms that threw.' },
  { field: 'packetsIn', name: 'packets_in_total', help: 'Packets received from nodes.' },
  { field: 'packetsOut', name: 'packets_out_total', help: 'Packets sent to nodes.' },
  { field: 'packetsFailed', name: 'packets_failed_total', help: 'Packets that could not be sent.' },
  { field: 'packetsRefused', name: 'packets_refused_total', help: 'Packets received and not understood.' },
  { field: 'packetHoles', name: 'packet_holes_total', help: 'Gaps found in the packets of a node.' },
  {
    field: 'subscriptionsRenewed',
    name: 'subscriptions_renewed_total',
    help: 'Dead subscriptions that were replaced.',
  },
  {
    field: 'suspicions',
    name: 'node_suspicions_total',
    help: 'Times that nobody listened to a node, and its connections were looked for.',
  },
  {
    field: 'nodesBuried',
    name: 'nodes_presumed_dead_total',
    help: 'Nodes taken for dead for having no connections, before their heartbeats had run out.',
  },
  {
    field: 'nodesBuriedAlive',
    name: 'nodes_presumed_dead_wrongly_total',
    help: 'Nodes presumed dead whose heartbeats went on.',
  },
];

export const GAUGE_ROWS: readonly GaugeRow[] = [
  { field: 'ready', name: 'ready', help: 'Whether clients should come here, as /readyz says: 1 or 0.' },
  { field: 'connections', name: 'connections', help: 'Open WebSockets.' },
  { field: 'sessions', name: 'sessions', help: 'Open sessions.' },
  { field: 'lagging', name: 'lagging', help: 'Clients behind their buffer right now.' },
  { field: 'bufferedBytes', name: 'buffered_bytes', help: 'Bytes that wait for clients to read, at the last look.' },
  { field: 'bufferedMostBytes', name: 'buffered_most_bytes', help: 'Of these, the bytes of the client with the most.' },
  { field: 'roomsOwned', name: 'rooms_owned', help: 'Rooms that this node owns.' },
  { field: 'roomsRelayed', name: 'rooms_relayed', help: 'Rooms with members here whose owner is elsewhere.' },
  { field: 'members', name: 'members', help: 'Members of the rooms that this node owns, wherever they are connected.' },
  { field: 'peers', name: 'peers', help: 'Other nodes of the cluster that live.' },
  { field: 'roomsUnwritten', name: 'rooms_unwritten', help: 'Rooms with changes that the store does not have.' },
  { field: 'framesHeld', name: 'log_frames_held', help: 'Frames of log rooms that wait for the store.' },
  { field: 'redisUp', name: 'redis_up', help: 'Whether Redis answers: 1 or 0. All of Redis is looked at every 5 s.' },
  { field: 'redisPingSec', name: 'redis_ping_seconds', help: 'A PING behind the calls that waited for Redis.' },
  { field: 'redisMemoryBytes', name: 'redis_memory_used_bytes', help: 'Memory that Redis uses.' },
  { field: 'redisMemoryBytesMax', name: 'redis_memory_max_bytes', help: 'Its limit (maxmemory), where it has one.' },
  { field: 'redisKeys', name: 'redis_keys', help: 'Keys in the database.' },
  { field: 'redisReplicas', name: 'redis_connected_replicas', help: 'Replicas that are connected to Redis.' },
  {
    field: 'redisReplicationLagBytes',
    name: 'redis_replication_lag_bytes',
    help: 'How far the last of the replicas is behind, where there are some.',
  },
  {
    field: 'redisEvictions',
    name: 'redis_evicted_keys_total',
    type: 'counter',
    help: 'Keys that Redis evicted since it started. Each may have been a room.',
  },
  {
    field: 'redisRefusals',
    name: 'redis_refused_calls_total',
    type: 'counter',
    help: 'Calls that Redis answered with an error although the connection works.',
  },
];

export const HISTOGRAM_ROWS: readonly MetricRow<HistogramField>[] = [
  {
    field: 'relayLag',
    name: 'relay_lag_seconds',
    help: 'From publish to receipt, measured by the beats that a node sends to itself the way of all packets.',
  },
  {
    field: 'redisCalls',
    name: 'redis_call_seconds',
    help: 'From a call on Redis to its answer, waiting in this process included.',
  },
];

/** Of the process; the names without `roomcast_` are those that Prometheus' own libraries use. */
export const EVENT_LOOP_DELAY = {
  name: 'roomcast_event_loop_delay_seconds',
  help: 'How late the event loop ran its timers since the last scrape; quantile 1 is the worst.',
} as const;
export const CPU = { name: 'process_cpu_seconds_total', help: 'CPU time of the process, user and system.' } as const;
export const MEMORY = { name: 'process_resident_memory_bytes', help: 'Resident memory of the process.' } as const;
export const UPTIME = { name: 'process_uptime_seconds', help: 'Since the process started.' } as const;
