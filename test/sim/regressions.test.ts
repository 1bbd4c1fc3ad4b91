/** Seeds that once broke a rule, each with its cause in one line. What a seed does moves with the code; the causes stay. */
import { expect, test } from 'vitest';
import { run } from './run.ts';

const CAUSES: readonly [seed: number, rule: string, cause: string][] = [
  [46, 'heal', 'the newer life of a node was taken for dead while its older one was on the list'],
  [16, 'P18', 'a room ticked on between its last commit and its release'],
  [160, 'P18', 'a room was forgotten, or a closed one came back, because the store was away at its release'],
  [186, 'P6', 'a snapshot held what a handler had done in this turn under the seq of the turn before'],
  [70, 'P8', 'two take-overs from one commit gave out the same member numbers'],
  [84, 'heal', 'CLOSED was dropped for a lagging client, which then sat in a room that was over'],
  [213, 'heal', 'two owners of a room of durability none, which never writes and so was never fenced'],
  [172, 'P17', 'a command numbered for a lost membership passed for the first of the next one'],
  [605, 'P15', 'SYNC brought an earlier membership back, whose cseq was taken for that of the lost one'],
  [648, 'leak', 'a node that lived between two renewals left a member for ever'],
  [602, 'heal', 'the edge of a node that had just started was detached as that of a dead one'],
  [2404, 'leak', 'a JOIN refused while the log was away took the seat of the one before it'],
  [10411, 'P6', 'a release that was tried again left out the keys that had been deleted'],
  [11244, 'P8', 'a take-over whose answer was lost was taken for a clean start by the next claim'],
  [40154, 'leak', 'LEFT, held behind the log, vacated a seat in which a later JOIN had made a new member'],
  [256, 'heal', 'an edge waited for an answer about a room that was closed, and refused those about the next one'],
  [5030, 'P12', 'two owners got one epoch: the store forgot the first claim, and its clock was behind both'],
  [113, 'P17', 'a JOIN sent again behind LEAVE made a new member, which did again what the old one had done'],
  [1454752507, 'P17', 'commands behind a JOIN that was not answered counted in a room that had been begun anew'],
  [1358085547, 'P4', 'a HELLO that a node took up late replaced the newer connection of the same client'],
  [71, 'heal', 'the word that a session was resumed elsewhere was lost, and two of its connections stayed'],
  [714248371, 'P8', 'two owners from one commit, with epochs a millisecond apart, gave out the same member numbers'],
  [
    2137783327,
    'P18',
    'a room claimed twice before it was written did not give way to the copy that the store had forgotten',
  ],
  [95685425, 'leak', 'a strict room whose lease ended while it was given back waited for a log that had answered'],
  [
    819,
    'take-over',
    'an older life of a node passed for a newer one when the store was back, and the living owner for dead',
  ],
  [6217, 'P18', 'a JOIN that had waited for the store was taken by an owner that was handing the room over'],
  [2118, 'take-over', 'what was presumed before the store went away was a proof when it was back'],
  [20043, 'P9', 'changes went into a store that had lost the commit before them, and cut the log that still had it'],
  [20971, 'leak', 'a node that was taken for dead too early left a member, and its end was not told again'],
  [30452, 'P9', 'changes overtook those that they built on: both were sent when a room was handed over'],
  [
    43654,
    'strict',
    "a node's key ended before its lease, since the store's clock was set to and fro between two looks",
  ],
  [100109, 'P11', 'a node that stopped gave the name of a closed room free before its last events were told'],
  [
    200970,
    'heal',
    'an edge took its owner for outdated by an epoch of another room, and the two asked and answered for ever',
  ],
  [201863, 'P15', 'SYNC counted commands of another life of the session, and ended those of this one'],
  [301389, 'P15', 'the same, where the old owner answered the JOIN'],
  [207658, 'P15', 'the same, two owners later'],
  [
    1364506944,
    'P8',
    'the store forgot that a room was handed over, and its owner of before gave out the numbers again',
  ],
];

test.each(CAUSES)('seed %i [%s] %s', async (seed) => {
  expect((await run(seed)).violation).toBeNull();
});
