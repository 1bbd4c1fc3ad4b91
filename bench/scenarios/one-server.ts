import type { Sample } from '../host/sample.ts';
import type { BenchContext } from '../scenario.ts';
import { launch, type RunningServer, type ServerKind } from '../servers/launch.ts';
import type { SwarmPlan } from '../swarm/plan.ts';
import { Swarm } from '../swarm/swarm.ts';

/** What a scenario says of its load; the rest follows from the server and the machine. */
export type LoadPlan = Omit<SwarmPlan, 'dialect' | 'host' | 'ports' | 'workers' | 'serverPids' | 'swarmCores'>;

/** No readers that stop: what most scenarios have. */
export const ALL_READ = { slow: 0, stateBytes: 0 } as const;

const LOG_LINES_SHOWN = 5;

export interface OneServer {
  readonly server: RunningServer;
  readonly swarm: Swarm;
  /** What went wrong at the clients, with the server's last words. */
  faults(): readonly string[];
}

/** A fresh server on its core with a swarm on the others, for as long as `task` runs. */
export async function withServer<T>(
  kind: ServerKind,
  load: LoadPlan,
  { cores }: BenchContext,
  onSample: (sample: Sample) => void,
  task: (running: OneServer) => Promise<T>,
): Promise<T> {
  const server = await launch(kind, cores.server);
  const swarm = new Swarm(
    {
      ...load,
      dialect: kind.dialect,
      host: '127.0.0.1',
      ports: [server.port],
      workers: Math.min(cores.swarm.length, load.clients),
      serverPids: [server.pid],
      swarmCores: cores.swarm,
    },
    onSample,
  );
  const faults = () => (swarm.faults.length > 0 ? [...swarm.faults, ...server.log.slice(-LOG_LINES_SHOWN)] : []);
  try {
    return await task({ server, swarm, faults });
  } finally {
    await swarm.stop();
    await server.stop();
  }
}
