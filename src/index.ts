/** The package: write rooms with `defineRoom`, run a node with `startNode`. The client is `roomcast/client`. */

export type { Logger } from './base/logger.ts';
export { ConfigFault } from './config/config-fault.ts';
export { loadConfig } from './config/load-config.ts';
export type { Config } from './config/settings.ts';
export { type RunningNode, startNode } from './node/start-node.ts';
export { decodePayload, encodePayload, PayloadFault } from './protocol/payload.ts';
export {
  type Durability,
  defineRoom,
  type LeaveReason,
  type Room,
  type RoomDefinition,
  type RoomHandlers,
  type RoomMember,
  type RoomOptions,
  type TypedState,
} from './room/definition.ts';
export { createLogger } from './telemetry/logger.ts';
