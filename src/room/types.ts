import type { Durability, RoomDefinition, RoomType } from './definition.ts';
import { relayType, roomTypeOf } from './definition.ts';

/** Which room types a node serves: defined ones, relay types by name, and, if open, any other as a relay. */
export class RoomTypes {
  readonly #byName = new Map<string, RoomType>();
  readonly #open: RoomType | null;

  /** Throws when a type comes twice. */
  constructor(
    definitions: readonly RoomDefinition[],
    relays: ReadonlyMap<string, Durability>,
    options: { readonly open: boolean; readonly graceMs: number },
  ) {
    for (const definition of definitions) this.#add(roomTypeOf(definition, options.graceMs));
    for (const [name, durability] of relays) this.#add(relayType(name, durability, options.graceMs));
    this.#open = options.open ? relayType('*', 'snapshot', options.graceMs) : null;
  }

  /** null: this type is not served here. */
  get(name: string): RoomType | null {
    return this.#byName.get(name) ?? this.#open;
  }

  #add(type: RoomType): void {
    if (this.#byName.has(type.name)) throw new Error(`room type ${JSON.stringify(type.name)} is defined twice`);
    this.#byName.set(type.name, type);
  }
}
