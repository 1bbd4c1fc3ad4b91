/**
 * The address with the hints by which a load balancer keeps members of a room, and a session's reconnects, on one node
 * (PROTOCOL section 1). Nodes ignore them.
 */
export function connectUrl(base: string, room: string | null, sid: string | null): string {
  const hints: string[] = [];
  if (room !== null) hints.push(`room=${encodeURIComponent(room)}`);
  if (sid !== null) hints.push(`sid=${encodeURIComponent(sid)}`);
  if (hints.length === 0) return base;
  return `${base}${base.includes('?') ? '&' : '?'}${hints.join('&')}`;
}
