import type { Cores } from '../host/children.ts';

/** What a reader has to know before comparing several processes with one. */
export function sharedCoreNote({ server, swarm }: Cores): string {
  const isApart = !server.some((core) => swarm.includes(core));
  if (!isApart) return 'All server processes and the swarm share the cores of this machine.';
  return `All server processes (nodes, Redis, nginx) share ${server.length === 1 ? 'one core' : `${server.length} cores`}, the swarm has the ${swarm.length === 1 ? 'other' : `other ${swarm.length}`}: compare CPU per event, not events/s.`;
}
