/**
 * The durable queues: turns, jobs, schedules with the account of every time they named, and effects on their way out. What was
 * accepted reaches one recorded end, and a worker that lost its lease can write nothing more. It never does the work and never
 * judges a result. The gateway works it; it lies in the database, so that work is enqueued in the transaction that decided on it.
 */
export { createJobQueue } from "./jobs.ts";
export { createOutbox } from "./outbox.ts";
export { createScheduleRepository } from "./schedules.ts";
export { createTurnQueue } from "./turn-queue.ts";
