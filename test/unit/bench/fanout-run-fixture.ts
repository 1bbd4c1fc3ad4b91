import type { FanoutRun } from '../../../bench/scenarios/fanout-run.ts';

/** A run in which nothing was wrong. */
export function fanoutRunOf(server: string, figures: Partial<FanoutRun> = {}): FanoutRun {
  return {
    server,
    span: {
      seconds: 10,
      events: 1000,
      sent: 100,
      reads: 1,
      serverCpu: 1,
      serverCpus: [1],
      swarmCpu: 1,
      serverCoreBusy: 1,
      swarmCoreBusy: 0.5,
      stolen: 0,
    },
    eventsPerSecond: 100,
    eventsPerCpuSecond: 1000,
    p50Ms: 1,
    p99Ms: 2,
    p999Ms: 3,
    serverShare: 0.1,
    othersShare: 0,
    lateP99Ms: 0,
    invalid: [],
    swarmShare: 0.5,
    lost: 0,
    doubled: 0,
    disordered: 0,
    refused: 0,
    broken: 0,
    faults: [],
    latencyUs: [],
    ...figures,
  };
}
