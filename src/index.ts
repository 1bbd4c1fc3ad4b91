/** The package: write rooms with `defineRoom`, run a node with `startNode`. The client is `roomcast/client`. */
export { ConfigFault } from './config/config-fault.ts';
export { loadConfig } from './config/load-config.ts';
export type { Config } from './config/settings.ts';
export type { Logger } from './base/logger.ts';
export { type RunningNode, startNode } from './node/start-node.ts';
export {
  defineRoom,
  type Durability,
  type LeaveReason,
  type Room,
  type RoomDefinition,
  type RoomHandlers,
  type RoomMember,
  type RoomOptions,
  type TypedState,
} from './room/definition.ts';
export { createLogger } from './telemetry/logger.ts';
