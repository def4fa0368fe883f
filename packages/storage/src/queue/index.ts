/**
 * The durable queue of turns: each accepted turn reaches one recorded end, at most one runs per conversation, and a worker that
 * lost its lease can write nothing more. It never runs a turn and never judges its result. The spine works it; it lies in the
 * database, so that finishing a turn and appending its message are one transaction.
 */
export { createTurnQueue } from "./turn-queue.ts";
