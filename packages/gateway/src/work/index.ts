/**
 * Work that goes on by itself: jobs, schedules and effects on their way out. It promises that what was accepted is done or lies
 * dead with a reason, that every time a schedule named is accounted for, and that an effect which cannot be repeated leaves at
 * most once. It decides nothing: what a job does, its handler knows. The gateway starts it after the house is furnished.
 */
export type { Courier, Couriers, Delivery } from "./courier.ts";
export { startDurableWork } from "./durable-work.ts";
export type { DurableWork } from "./durable-work.ts";
export { houseHandlers } from "./house-handlers.ts";
export { isHouseWork } from "./house-schedules.ts";
export type { JobHandler, JobHandlers } from "./job-handler.ts";
