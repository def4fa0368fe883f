/**
 * The turn loop: prepare → decide → execute → finalise. It asks for tools through a port and cannot run them, sees no
 * capability and mints no permit, and keeps no state of its own. The spine calls it, once for every lease of a turn.
 */
export { runTurn } from "./run-turn.ts";
export type { Performed, ResultPart, SkillsInSight, TurnLimits, TurnOutcome, TurnPorts, TurnRun } from "./ports.ts";
