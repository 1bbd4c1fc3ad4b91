import type { ClientPlace } from './client.ts';

/** The answer of Colyseus' match-maker; the socket opens at `/processId/roomId`. */
interface Seat {
  readonly processId: string;
  readonly roomId: string;
  readonly sessionId: string;
}

const AT_ONCE = 16;

/** Reserves a seat for each client over HTTP, as the SDK does before it connects; the paths to connect to, in their order. */
export async function reserveSeats(url: string, roomName: string, places: readonly ClientPlace[]): Promise<string[]> {
  const paths: string[] = [];
  while (paths.length < places.length) {
    const batch = places.slice(paths.length, paths.length + AT_ONCE);
    paths.push(...(await Promise.all(batch.map(({ room }) => reserve(url, roomName, room)))));
  }
  return paths;
}

async function reserve(url: string, roomName: string, room: number | null): Promise<string> {
  const response = await fetch(`${url}/matchmake/joinOrCreate/${roomName}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ room }),
  });
  if (!response.ok) throw new Error(`no seat: ${response.status} ${await response.text()}`);
  return seatPath((await response.json()) as Seat);
}

export function seatPath({ processId, roomId, sessionId }: Seat): string {
  return `/${processId}/${roomId}?sessionId=${sessionId}`;
}
