/**
 * Long runs: `npm run soak -- NAME [--rounds N]`. Each prints a line per round and writes its summary to `bench/results`. A round that
 * breaks a promise ends the run with exit code 1.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PROJECT } from "../tests/support/gateway-process.ts";
import { runCrashRound } from "../tests/crash/crash-round.ts";
import { heldIn, runAnswerRound } from "../tests/crash/answer-round.ts";
import { runPluginRound } from "../tests/attacks/plugins/plugin-round.ts";
import { runGuardRound } from "./soaks/guard.ts";
import { runPropertyRound } from "./soaks/properties.ts";
import { createStorm } from "./soaks/storage.ts";

interface Soak {
  readonly says: string;
  readonly rounds: number;
  /** One round: what it found, and whether every promise held. */
  round(at: number): Promise<{ readonly held: boolean; readonly facts: Readonly<Record<string, number | boolean>> }>;
}

const MESSAGES = 50;
const RACES = 400;
const KILLS = 6;

const SOAKS: Readonly<Record<string, Soak>> = {
  crash: {
    says: "kill -9 in the middle of 50 concurrent messages, at another moment each round",
    rounds: 50,
    round: async (at) => {
      const found = await runCrashRound({ messages: MESSAGES, killAfter: 1 + ((at * 7) % MESSAGES) });
      const { accepted, ended, unknown, lost, twice, audit } = found;
      return {
        held: lost.length === 0 && twice.length === 0 && audit,
        facts: { accepted, ended, unknown, lost: lost.length, twice: twice.length, audit },
      };
    },
  },
  answers: {
    says: "eight answerers, two runners, stops and expiring questions over a house that is killed again and again",
    rounds: 25,
    round: async (at) => {
      const found = await runAnswerRound({ races: RACES, kills: KILLS, seed: 1_000 + at * 100 });
      const { twice, unallowed, afterExpiry, afterStop, twoWinners, ...counts } = found;
      const broken = {
        twice: twice.length,
        unallowed: unallowed.length,
        afterExpiry: afterExpiry.length,
        afterStop: afterStop.length,
        twoWinners: twoWinners.length,
      };
      return { held: heldIn(found), facts: { ...counts, ...broken } };
    },
  },
  guard: {
    says: "a million random cases, 10,000 each round: what is narrowed never allows more",
    rounds: 100,
    round: (at) => Promise.resolve(runGuardRound(at)),
  },
  plugins: {
    says: "hostile plugins in a real gateway: all that were written by hand, and 250 of a grammar each round",
    rounds: 20,
    round: async (at) => {
      const { played, ran, harm } = await runPluginRound(at);
      for (const one of harm) process.stderr.write(`broken: ${one}\n`);
      return { held: harm.length === 0, facts: { played, ran, harm: harm.length } };
    },
  },
  properties: {
    says: "every test with properties, with other cases each round",
    rounds: 10,
    round: runPropertyRound,
  },
  storage: {
    says: "storage under load, killed with signal 9: each round once on SQLite and once on PostgreSQL",
    rounds: 1_000,
    round: createStorm(1_000),
  },
};

const { values, positionals } = parseArgs({ options: { rounds: { type: "string" } }, allowPositionals: true });
const [name = ""] = positionals;
const soak = SOAKS[name];
if (soak === undefined) {
  process.stderr.write(
    `There is no soak called "${name}". Choose one of:\n${Object.entries(SOAKS)
      .map(([key, { says }]) => `  ${key.padEnd(10)} ${says}`)
      .join("\n")}\n`,
  );
  process.exit(2);
}
const rounds = values.rounds === undefined ? soak.rounds : Number(values.rounds);
const totals: Record<string, number> = {};
let broken = 0;
const began = performance.now();
/** Writes what was found in so many rounds: a run that is cut short has its result too. */
const keep = (done: number): object => {
  const seconds = Math.round((performance.now() - began) / 1000);
  const { cases } = totals;
  const pace = cases === undefined ? {} : { casesPerSecond: Math.round(cases / Math.max(seconds, 1)) };
  const summary = { soak: name, says: soak.says, rounds: done, broken, seconds, ...pace, totals };
  mkdirSync(join(PROJECT, "bench", "results"), { recursive: true });
  writeFileSync(join(PROJECT, "bench", "results", `soak-${name}.json`), `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
};
for (let at = 0; at < rounds; at += 1) {
  const { held, facts } = await soak.round(at);
  if (!held) broken += 1;
  for (const [fact, value] of Object.entries(facts)) totals[fact] = (totals[fact] ?? 0) + Number(value);
  if ((at + 1) % 50 === 0) keep(at + 1);
  process.stdout.write(
    `${held ? "held  " : "BROKEN"} ${String(at + 1).padStart(4)}/${String(rounds)} ${JSON.stringify(facts)}\n`,
  );
}
process.stdout.write(`${JSON.stringify(keep(rounds))}\n`);
process.exitCode = broken === 0 ? 0 : 1;
