import { describe, expect, it } from 'vitest';
import { Client, UpgradeRefused } from '../support/independent/client.ts';
import { helloFrame, joinFrame } from '../support/independent/client-frames.ts';
import { newRoom, useClients, useCluster } from './fixture.ts';

const cluster = useCluster();
const clients = useClients();

/** Section 6. */
const defaultLimits = {
  frameBytesMax: 65_536,
  roomsMax: 16,
  commandsPerSec: 120,
  bytesPerSec: 262_144,
  stateBytesMax: 1_048_576,
  keepAliveMs: 30_000,
};

const statusOf = (connecting: Promise<Client>): Promise<number> =>
  connecting.then(
    (client) => {
      client.cut();
      return 101;
    },
    (error: unknown) => {
      if (error instanceof UpgradeRefused) return error.status;
      throw error;
    },
  );

describe('the upgrade', () => {
  it('[section 1] chooses roomcast.v1 among the subprotocols offered', async () => {
    const client = await clients.open(cluster().url, { protocols: ['other', 'roomcast.v1'] });
    expect(client.chosenProtocol).toBe('roomcast.v1');
    await client.hello();
  });

  it('[section 1] takes a client that offers no subprotocol as v1', async () => {
    const client = await clients.open(cluster().url, { protocols: [] });
    expect(client.chosenProtocol).toBe('');
    expect((await client.hello()).op).toBe('welcome');
  });

  it('[section 1] answers 400 to subprotocols without roomcast.v1', async () => {
    for (const url of [cluster().url, cluster().nodeUrl(0)]) {
      expect(await statusOf(Client.connect(url, { protocols: ['roomcast.v2'] }))).toBe(400);
      expect(await statusOf(Client.connect(url, { protocols: ['chat', 'mqtt'] }))).toBe(400);
    }
  });

  it('[section 1] answers /ws without an upgrade with a client error', async () => {
    for (const url of [cluster().url, cluster().nodeUrl(0)]) {
      const response = await fetch(url.replace('ws:', 'http:'));
      await response.arrayBuffer();
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
    }
  });

  it('[section 1] ignores any room hint', async () => {
    const room = newRoom();
    for (const hint of [room, 'another:room', '', '<&%>', 'x'.repeat(2000)]) {
      const { client } = await clients.guest(cluster().url, { room: hint });
      expect((await client.join(room)).room).toBe(room);
    }
  });
});

describe('HELLO', () => {
  it('[P1] is answered by WELCOME with the limits of section 6', async () => {
    const { welcome } = await clients.guest(cluster().url);
    expect(Object.fromEntries(welcome.limits)).toMatchObject(defaultLimits);
    expect(welcome.sid.length).toBeGreaterThanOrEqual(8);
    expect(cluster().nodes.map((node) => node.id)).toContain(welcome.node);
  });

  it('[P1] lets JOIN and the rest follow without waiting', async () => {
    const client = await clients.open(cluster().url);
    const room = newRoom();
    client.write(helloFrame(null, null));
    client.write(joinFrame(1, room));
    client.send(room, 1, Uint8Array.of(1));
    const joined = await client.next('joined');
    expect(client.frames[0]?.op).toBe('welcome');
    // The answer may be made after the command was applied: then JOINED itself says that it is done (P15).
    if (joined.cseq === 0) await client.event(room, { kind: 'message', member: joined.me });
    expect((await client.join(room)).cseq).toBe(1);
  });

  it('[P1] must come first, and once', async () => {
    const early = await clients.open(cluster().url);
    early.write(joinFrame(1, newRoom()));
    expect(await early.closed).toMatchObject({ code: 4500, reason: expect.stringMatching(/\w/) });

    const { client: twice } = await clients.guest(cluster().url);
    twice.write(helloFrame(null, null));
    expect(await twice.closed).toMatchObject({ code: 4500, reason: expect.stringMatching(/\w/) });
  });

  it('[P1] that does not come closes with 4002, through nginx and without', async () => {
    const silent = [await clients.open(cluster().url), await clients.open(cluster().nodeUrl(1))];
    for (const client of silent) expect((await client.closed).code).toBe(4002);
  });

  it('[P1] of a version that is not spoken closes with 4504', async () => {
    for (const version of [0, 2, 4_000_000_000]) {
      const client = await clients.open(cluster().url);
      client.write(helloFrame(null, null, version));
      expect((await client.closed).code).toBe(4504);
    }
  });

  it('[P2] without tokens makes a guest named after the sid, whatever token it brings', async () => {
    for (const token of [undefined, 'not.a.token']) {
      const { client, welcome } = await clients.guest(cluster().url, token === undefined ? {} : { token });
      const joined = await client.join(newRoom());
      expect(joined.roster).toEqual([
        { member: joined.me, user: `guest:${welcome.sid.slice(0, 8)}`, status: 1, meta: null },
      ]);
    }
  });

  it('[section 4] PING is answered by PONG with its number and the time of the server', async () => {
    const { client } = await clients.guest(cluster().url);
    for (const t of [0, 1, 65_536, Number.MAX_SAFE_INTEGER]) {
      const pong = await client.ping(t);
      expect(Math.abs(pong.now - Date.now())).toBeLessThan(60_000);
    }
  });
});

describe('sessions', () => {
  it('[P5] a resume token is good on every node', async () => {
    const { client, welcome } = await clients.guest(cluster().nodeUrl(0));
    let { resume } = welcome;
    await client.close();
    for (const node of [1, 2, 0]) {
      const again = await clients.guest(cluster().nodeUrl(node), { resume });
      expect(again.welcome.sid).toBe(welcome.sid);
      resume = again.welcome.resume;
      await again.client.close();
    }
  });

  it('[P5] a resume token that is none is no error: a new sid, and JOIN gives a snapshot', async () => {
    const room = newRoom();
    const { client, welcome } = await clients.guest(cluster().url);
    const joined = await client.join(room);
    const middle = Math.floor(welcome.resume.length / 2);
    const bent = `${welcome.resume.slice(0, middle)}${welcome.resume[middle] === 'A' ? 'B' : 'A'}${welcome.resume.slice(middle + 1)}`;
    for (const resume of ['', 'x', 'r1', bent, 'ü'.repeat(500), welcome.sid]) {
      const other = await clients.guest(cluster().url, { resume });
      expect(other.welcome.sid, resume).not.toBe(welcome.sid);
      const snapshot = await other.client.join(room);
      expect(snapshot.roster).not.toBeNull();
      expect(snapshot.me).not.toBe(joined.me);
    }
    expect(client.isOpen).toBe(true);
  });

  it('[P4] a second connection of a session replaces the first, on the same node and on another', async () => {
    for (const [first, second] of [
      [0, 0],
      [0, 1],
    ] as const) {
      const { client, welcome } = await clients.guest(cluster().nodeUrl(first));
      const room = newRoom();
      const { me } = await client.join(room);
      const newer = await clients.guest(cluster().nodeUrl(second), { resume: welcome.resume });
      expect((await client.closed).code).toBe(4502);
      expect(newer.welcome.sid).toBe(welcome.sid);
      const joined = await newer.client.join(room);
      expect(joined.me).toBe(me);
      expect(joined.roster?.filter((row) => row.member === me)).toMatchObject([{ status: 1 }]);
      await newer.client.ping(1);
    }
  });
});
