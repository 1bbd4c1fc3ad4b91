/** The ground of the arena: where one can stand, who is hit by a shot, where the next player comes in. */

export const WIDTH = 24;
export const HEIGHT = 16;

export interface Cell {
  readonly x: number;
  readonly y: number;
}

/** One of four directions: one of the two is 1 or -1, the other 0. */
export interface Step {
  readonly dx: number;
  readonly dy: number;
}

/** Along the border, so that newcomers look inward. */
export const SPAWN_POINTS: readonly Cell[] = [
  { x: 1, y: 1 },
  { x: WIDTH - 2, y: HEIGHT - 2 },
  { x: WIDTH - 2, y: 1 },
  { x: 1, y: HEIGHT - 2 },
  { x: WIDTH / 2, y: 1 },
  { x: WIDTH / 2, y: HEIGHT - 2 },
  { x: 1, y: HEIGHT / 2 },
  { x: WIDTH - 2, y: HEIGHT / 2 },
];

export function isInside({ x, y }: Cell): boolean {
  return x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT;
}

/** The nearest of `targets` in a straight line within `range` cells, or null. */
export function firstInLine<T extends Cell>(
  from: Cell,
  { dx, dy }: Step,
  range: number,
  targets: Iterable<T>,
): T | null {
  let best: T | null = null;
  let bestDistance = range + 1;
  for (const target of targets) {
    const ahead = (target.x - from.x) * dx + (target.y - from.y) * dy;
    const aside = (target.x - from.x) * dy - (target.y - from.y) * dx;
    if (aside !== 0 || ahead < 1 || ahead >= bestDistance) continue;
    best = target;
    bestDistance = ahead;
  }
  return best;
}

/** The spawn point farthest from everybody; any free cell when all points are taken. Null: the ground is full. */
export function spawnCell(taken: readonly Cell[]): Cell | null {
  let best: Cell | null = null;
  let bestDistance = 0;
  for (const point of SPAWN_POINTS) {
    const distance = Math.min(WIDTH + HEIGHT, ...taken.map((cell) => stepsBetween(point, cell)));
    if (distance <= bestDistance) continue;
    best = point;
    bestDistance = distance;
  }
  return best ?? freeCell(taken);
}

function freeCell(taken: readonly Cell[]): Cell | null {
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      if (!taken.some((cell) => cell.x === x && cell.y === y)) return { x, y };
    }
  }
  return null;
}

function stepsBetween(a: Cell, b: Cell): number {
  return Math.abs(a.x - b.x) + Math.abs(a.y - b.y);
}
